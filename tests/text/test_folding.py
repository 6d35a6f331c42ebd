import sys
from typing import Literal
from unicodedata import decomposition, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.folding import combining_units, fold, fold_with_offsets
from labelmill.text.words import Case

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(
        "aAeßẞſKİIıσςΣﬁﬃÅé\u0301\u0345\u0308ᄀ가\u1161\u11a8ﾊ\uff9e\u0b47\u0b57 ǅ", max_size=20
    ),
)


@pytest.mark.parametrize("case", ["exact", "ignore", "fold"])
@given(text=TEXTS)
def test_folding_with_offsets_gives_the_same_text(text: str, case: Case) -> None:
    folded, offsets = fold_with_offsets(text, case)

    assert folded == fold(text, case)
    assert len(offsets) == len(folded)
    assert all(0 <= start < end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets)


@given(TEXTS)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text, "fold"), "fold") == fold(text, "fold")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@given(text=TEXTS)
def test_a_normal_form_is_that_of_its_units(text: str, form: Form) -> None:
    units = [text[start:end] for start, end in combining_units(text)]

    assert "".join(units) == text
    assert "".join(normalize(form, unit) for unit in units) == normalize(form, text)


def test_every_character_that_composes_with_the_one_before_stays_in_its_unit() -> None:
    pairs = [
        tuple(chr(int(part, 16)) for part in parts)
        for code in range(sys.maxunicode + 1)
        if len(parts := decomposition(chr(code)).split()) == 2 and not parts[0].startswith("<")
    ]

    assert len(pairs) > 500
    assert all(len(list(combining_units(a + b))) == 1 for a, b in pairs)


@pytest.mark.parametrize(
    ("left", "right", "case"),
    [
        ("IPHONE", "iPhone", "ignore"),
        ("ΟΔΟΣ", "οδος", "fold"),
        ("Straße", "STRASSE", "fold"),
        ("ｆｕｌｌ", "FULL", "fold"),
        ("Cafe\u0301", "CAFÉ", "fold"),
    ],
)
def test_words_that_differ_in_case_alone_are_alike(left: str, right: str, case: Case) -> None:
    assert fold(left, case) == fold(right, case)


def test_a_mark_is_never_cut_from_its_letter() -> None:
    folded, offsets = fold_with_offsets("Cafe\u0301s", "fold")

    assert folded == "cafés"
    assert offsets[3] == (3, 5)
