"""What texts look like to a linear model."""

import numpy as np
import pyarrow as pa
import pytest

from labelmill.refine import features
from labelmill.refine.features import Features

TEXTS = pa.array(["free money now", "Free money!!", "a nice song", "nice song, nice"])


def test_every_block_of_a_text_has_length_one() -> None:
    found = Features.of(TEXTS)
    matrix = found.matrix(TEXTS).toarray()

    n_words = len(found.words)
    assert matrix.shape == (4, found.n_columns)
    assert np.allclose(np.linalg.norm(matrix[:, :n_words], axis=1), 1)
    grams = matrix[:, n_words : len(found.idf)]
    assert np.allclose(np.linalg.norm(grams, axis=1), 1)


def test_a_text_looks_the_same_in_any_company(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Features.of(TEXTS)
    whole = found.matrix(TEXTS).toarray()
    monkeypatch.setattr(features, "TOGETHER", 1)

    assert np.array_equal(found.matrix(TEXTS).toarray(), whole)
    assert np.array_equal(Features.of(TEXTS).matrix(TEXTS).toarray(), whole)


def test_what_stands_in_one_text_alone_does_not_count() -> None:
    found = Features.of(pa.array(["one", "two"]))

    assert len(found.words) == 0


def test_long_texts_are_read_by_their_words_alone() -> None:
    texts = pa.array([" ".join(["word", str(i)] * 60) for i in range(4)])

    found = Features.of(texts)

    assert not found.with_characters
    assert found.n_columns == len(found.words)


def test_no_texts_have_no_features() -> None:
    found = Features.of(pa.array([], pa.string()))

    assert found.matrix(pa.array([], pa.string())).shape == (0, found.n_columns)
    assert found.matrix(pa.array(["a", ""])).shape == (2, found.n_columns)


def test_the_most_frequent_columns_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "MOST_COLUMNS", 2)

    found = Features.of(pa.array(["a b c", "a b d", "a e f", "c x y"]))

    assert len(found.words) == 2
