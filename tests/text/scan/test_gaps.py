"""Runs of spaces are found where `re` finds them, also by the automaton for calm texts."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.text.scan import Probe, Scan, calm
from labelmill.text.scan.automaton import Automaton
from labelmill.text.scan.databases import Expression
from labelmill.text.scan.joined import joined

PHRASES = (
    r"\bgood\s+film\b",
    r"(?<!\w)so\s+very\s+good(?!\w)",
    r"a\s+b",
    r"a\s+\s+b",
    r"a +b",
    r"a[ \t]+b|film\s+a",
    r"\s+good",
    r"good\s+",
    r"(?:a\s+b)+ film",
    r"a\s*b",
    r"a\s+b$",
    r"^\s+a\s+b",
    r"a\s{2,}b",
    r"a(?=\s+b)",
    r"(a)\s+\1",
)
WORDS = st.sampled_from(["good", "film", "so", "very", "a", "b", "ab", "", "GOOD", "\u00e9"])
SPACES = st.sampled_from([" ", " ", " ", "  ", "   ", "\t", "\n", " \n", "\x1c ", "\u00a0", ""])
TEXTS = st.lists(
    st.lists(st.tuples(WORDS, SPACES), max_size=8).map(
        lambda parts: "".join(word + space for word, space in parts)
    ),
    max_size=12,
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick automaton is compiled for the first section, and never given up."""
    monkeypatch.setattr(calm, "SAVED_PER_BYTE", 1e6)


@pytest.fixture(scope="module")
def scans() -> dict[int, Scan]:
    """A scan for all phrases, with and without regard to case."""
    return {
        flags: Scan([Probe(re.compile(p, flags)) for p in PHRASES], worthwhile_bytes=0)
        for flags in (0, re.IGNORECASE)
    }


@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
@given(texts=TEXTS)
@settings(max_examples=150, deadline=None)
def test_phrases_are_found_where_re_finds_them(
    scans: dict[int, Scan], flags: int, texts: list[str]
) -> None:
    texts = ["so very  good", *texts, "a good   film"]

    found = scans[flags].search(pa.array(texts)).docs

    assert {p.pattern.pattern: docs.tolist() for p, docs in found.items()} == {
        p: [doc for doc, text in enumerate(texts) if re.search(p, text, flags)] for p in PHRASES
    }


def quick(price: float = 0.0) -> Automaton:
    made = Automaton(
        [Expression(rb"good\x20+film", 0)],
        calm=([Expression(rb"good\x20film", 0)], [Expression(rb"\x20\x20film", 0)]),
    )
    made._calm._debt = price
    return made


def test_sections_without_control_characters_are_read_by_the_quick_one() -> None:
    texts = ["x", "a good film", "a good  film", "y"]

    found = quick().search(joined(pa.array(texts)))

    assert {probe: docs.tolist() for probe, docs in found.items()} == {0: [1], 1: [2]}


def test_a_section_with_control_characters_is_not() -> None:
    texts = ["x", "a good film", "a good  film", "tab\there", "y"]

    found = quick().search(joined(pa.array(texts)))

    assert {probe: docs.tolist() for probe, docs in found.items()} == {0: [1, 2]}


def test_nothing_is_compiled_before_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "SAVED_PER_BYTE", 1.0)
    texts = joined(pa.array(["x", *["a good  film"] * 5, "y"]))
    made = quick(price=100.0)

    found = [made.search(texts) for _ in range(3)]

    assert [sorted(each) for each in found] == [[0], [1], [1]]


def test_it_is_given_up_where_hints_cost_more_than_it_saves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = quick()
    texts = joined(pa.array(["x", *["a good  film"] * 5, "y"]))
    monkeypatch.setattr(calm, "SECONDS_PER_HINT", 1e9)

    found = [made.search(texts) for _ in range(2)]

    assert [sorted(each) for each in found] == [[1], [0]]
    assert all((texts_of == np.arange(1, 6)).all() for each in found for texts_of in each.values())
