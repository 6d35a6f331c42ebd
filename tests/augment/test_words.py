"""What taking words out, finding phrases and cutting anew promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.augment.words import (
    find_phrases,
    is_word,
    recut,
    removals,
    shaped_like,
    share,
    tokens_of,
    touch,
)
from labelmill.core.spans import Example, Span
from labelmill.text.edits import apply, checked, project
from labelmill.text.language import Language

TOKENIZE = Language()


def bounds(text: str) -> list[tuple[int, int]]:
    return TOKENIZE.tokens([text]).bounds(0)


def without(text: str, *words: str, spans: tuple[Span, ...] = ()) -> str:
    tokens = bounds(text)
    dropped = [i for i, (start, end) in enumerate(tokens) if text[start:end] in words]
    assert len(dropped) == len(words)
    return apply(text, checked(removals(text, tokens, dropped, spans), text))


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("a bad film", ["bad"], "a film"),
        ("a  bad\tfilm", ["bad"], "a  film"),
        ("bad film", ["bad"], "film"),
        ("  bad film", ["bad"], "  film"),
        ("a film\n", ["film"], "a\n"),
        ("one\ntwo three", ["two"], "one\nthree"),
        ("one two\nthree", ["two"], "one\nthree"),
        ('"Acme Ltd" rose', ["Acme"], '"Ltd" rose'),
        ("prices rise.", ["rise"], "prices."),
        ("I don't know", ["do"], "I n't know"),
        ("I don't know", ["do", "n't"], "I know"),
        ("said (yet) more", ["yet"], "said () more"),
        ("(yet) the deal. Best", ["the", "deal", "."], "(yet) Best"),
        ("a b c d", ["b", "c"], "a d"),
        ("only", ["only"], ""),
        ("a b", ["a", "b"], ""),
    ],
)
def test_a_word_goes_with_one_run_of_white_space(text: str, words: list[str], left: str) -> None:
    assert without(text, *words) == left


def test_the_run_that_goes_is_chosen_so_that_entities_stay_whole() -> None:
    text = "the Big Acme Ltd rose fast"
    spans = (Span(4, 16, "ORG"),)

    for words in (
        ["rose", "Ltd", "Acme"],
        ["Big"],
        ["Ltd"],
        ["Ltd", "rose"],
        ["the", "Big"],
        ["Acme"],
    ):
        tokens = bounds(text)
        dropped = [i for i, (start, end) in enumerate(tokens) if text[start:end] in words]
        edits = removals(text, tokens, dropped, spans)
        (left,) = project(spans, edits)

        kept = [word for word in ("Big", "Acme", "Ltd") if word not in words]
        assert left is not None
        assert apply(text, edits)[left.start : left.end] == " ".join(kept)


@given(
    st.lists(st.sampled_from(["a", "bc", ".", " ", "\n", "\u00a0", "\t ", "n't", "🙂", "(", "é"])),
    st.data(),
)
def test_what_is_not_taken_out_stays_in_order_and_words_stay_apart(
    pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    tokens = bounds(text)
    dropped = data.draw(st.sets(st.sampled_from(range(len(tokens))))) if tokens else set()

    edits = checked(removals(text, tokens, dropped), text)

    kept = [text[start:end] for i, (start, end) in enumerate(tokens) if i not in dropped]
    left = apply(text, edits)
    assert "".join(left.split()) == "".join("".join(kept).split())
    if len(tokens) == len(text.split()):
        assert left.split() == kept


@given(st.text(alphabet="ab .\n", max_size=30), st.lists(st.integers(0, 30), max_size=8))
def test_a_text_that_is_cut_anew_loses_nothing(text: str, cuts: list[int]) -> None:
    tokens = recut(text, cuts)

    assert "".join(text[start:end] for start, end in tokens) == "".join(text.split())
    assert all(start < end for start, end in tokens)


def test_tokens_are_those_of_the_example_or_white_space_chunks() -> None:
    assert tokens_of(Example("1", "don't", tokens=((0, 2), (2, 5)))) == ((0, 2), (2, 5))
    assert tokens_of(Example("1", "don't  go")) == ((0, 5), (7, 9))
    assert tokens_of(Example("1", " \n ")) == ()


def test_a_word_has_a_letter_or_a_digit() -> None:
    assert [is_word(word, (0, len(word))) for word in ("é", "7", "(a)")] == [True] * 3
    assert [is_word(word, (0, len(word))) for word in ("!", "🙂", "…")] == [False] * 3


@pytest.mark.parametrize(
    ("rate", "n", "limit", "count"),
    [(0.3, 10, None, 3), (0.01, 10, None, 1), (1.0, 4, None, 4), (0.5, 10, 2, 2), (0.5, 0, 3, 0)],
)
def test_a_share_is_at_least_one_and_at_most_the_limit(
    rate: float, n: int, limit: int | None, count: int
) -> None:
    assert share(rate, n, limit) == count


def test_phrases_are_found_longest_first_and_across_white_space() -> None:
    text = "They kick\n off at New  York"
    known = {"kick off", "kick", "new york"}

    found = find_phrases(text, bounds(text), known.__contains__, 8)

    assert [key for _, _, key in found] == ["kick off", "new york"]


def test_a_synonym_takes_the_case_of_the_word() -> None:
    assert shaped_like("McDonald's", "good") == "McDonald's"
    assert shaped_like("straße", "GOOD") == "STRASSE"
    assert shaped_like("élan", "Good") == "Élan"
    assert shaped_like("", "Good") == ""


def test_only_letters_and_digits_run_into_one_word() -> None:
    assert touch("a", "b")
    assert not touch("a", "")
    assert not touch("(", "b")
