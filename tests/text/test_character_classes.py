import re
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.character_classes import Alphabet, chars_of, must_hold

ENGLISH: Any = spacy.blank("en").tokenizer
PATTERNS = {
    "en": [
        ENGLISH.prefix_search.__self__,
        ENGLISH.suffix_search.__self__,
        ENGLISH.infix_finditer.__self__,
    ],
    "units": [re.compile(r"(?<=[0-9])(?:km|m|kg)(?!/)|[$]US?|(?<=\W)'s$")],
    "words": [re.compile(r"\b\d+[a-f]{2,3}\b|[^a-z]x|\Bq"), re.compile("a(?=b)|(?:st){1,2}[.]")],
    "free": [re.compile("ing$|un"), re.compile("[.][.]+")],
}
ALPHABETS = {name: Alphabet.of(patterns) for name, patterns in PATTERNS.items()}
TEXTS = st.lists(
    st.text("abkmgsxqUS019$'’/.,-éЖ中²", min_size=1, max_size=12), min_size=1, max_size=4
)


def codes_of(alphabet: Alphabet, texts: list[str]) -> list[list[int]]:
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    codes = alphabet.codes(chars_of("".join(texts)), owner)
    return [codes[owner == place].tolist() for place in range(len(texts))]


def matches(patterns: list[re.Pattern[str]], text: str) -> list[tuple[int, int]]:
    """Where each expression stands in a text and in every part of it."""
    parts = [text[low:high] for low in range(len(text)) for high in range(low, len(text) + 1)]
    return [match.span() for p in patterns for part in parts for match in p.finditer(part)]


@pytest.mark.parametrize("name", PATTERNS)
@given(texts=TEXTS, data=st.data())
def test_texts_of_equal_codes_are_matched_in_the_same_places(
    name: str, texts: list[str], data: st.DataObject
) -> None:
    alphabet = ALPHABETS[name]
    assert alphabet is not None
    text = texts[-1]
    other = "".join(data.draw(st.sampled_from("abkmgsxqUS019$'’/.,-éЖ中²")) for _ in text)
    classes = codes_of(alphabet, [*texts, other])
    twin = "".join(
        b if one == two else a
        for a, b, one, two in zip(text, other, classes[-2], classes[-1], strict=True)
    )

    if codes_of(alphabet, [twin]) == codes_of(alphabet, [text]):
        assert matches(PATTERNS[name], twin) == matches(PATTERNS[name], text)
    assert classes[:-1] == [codes_of(alphabet, [one])[0] for one in texts]


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        ("Kowalski's", "Nowicka's"[:1] + "owalska's", True),
        ("1999-12-31,", "2004-05-06,", True),
        ("10km", "25km", True),
        ("10km", "25xy", False),
        ("it's", "it'x", False),
        ("ab", "aB", False),
    ],
)
def test_letters_matter_only_where_an_expression_can_name_them(
    one: str, two: str, alike: bool
) -> None:
    alphabet = ALPHABETS["en"]
    assert alphabet is not None

    first, second = codes_of(alphabet, [one, two])

    assert (first == second) == alike


@pytest.mark.parametrize(
    "pattern",
    [re.compile("(?i)a"), re.compile(r"(a)\1"), re.compile("(?i:a)b"), re.compile("(?a)x")],
)
def test_an_expression_that_sees_more_than_sets_of_characters_is_not_read(
    pattern: re.Pattern[str],
) -> None:
    assert Alphabet.of([pattern]) is None


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        ("a(?:bc|cd)+e?", "ac"),
        ("(?i)ab", ""),
        ("[x](?=y)", "x"),
        ("(?:ab)*|a", ""),
        ("(a|ba)c", "ac"),
    ],
)
def test_characters_of_every_match_are_known(pattern: str, held: str) -> None:
    assert must_hold(re.compile(pattern)) == set(held)
