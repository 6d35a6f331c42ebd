import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.operations import FUNCTIONS, contains, is_null, kind

NULLS = st.sampled_from([None, float("nan")])


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"is_null", "coalesce", "matches"}))
@given(null=NULLS)
def test_a_function_of_a_null_is_null(name: str, null: object) -> None:
    function = FUNCTIONS[name]

    assert function.call(*[null] * function.least) is None


@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=4), st.integers(0, 3))
def test_nulls_in_a_list_are_no_values(items: list[int | None], part: int) -> None:
    assert contains(items, part) is (part in items)


def test_truth_values_are_no_numbers() -> None:
    assert kind(True) != kind(1)
    with pytest.raises(TypeError, match="of another kind"):
        contains([1, 0], True)


@given(st.one_of(st.integers(), st.text(), st.booleans(), st.lists(st.integers())))
def test_no_other_value_is_null(value: object) -> None:
    assert not is_null(value)
