"""Texts that share most of their shingles share a band; the fast way gives the plain one's keys."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.text.near_duplicates import (
    BANDS,
    ROWS,
    SHINGLE_WORDS,
    band_keys,
    plain_band_keys,
)

NASTY = st.text(
    st.sampled_from("aAbBσΣςİıſK \t\n\x00\x1c\x85\u00a0\u2003\u3000é́😀ש")
    | st.characters(exclude_categories=["Cs"]),
    max_size=40,
)


@given(st.lists(NASTY, max_size=6))
@settings(max_examples=150, deadline=None)
def test_the_keys_are_those_of_the_definition(texts: list[str]) -> None:
    keys = band_keys(pa.array(texts, pa.string()))

    assert keys.shape == (len(texts), BANDS)
    assert keys.tolist() == [plain_band_keys(text) for text in texts]


def test_texts_of_all_lengths_get_the_keys_of_the_definition() -> None:
    words = [f"w{i % 97}" for i in range(3000)]
    texts = [" ".join(words[:n]) for n in (0, 1, 2, 3, 4, 5, 7, 20, 21, 26, 90, 700, 3000)]

    keys = band_keys(pa.array(texts))

    assert keys.tolist() == [plain_band_keys(text) for text in texts]


@given(st.lists(NASTY, min_size=1, max_size=5), st.integers(0, 4))
@settings(max_examples=50, deadline=None)
def test_keys_hang_on_the_text_alone(texts: list[str], place: int) -> None:
    place %= len(texts)

    together = band_keys(pa.array(texts))[place]
    alone = band_keys(pa.array(["before", *texts]).slice(1 + place, 1))[0]

    assert together.tolist() == alone.tolist()


def test_neither_case_nor_white_space_nor_repeats_count() -> None:
    text = "one two three four five six"
    keys = band_keys(pa.array([text, text.upper(), "\n one\ttwo  three four five six "]))

    assert (keys == keys[0]).all()


def test_null_is_read_as_an_empty_text() -> None:
    keys = band_keys(pa.array(["", None]))

    assert keys[0].tolist() == keys[1].tolist()


@pytest.mark.parametrize("share", [0.5, 0.66, 0.82, 0.95])
def test_texts_meet_as_often_as_theory_says(share: float) -> None:
    pairs, n_shingles = 400, 200
    common = round(2 * share / (1 + share) * n_shingles)
    texts = []
    for pair in range(pairs):
        words = [f"p{pair}w{i}" for i in range(n_shingles + SHINGLE_WORDS - 1)]
        other = [f"p{pair}v{i}" for i in range(n_shingles - common)]
        texts += [" ".join(words), " ".join(words[: common + SHINGLE_WORDS - 1] + other)]

    keys = band_keys(pa.array(texts))

    met = float((keys[::2] == keys[1::2]).any(axis=1).mean())
    expected = 1 - (1 - share**ROWS) ** BANDS
    spread = np.sqrt(expected * (1 - expected) / pairs)
    assert abs(met - expected) < 4 * spread + 0.01


def test_texts_with_nothing_in_common_never_meet() -> None:
    texts = [" ".join(f"t{text}w{i}" for i in range(30)) for text in range(3000)]

    keys = band_keys(pa.array(texts))

    assert all(len(np.unique(keys[:, band])) == len(texts) for band in range(BANDS))
