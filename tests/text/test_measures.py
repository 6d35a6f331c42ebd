import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text import measures
from labelmill.text.measures import MEASURES, n_lines


@pytest.mark.parametrize("name", MEASURES)
@given(text=st.text(max_size=30))
def test_every_measure_is_a_number_that_is_not_negative(name: str, text: str) -> None:
    value = MEASURES[name](text)

    assert isinstance(value, int | float)
    assert value >= 0
    if name.endswith("_ratio"):
        assert value <= 1


@pytest.mark.parametrize("name", MEASURES)
def test_an_empty_text_measures_nothing(name: str) -> None:
    assert MEASURES[name]("") == 0


@given(st.text("a\n\r\x0b\x85 ", max_size=20))
def test_lines_are_those_of_splitlines(text: str) -> None:
    assert n_lines(text) == len(text.splitlines())


def test_every_public_function_is_a_measure() -> None:
    public = {
        name
        for name, value in inspect.getmembers(measures, inspect.isfunction)
        if not name.startswith("_") and value.__module__ == measures.__name__
    }

    assert public == set(MEASURES)
