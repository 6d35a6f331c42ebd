"""What the keyword type finds, and that its short cut changes nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.errors import BadParameter
from labelmill.functions.keyword import Keyword, Rule
from labelmill.text.words import Case

LETTERS = st.text("aAkK\u212asſSßi\u0130\u0131.' \n", min_size=1, max_size=5)
PHRASES = LETTERS.filter(lambda phrase: bool(phrase.strip()))


def rule_of(words: list[str], case: Case) -> Rule:
    (rule,) = Keyword(label="x", any=tuple(words), case=case)._rules()
    return rule


@given(
    words=st.lists(PHRASES, min_size=1, max_size=3),
    text=st.lists(LETTERS, max_size=8).map("".join),
    case=st.sampled_from(["exact", "ignore", "fold"]),
)
def test_looking_for_needles_first_changes_nothing(words: list[str], text: str, case: Case) -> None:
    rule = rule_of(words, case)

    assert rule.find(text) == replace(rule, needles=()).find(text)


def test_a_text_without_a_needle_is_not_searched() -> None:
    rule = rule_of(["Check out", "my"], "ignore")

    assert rule.needles == ("check", "my")
    assert rule._hopeless("a lovely song")
    assert not rule._hopeless("CHECK this")


def test_the_sign_of_kelvin_is_a_k_to_words_that_ignore_case() -> None:
    assert Keyword(label="x", any="kelvin").find("20 \u212aELVIN") == [(3, 9)]


def test_every_word_of_all_and_no_word_of_none() -> None:
    keyword = Keyword(label="x", any=("good", "fine"), all="film", none="not")

    assert keyword.find("a good FILM") == [(2, 6), (7, 11)]
    assert keyword.find("a good play") == []
    assert keyword.find("not a good film") == []


def test_fewer_hits_than_wanted_are_none() -> None:
    keyword = Keyword(label="x", any="good", min_hits=2)

    assert keyword.find("good") == []
    assert keyword.find("good, good") == [(0, 4), (6, 10)]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"label": "x"}, "any"),
        ({"any": "a"}, "label"),
        ({"label": "x", "any": " "}, "any"),
        ({"label": "x", "any": "a", "min_hits": 0}, "min_hits"),
        ({"labels": {"x": "a"}, "any": "b"}, "labels"),
    ],
)
def test_bad_parameters_are_named(parameters: dict[str, object], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Keyword(**parameters)  # type: ignore[arg-type]

    assert caught.value.field == field
