"""Patterns read as sets of code points."""

import re

import pytest

from labelmill.text.scan.points import Points, every_character
from labelmill.text.scan.reading import read
from labelmill.text.scan.tree import Char, Loose, Seq

ITEMS = (
    *("k", "s", "i", "ß", "ſ", "İ", "ı", "µ", "Σ", "ǅ", "ﬅ", "é", "中", "\U00010400", "."),
    *("[a-z]", "[^a-z]", r"[^\W_]", "[à-ÿ]", "[^k]", "[^\U00010400-\U00010410k]", r"[\Wk]"),
    *(r"\w", r"[\d-]", "[ǅ-ǉ]", "[中k]", "[^中]", "(?s:.)", "k|中", "[\U00010400]"),
)


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("flags", [0, re.IGNORECASE, re.ASCII, re.IGNORECASE | re.ASCII])
def test_an_item_holds_what_re_matches(item: str, flags: int) -> None:
    found = read(re.compile(item, flags))

    meant = Points.of(m.span() for m in re.finditer(f"(?:{item})+", every_character(), flags))
    assert found == Char(meant)


def test_what_cannot_be_said_is_marked() -> None:
    for pattern in (r"(a)\1", "(?>a*)b", "a*+b", "(a)?(?(1)b|c)", r"(?a:\w)b"):
        found = read(re.compile(pattern))
        assert isinstance(found, Seq)
        assert any(isinstance(item, Loose) for item in found.items), pattern
