"""What a text looks like to a linear model: words, pieces of words, and its shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.text.ngrams import BITS, Letters, character_grams, word_grams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LONG = 100
"""Texts of more words than this, on average, are read by their words alone."""
TOGETHER = 2_000
"""So many texts are read together: memory depends on them."""
MOST_COLUMNS = 200_000
"""No more n-grams than these are kept of each kind, the most frequent ones."""
SHAPE_WEIGHT = 0.1
"""What a standard deviation of a measure counts, where the n-grams of a text have length 1."""
ARRAYS = ("words", "characters", "idf", "mean", "deviation")


@dataclass(frozen=True, slots=True)
class Features:
    """Which n-grams count and how much, learned from some texts.

    `columns` are ascending; the first `n_words` of the matrix are those of words, which have
    columns of their own, then those of characters. `mean` and `deviation` are of the measures.
    """

    words: Ints  # [n_words]
    characters: Ints  # [n_character_grams]
    idf: npt.NDArray[np.float32]  # [n_words + n_character_grams]
    mean: Floats
    deviation: Floats
    with_characters: bool

    @classmethod
    def of(cls, texts: pa.Array) -> "Features":
        """Choose the n-grams that stand in two texts at least."""
        lengths = np.asarray(pc.count_substring_regex(texts, r"\S+"), dtype=np.int64)
        with_characters = bool(lengths.mean() <= LONG) if len(lengths) else True
        seen = np.zeros((2, 1 << BITS), dtype=np.int32)
        measures = []
        for part in _parts(texts):
            letters = Letters.of(part)
            measures.append(_measures(part))
            seen[0] += _document_counts([word_grams(letters)])
            if with_characters:
                seen[1] += _document_counts(character_grams(letters))
        words, characters = (_frequent(counts) for counts in seen)
        counts = np.concatenate([seen[0][words], seen[1][characters]])
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        shape = np.concatenate(measures) if measures else np.zeros((1, N_MEASURES))
        return cls(
            words,
            characters,
            idf.astype(np.float32),
            shape.mean(axis=0),
            shape.std(axis=0) + 1e-3,
            with_characters,
        )

    @property
    def n_columns(self) -> int:
        """Columns of the matrix."""
        return len(self.idf) + (N_MEASURES if self.with_characters else 0)

    def matrix(self, texts: pa.Array) -> Any:
        """The texts as a sparse matrix, [n_texts, n_columns]."""
        from scipy.sparse import csr_array, vstack  # noqa: PLC0415 (heavy)

        places = self._places()
        parts = [self._rows(part, places) for part in _parts(texts)]
        return vstack(parts, format="csr") if parts else csr_array((0, self.n_columns))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `restore` needs, by name."""
        return {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def restore(
        cls, arrays: Mapping[str, npt.NDArray[Any]], *, with_characters: bool
    ) -> "Features":
        """Rebuild them."""
        return cls(**{name: arrays[name] for name in ARRAYS}, with_characters=with_characters)

    def _rows(self, texts: pa.Array, places: npt.NDArray[np.int32]) -> Any:
        from scipy.sparse import csr_array, hstack  # noqa: PLC0415 (heavy)

        letters = Letters.of(texts)
        n_words = len(self.words)
        blocks = [_block([word_grams(letters)], places[0], self.idf[:n_words], len(texts))]
        if self.with_characters:
            idf = self.idf[n_words:]
            blocks.append(_block(character_grams(letters), places[1], idf, len(texts)))
            shape = np.clip((_measures(texts) - self.mean) / self.deviation, -3, 3) * SHAPE_WEIGHT
            blocks.append(csr_array(shape.astype(np.float32)))
        return hstack(blocks, format="csr", dtype=np.float32)

    def _places(self) -> npt.NDArray[np.int32]:
        """Where each hash stands among the columns, or -1."""
        places = np.full((2, 1 << BITS), -1, dtype=np.int32)
        for row, columns in zip(places, (self.words, self.characters), strict=True):
            row[columns] = np.arange(len(columns))
        return places


N_MEASURES = 6


def _measures(texts: pa.Array) -> Floats:
    """Length and make-up of each text, [n_texts, N_MEASURES]."""
    size = np.asarray(pc.utf8_length(texts), dtype=np.float64)
    words = np.asarray(pc.count_substring_regex(texts, r"\S+"), dtype=np.float64)
    kinds = (r"\d", r"\p{Lu}", r"[^\p{L}\p{N}\s]")
    counts = [np.asarray(pc.count_substring_regex(texts, kind), dtype=np.float64) for kind in kinds]
    shares = [count / np.maximum(size, 1) for count in counts]
    return np.stack([np.log1p(size), np.log1p(words), size / (words + 1), *shares], axis=1)


def _parts(texts: pa.Array) -> Iterator[pa.Array]:
    return (texts.slice(start, TOGETHER) for start in range(0, len(texts), TOGETHER))


def _document_counts(grams: Any) -> npt.NDArray[np.int32]:
    """In how many texts each hash stands."""
    counts = np.zeros(1 << BITS, dtype=np.int32)
    for row, column in grams:
        distinct = np.unique((row << BITS) | column) & ((1 << BITS) - 1)
        counts += np.bincount(distinct, minlength=1 << BITS).astype(np.int32)
    return counts


def _frequent(counts: npt.NDArray[np.int32]) -> Ints:
    """The hashes that stand in two texts at least; the most frequent ones where they are many."""
    columns = np.flatnonzero(counts >= 2)
    if len(columns) > MOST_COLUMNS:
        columns = np.sort(columns[np.argsort(-counts[columns], kind="stable")[:MOST_COLUMNS]])
    return columns.astype(np.int64)


def _block(
    grams: Any, places: npt.NDArray[np.int32], idf: npt.NDArray[np.float32], n_texts: int
) -> Any:
    """Weights of n-grams, [n_texts, n_columns], each row of length 1."""
    from scipy.sparse import coo_array  # noqa: PLC0415 (heavy)

    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for row, column in grams:
        place = places[column]
        rows.append(row[place >= 0])
        columns.append(place[place >= 0])
    at = (np.concatenate(rows), np.concatenate(columns))
    counts = coo_array((np.ones(len(at[0]), np.float32), at), shape=(n_texts, len(idf))).tocsr()
    counts.sum_duplicates()
    counts.data = (1 + np.log(counts.data)) * idf[counts.indices]
    row = np.repeat(np.arange(n_texts), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(row, counts.data.astype(np.float64) ** 2, minlength=n_texts))
    counts.data = (counts.data / length[row]).astype(np.float32)
    return counts
