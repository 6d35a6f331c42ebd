"""Hashed n-grams of many texts at once."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.ngrams import BITS, Letters, character_grams, word_grams


def grams(texts: list[str], row: int) -> list[int]:
    letters = Letters.of(pa.array(texts, pa.string()))
    found = []
    for rows, columns in (word_grams(letters), *character_grams(letters)):
        found += columns[rows == row].tolist()
    return sorted(found)


def test_case_and_spaces_do_not_matter() -> None:
    assert grams(["Nice  SONG\n"], 0) == grams(["nice song"], 0)


def test_other_words_have_other_grams() -> None:
    assert not set(grams(["nice song"], 0)) & set(grams(["bad movie"], 0))


def test_pairs_do_not_reach_over_the_end_of_a_text() -> None:
    rows, _ = word_grams(Letters.of(pa.array(["a b", "c"])))

    assert np.bincount(rows).tolist() == [3, 1]


def test_runs_of_characters_reach_over_no_space() -> None:
    sizes = [len(rows) for rows, _ in character_grams(Letters.of(pa.array(["abc de"])))]

    assert sizes == [5, 3, 1]


def test_words_of_every_script_are_words() -> None:
    rows, _ = word_grams(Letters.of(pa.array(["größe 日本 привет"])))

    assert len(rows) == 5


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_a_text_has_the_same_grams_in_any_company(texts: list[str]) -> None:
    for row, text in enumerate(texts):
        own = grams([text], 0)

        assert grams(texts, row) == own
        assert all(0 <= column < 1 << BITS for column in own)
