"""Runs in one array, against a loop over them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.slices import all_of, gathered, ranges

runs = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=8)


def columns(found: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    start, size = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return start, size


@given(runs)
def test_ranges_are_those_of_python_one_after_the_other(found: list[tuple[int, int]]) -> None:
    expected = [place for start, size in found for place in range(start, start + size)]

    assert ranges(*columns(found)).tolist() == expected


@given(runs)
def test_runs_are_taken_as_slices_are(found: list[tuple[int, int]]) -> None:
    values = np.arange(100, 126, dtype=np.uint8)
    expected = b"".join(values.tobytes()[start : start + size] for start, size in found)

    assert gathered(values, *columns(found)).tobytes() == expected


@given(st.lists(st.lists(st.booleans(), max_size=4), max_size=6))
def test_all_of_a_run_is_said_as_all_says_it(found: list[list[bool]]) -> None:
    flags = np.array([flag for run in found for flag in run], dtype=np.bool_)
    size = np.array([len(run) for run in found], dtype=np.int64)

    assert all_of(flags, size).tolist() == [all(run) for run in found]
