from collections.abc import Callable
from typing import Any

import pytest
import spacy
from spacy.matcher import Matcher
from spacy.tokens import Doc

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.token_pattern import TokenPattern, without_spaces

Ask = Callable[..., Hits]

LEGAL: Any = ({"IS_TITLE": True, "OP": "+"}, {"LOWER": {"IN": ("inc", "ltd")}})
SAID: Any = ({"TEXT": {"REGEX": "^[A-Z]"}}, {"LOWER": "said"})


def pieces(hits: Hits, texts: list[str]) -> list[str]:
    return [texts[d][s:e] for d, s, e in zip(hits.doc, hits.start, hits.end, strict=True)]


def test_the_longest_match_stands(ask: Ask) -> None:
    texts = ["Shares of Big Acme Ltd rose", "ltd", "Ann said Big Inc fell"]

    hits = ask(TokenPattern("ORG", (LEGAL, SAID)), texts, labels=("ORG", "PERSON"), spans=True)

    assert pieces(hits, texts) == ["Big Acme Ltd", "Ann said", "Big Inc"]


def test_white_space_between_tokens_does_no_harm(ask: Ask) -> None:
    texts = ["of  Big \n Acme\tLtd  .", " Acme Ltd"]

    hits = ask(TokenPattern("ORG", (LEGAL,)), texts, labels=("ORG", "PERSON"), spans=True)

    assert pieces(hits, texts) == ["Big \n Acme\tLtd", "Acme Ltd"]


def test_a_document_has_a_hit_for_each_match(ask: Ask) -> None:
    hits = ask(TokenPattern("spam", (({"LOWER": "buy"},),)), ["Buy, buy!", "no"])

    assert (hits.doc, hits.label) == ([0, 0], [1, 1])


def test_matches_are_those_of_spacy(ask: Ask) -> None:
    texts = ["Apple Inc and Big Blue Ltd said Ann Lee said no.", "said Ltd Inc", "A B C Ltd Inc"]
    nlp = spacy.blank("en")
    matcher = Matcher(nlp.vocab)
    plain: Any = [
        [{"IS_TITLE": True, "OP": "+"}, {"LOWER": {"IN": ["inc", "ltd"]}}],
        [{"TEXT": {"REGEX": "^[A-Z]"}}, {"LOWER": "said"}],
    ]
    matcher.add("x", plain, greedy="LONGEST")

    hits = ask(TokenPattern("ORG", (LEGAL, SAID)), texts, labels=("ORG", "PERSON"), spans=True)

    expected = [
        doc[first:last].text
        for doc in map(nlp, texts)
        for _, first, last in sorted(matcher(doc), key=lambda match: match[1])
    ]
    assert pieces(hits, texts) == expected
    assert len(expected) > 3


@pytest.mark.parametrize(
    "token",
    [
        {"LOWERR": "a"},
        {"LOWER": {"RANGE": 3}},
        {"IS_TITLE": "yes"},
        {"OP": "x"},
        {"TEXT": {"REGEX": "("}},
        {"_": {"mine": True}},
    ],
)
def test_a_pattern_that_spacy_does_not_take_is_named(ask: Ask, token: dict[str, Any]) -> None:
    with pytest.raises(BadParameter) as caught:
        ask(TokenPattern("spam", (LEGAL, (token,))), ["a"])

    assert caught.value.field == "patterns.1"


@pytest.mark.parametrize("patterns", [(), (LEGAL, ())])
def test_there_must_be_a_pattern(patterns: Any) -> None:
    with pytest.raises(BadParameter, match="patterns"):
        TokenPattern("spam", patterns)


def test_a_model_that_is_missing_says_how_to_get_it(ask: Ask) -> None:
    with pytest.raises(BadResource, match="python -m spacy download en_zz"):
        ask(TokenPattern("spam", (({"POS": "VERB"},),), model="en_zz"), ["a"])


def test_words_keep_what_a_model_read_when_white_space_goes() -> None:
    doc = Doc(
        spacy.blank("en").vocab,
        words=["Ann", " ", "Lee", "ran"],
        spaces=[True, False, True, False],
        tags=["NNP", "_SP", "NNP", "VBD"],
        pos=["PROPN", "SPACE", "PROPN", "VERB"],
        lemmas=["Ann", " ", "Lee", "run"],
        morphs=["Number=Sing", "", "Number=Sing", "Tense=Past"],
        ents=["B-PERSON", "I-PERSON", "I-PERSON", "O"],
    )

    words = without_spaces(doc)

    assert [(t.text, t.tag_, t.pos_, t.lemma_, str(t.morph), t.ent_type_) for t in words] == [
        ("Ann", "NNP", "PROPN", "Ann", "Number=Sing", "PERSON"),
        ("Lee", "NNP", "PROPN", "Lee", "Number=Sing", "PERSON"),
        ("ran", "VBD", "VERB", "run", "Tense=Past", ""),
    ]
    assert without_spaces(words) is words
