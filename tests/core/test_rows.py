"""Light rows, and sharing them among functions that may write to them."""

import copy
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.batch import Batch
from labelmill.core.rows import LightRow, Row, SharedRows
from labelmill.text.language import Language


def batch(**columns: list[Any]) -> Batch:
    texts = ["one text", "two texts"]
    arrays = {name: pa.array(values) for name, values in columns.items()}
    return Batch(pa.array([1, 2]), pa.array(texts), arrays, Language())


def test_functions_share_the_rows_of_a_batch() -> None:
    rows = batch(stars=[1, 2])

    assert rows.shared_rows(("stars",)) is rows.shared_rows(("stars",))
    assert rows.shared_rows(()) is not rows.shared_rows(("stars",))


def set_attribute(row: Row) -> None:
    row.text = "changed"


def set_column(row: Row) -> None:
    row.stars = "changed"


def set_new(row: Row) -> None:
    row.more = "changed"


def set_key(row: Row) -> None:
    row["text"] = "changed"


def set_among_variables(row: Row) -> None:
    vars(row)["text"] = "changed"


def set_by_the_base(row: Row) -> None:
    row.__dict__.update(text="changed")


def delete(row: Row) -> None:
    del row.stars


WRITES = [
    set_attribute,
    set_column,
    set_new,
    set_key,
    set_among_variables,
    set_by_the_base,
    delete,
]


@pytest.mark.parametrize("write", WRITES)
def test_what_one_function_writes_to_a_row_no_other_one_sees(write: Callable[[Row], None]) -> None:
    rows = batch(stars=[1, 2])
    before = [(row.id, row.text, row.stars, list(row)) for row in rows.rows(("stars",))]

    for row in rows.shared_rows(("stars",)):
        write(row)

    after = [(row.id, row.text, row.stars, list(row)) for row in rows.shared_rows(("stars",))]
    assert after == before


def test_rows_with_lists_are_not_shared() -> None:
    rows = batch(words=[["a"], ["b"]])

    rows.shared_rows(("words",))[0].words.append("changed")

    assert rows.shared_rows(("words",))[0].words == ["a"]


def test_only_some_sets_of_rows_are_kept() -> None:
    shared = SharedRows()

    made = [shared.get(i, lambda: [LightRow.of({"n": 1})]) for i in range(SharedRows.MOST + 1)]

    assert shared.get(SharedRows.MOST, list) is made[-1]
    assert shared.get(0, list) == []


def test_shared_rows_give_tokens_and_docs() -> None:
    rows = batch()

    row = rows.shared_rows()[1]

    assert row.tokens == ["two", "texts"]
    assert [token.text for token in row.doc] == row.tokens


def test_a_batch_is_freed_though_it_shares_rows() -> None:
    row = batch().shared_rows()[0]

    with pytest.raises(ReferenceError, match="after the row's batch was done"):
        _ = row.tokens


def test_a_column_called_id_stands_under_its_key() -> None:
    row = Row("a", "text", {"id": 7})

    assert (row.id, row["id"], list(row)) == ("a", 7, ["id", "text"])


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_a_row_of_its_own(copied: Callable[[Row], Row]) -> None:
    rows = batch(stars=[1, 2])
    row = rows.shared_rows(("stars",))[0]

    other = copied(row)
    other.text = "changed"

    assert (row.text, other.stars, other.tokens) == ("one text", 1, ["one", "text"])


NAMES = st.text("abid_xt", min_size=1, max_size=4) | st.sampled_from(["id", "text", "keys", "doc"])


@given(st.dictionaries(NAMES, st.lists(st.integers(0, 9) | st.none(), min_size=2, max_size=2)))
def test_a_shared_row_gives_what_a_row_of_ones_own_gives(columns: dict[str, list[Any]]) -> None:
    rows = batch(**columns)
    needs = tuple(columns)

    for shared, own in zip(rows.shared_rows(needs), rows.rows(needs), strict=True):
        assert list(shared) == list(own)
        assert [shared[name] for name in shared] == [own[name] for name in own]
        assert (shared.id, shared.text) == (own.id, own.text)
        assert {n: shared.get(n) for n in columns} == {n: own[n] for n in columns}
