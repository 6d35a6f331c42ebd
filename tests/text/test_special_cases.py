from typing import Any

import pytest
import spacy

from labelmill.text.special_cases import Chunk, SpecialCases

ENGLISH: Any = spacy.blank("en").tokenizer
CASES = SpecialCases.of(ENGLISH)


def chunk(*tokens: str, settled: bool = True) -> Chunk:
    return Chunk("".join(tokens), tokens, settled)


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (chunk("said", ":"), chunk(")"), {")"}),  # only as the beginning of ": ) )"
        (chunk("x", ":"), chunk("o", settled=False), True),
        (chunk(":", settled=False), chunk(")", "."), True),
        (chunk("x", ":"), chunk("word"), False),
        (chunk(")"), chunk("-"), {":"}),
        (chunk("word"), chunk(")", settled=False), False),
        (Chunk("long:", None, settled=False), chunk(")"), True),
    ],
)
def test_a_case_over_a_space_matters_where_a_case_inside_may_be_hidden(
    left: Chunk, right: Chunk, answer: bool | set[str]
) -> None:
    assert CASES.reach_over(left, right) == answer


def test_a_case_that_holds_a_space_always_matters() -> None:
    tokenizer: Any = spacy.blank("en").tokenizer
    tokenizer.add_special_case("New York", [{"ORTH": "New York"}])

    cases = SpecialCases.of(tokenizer)

    assert cases.reach_over(chunk("New"), chunk("York", ",")) is True
    assert cases.reach_over(chunk("New"), chunk("Yorker")) is False


@pytest.mark.parametrize("case", ["don't", "a.m.", "10am"])
def test_tokens_of_a_case_are_those_that_spacy_gives(case: str) -> None:
    tokens = [case[low:high] for low, high in CASES.bounds[case]]

    assert tokens == [token.text for token in ENGLISH(case)]


def test_a_text_is_changed_where_neighbouring_tokens_are_a_case_cut_otherwise() -> None:
    assert CASES.change("(a.m.)", [(0, 1), (1, 4), (4, 5), (5, 6)])
    assert not CASES.change("(a.m.)", [(0, 1), (1, 5), (5, 6)])
    assert not CASES.change("it's", [(0, 2), (2, 4)])
    assert CASES.change("it's", [(0, 4)])


def test_what_may_come_after_a_chunk_is_known_by_its_end() -> None:
    assert ")" in CASES.rights_after(chunk("x", ":"))
    assert CASES.rights_after(chunk(":", "x9y")) == set()
    assert ")" in CASES.rights_after(Chunk("long:", None, settled=False))
    assert CASES.rights_in(chunk(")", ".")) == {")"}
    assert CASES.rights_in(Chunk("-long", None, settled=False)) >= {"-"}
