"""What the word_dropout type promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.augment.word_dropout import WordDropout
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Example
from labelmill.errors import BadParameter
from labelmill.text.edits import apply


def dropped(dropout: WordDropout, text: str, key: int = 0) -> str:
    return apply(text, dropout.rewrite(Example("1", text), keyed_rng(key)))


@given(st.integers(0, 30), st.floats(0.01, 0.99), st.integers(1, 5), st.integers(0, 5))
def test_a_share_of_the_words_goes_and_a_minimum_stays(
    n_words: int, rate: float, min_words: int, key: int
) -> None:
    words = [f"w{i}" for i in range(n_words)]

    left = dropped(WordDropout(rate, min_words), " ".join(words), key)

    kept = left.split(" ") if left else []
    assert kept == [word for word in words if word in kept]
    gone = min(max(1, round(rate * n_words)), max(0, n_words - min_words))
    assert len(kept) == n_words - gone


def test_punctuation_stays_and_a_text_is_never_emptied() -> None:
    assert {dropped(WordDropout(0.9), "! hello", key) for key in range(5)} == {"! hello"}
    assert {dropped(WordDropout(0.9), "one !? two", key) for key in range(20)} == {
        "!? two",
        "one !?",
    }


def test_every_word_can_go() -> None:
    found = {dropped(WordDropout(0.1), "a b\nc", key) for key in range(50)}

    assert found == {"b\nc", "a\nc", "a b"}


@pytest.mark.parametrize(
    ("rate", "min_words", "field"), [(0.0, 1, "rate"), (1.0, 1, "rate"), (0.1, 0, "min_words")]
)
def test_what_would_empty_a_text_is_refused(rate: float, min_words: int, field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        WordDropout(rate, min_words)

    assert caught.value.field == field
