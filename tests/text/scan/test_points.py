"""Sets of code points."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.scan.points import EVERY, LIMIT, NONE, Points, cased, category, every_character

Runs = list[tuple[int, int]]
RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


def members(points: Points) -> set[int]:
    bounds = points.bounds.tolist()
    return {
        point
        for a, b in zip(bounds[0::2], bounds[1::2], strict=True)
        for point in range(a, min(b, 99))
    }


@given(RUNS, RUNS)
def test_sets_combine_as_sets_do(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    a, b = Points.of(first), Points.of(second)
    x, y = members(a), members(b)

    assert members(a | b) == x | y
    assert members(a & b) == x & y
    assert members(~a) == set(range(99)) - x
    assert ~~a == a
    assert (a == b) == (x == y)


def test_nothing_and_everything_are_each_others_complement() -> None:
    assert ~NONE == EVERY
    assert ~EVERY == NONE
    assert LIMIT - 1 in EVERY


@pytest.mark.parametrize("pattern", [r"\w", r"\W", r"\d", r"\s", r"\S"])
@pytest.mark.parametrize("flags", [0, re.ASCII])
def test_a_category_is_what_re_says(pattern: str, flags: int) -> None:
    found = category(pattern, only_ascii=bool(flags))

    meant = Points.of(m.span() for m in re.finditer(f"{pattern}+", every_character(), flags))
    assert found == meant


def test_cased_characters_are_all_that_change_with_case() -> None:
    chars, points = cased()

    assert {"k", "K", "\u212a", "ı", "İ", "ß", "ſ"} <= set(chars)
    assert all(ord(char) in points for char in chars)
    assert "中" not in chars
    assert not [c for c in map(chr, range(0x20000)) if c.lower() != c and c not in set(chars)]
