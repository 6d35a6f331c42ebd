from hypothesis import given
from hypothesis import strategies as st

from labelmill.checks.effects import chance_index, relative_change, stability_index

RATES = st.floats(0, 1)


@given(RATES, RATES)
def test_a_relative_change_has_no_direction_and_lies_between_0_and_1(a: float, b: float) -> None:
    assert relative_change(a, b) == relative_change(b, a)
    assert 0 <= relative_change(a, b) <= 1


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20), st.integers(1, 1000))
def test_the_index_of_a_distribution_with_itself_is_nothing(counts: list[int], more: int) -> None:
    counts = [*counts, more]
    total = sum(counts)

    assert abs(stability_index(counts, [n / total for n in counts], total)) < 1e-9


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=2), RATES)
def test_the_index_is_never_below_nothing(counts: list[int], share: float) -> None:
    assert stability_index(counts, [share, 1 - share], 100) >= -1e-12


def test_chance_alone_shrinks_with_rows_and_grows_with_bins() -> None:
    assert chance_index(5, 100, 100) > chance_index(5, 1000, 1000)
    assert chance_index(20, 100, 100) > chance_index(5, 100, 100)
    assert chance_index(5, 0, 100) == float("inf")
