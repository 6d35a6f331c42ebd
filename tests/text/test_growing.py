import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.growing import GrowingTable

ROWS = st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3), max_size=4)


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_rows_stay_what_they_were_when_others_come(
    batches: list[list[list[tuple[int, int]]]],
) -> None:
    table = GrowingTable(2)
    numbers = [number for batch in batches for number in table.add(batch)]
    every = [row for batch in batches for row in batch]

    order = np.array(numbers[::-1] + numbers[:2], dtype=np.int64)
    wanted = [[list(item) for item in every[number]] for number in order]

    assert table.lists(order) == wanted
    assert table.sizes(order).tolist() == [len(row) for row in wanted]
    owner, values = table.rows(order)
    assert values.tolist() == [item for row in wanted for item in row]
    assert owner.tolist() == [place for place, row in enumerate(wanted) for _ in row]
    assert table.n_values == sum(map(len, every))
    assert len(table) == len(every)
