"""A light linear model of texts: logistic regression on hashed n-grams."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

COLUMNS = 2**18
ITERATIONS = 100
TOLERANCE = 1e-3
MANY = 1000
"""Of so many texts n-grams that only one of them has are left out; they are half of them."""
Grams = Literal["words", "characters"]


@dataclass(frozen=True)
class LinearModel:
    """What was learned of some texts.

    Where each of them had one label there is one model, whose answer is the likeliest; else there
    is one for each label, and the answer is every label that is likelier than not.
    """

    reader: Any
    seen: Any  # [n_seen] columns that stand in texts, of many in two at least
    labels: tuple[str, ...]
    models: tuple[Any, ...]
    one_each: bool

    @classmethod
    def trained(
        cls,
        texts: Sequence[str],
        labels: Sequence[frozenset[str]],
        weights: Sequence[float],
        *,
        grams: Grams,
    ) -> "LinearModel":
        """Learn from texts with their labels; a row counts by its weight.

        Example:
            >>> texts, labels = ["buy gold", "nice song"], [frozenset({"spam"}), frozenset({"ham"})]
            >>> model = LinearModel.trained(texts, labels, [1, 1], grams="words")
            >>> model.answers(["a song", "buy"])
            [frozenset({'ham'}), frozenset({'spam'})]
        """
        reader = _reader(grams)
        matrix = reader.fit_transform(texts)
        fewest = 2 if len(texts) >= MANY else 1
        seen = np.flatnonzero(np.bincount(matrix.indices) >= fewest)
        matrix = matrix[:, seen]
        names = tuple(sorted(frozenset().union(*labels)))
        one_each = all(len(own) == 1 for own in labels)
        if one_each:
            wanted = [np.array([names.index(label) for own in labels for label in own])]
        else:
            wanted = [np.array([int(name in own) for own in labels]) for name in names]
        models = tuple(_learned(matrix, truth, weights) for truth in wanted)
        return cls(reader, seen, names, models, one_each)

    def answers(self, texts: Sequence[str]) -> list[frozenset[str]]:
        """The labels of some texts."""
        matrix = self.reader.transform(texts)[:, self.seen]
        found = [model.predict(matrix).tolist() for model in self.models]
        if self.one_each:
            return [frozenset((self.labels[place],)) for place in found[0]]
        rows = zip(*found, strict=True) if found else ((),) * len(texts)
        return [
            frozenset(n for n, yes in zip(self.labels, row, strict=True) if yes) for row in rows
        ]


@dataclass(frozen=True, slots=True)
class Constant:
    """What can be learned where all texts have the same answer."""

    answer: int

    def predict(self, matrix: Any) -> Any:
        """That answer, [n_texts]."""
        return np.full(matrix.shape[0], self.answer)


def _reader(grams: Grams) -> Any:
    """Hashed n-grams, weighed by how few texts have them."""
    from sklearn.feature_extraction.text import (  # noqa: PLC0415 (heavy)
        HashingVectorizer,
        TfidfTransformer,
    )
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    by_words = grams == "words"
    return make_pipeline(
        HashingVectorizer(
            n_features=COLUMNS,
            analyzer="word" if by_words else "char_wb",
            ngram_range=(1, 2) if by_words else (2, 4),
            token_pattern=r"(?u)\b\w+\b" if by_words else None,
            alternate_sign=False,
            norm=None,
        ),
        TfidfTransformer(sublinear_tf=True),
    )


def _learned(matrix: Any, truth: Any, weights: Sequence[float]) -> Any:
    """A model of one answer for each text."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 (heavy)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if (truth == truth[0]).all():
        return Constant(int(truth[0]))
    model = LogisticRegression(C=10.0, max_iter=ITERATIONS, tol=TOLERANCE)
    with warnings.catch_warnings():
        # A model that would still get a little better is good enough to compare nights with.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(matrix, truth, sample_weight=np.asarray(weights))
