"""Abbreviations that a text introduces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.refine.abbreviations import definitions, is_short_form, occurrences

PAIRS = [
    ("adenomatous polyposis coli (APC) is", [("APC", "adenomatous polyposis coli")]),
    ("ataxia - telangiectasia ( A-T ) is", [("A-T", "ataxia - telangiectasia")]),
    ("the heat shock protein [HSP, see below]", [("HSP", "heat shock protein")]),
    ("von Hippel-Lindau (VHL) and Wilson disease (WD)",
     [("VHL", "von Hippel-Lindau"), ("WD", "Wilson disease")]),
    ("It rains (USA).", []),
    ("a long text. Stop (LTS)", []),
    ("patients (n = 12) were seen (see above)", []),
    ("(APC) comes first", []),
    ("an APC (APC)", []),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PAIRS)
def test_a_long_form_holds_the_letters_of_its_short_form_in_order(
    text: str, expected: list[tuple[str, str]]
) -> None:
    found = [(one.short, text[one.start : one.end]) for one in definitions(text)]

    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("APC", True), ("cDNA", True), ("p53", False), ("A", False), ("1990", False),
     ("a very long THING indeed", False), ("-AB", False)],
)  # fmt: skip
def test_a_short_form_is_short_and_has_an_upper_case_letter(text: str, expected: bool) -> None:
    assert is_short_form(text) is expected


def test_a_short_form_stands_alone() -> None:
    text = "AT (AT) or AT-like DAT, ATs; at AT/X, AT."

    assert [text[start : end + 1] for start, end in occurrences(text, "AT")] == [
        "AT ",
        "AT)",
        "AT.",
    ]


@given(st.text(alphabet="ABab ()[].-é1", max_size=60))
def test_definitions_lie_in_the_text_before_their_bracket(text: str) -> None:
    for one in definitions(text):
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end].strip() == text[one.start : one.end]
        assert one.short in text[one.end :]
