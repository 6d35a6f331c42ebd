"""A light linear model of texts: one logistic regression for each label, on hashed n-grams."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

COLUMNS = 2**18
ITERATIONS = 200
Grams = Literal["words", "characters"]


@dataclass(frozen=True)
class LinearModel:
    """What was learned of some texts.

    `labels` are ascending. With one label a text the likeliest is the answer; where a text had
    several, or none, each label that is likelier than not.
    """

    reader: Any
    labels: tuple[str, ...]
    weights: Any  # [n_labels, COLUMNS]
    offsets: Any  # [n_labels]
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
        from sklearn.feature_extraction.text import (  # noqa: PLC0415
            HashingVectorizer,
            TfidfTransformer,
        )
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415 (heavy)

        analyzer, span = ("word", (1, 2)) if grams == "words" else ("char_wb", (2, 4))
        reader = make_pipeline(
            HashingVectorizer(
                n_features=COLUMNS,
                analyzer=analyzer,
                ngram_range=span,
                token_pattern=r"(?u)\b\w+\b" if grams == "words" else None,
                alternate_sign=False,
                norm=None,
            ),
            TfidfTransformer(sublinear_tf=True),
        )
        matrix = reader.fit_transform(texts)
        names = tuple(sorted(frozenset().union(*labels)))
        learned = [
            _learned(matrix, np.array([name in own for own in labels]), np.asarray(weights))
            for name in names
        ]
        one_each = all(len(own) == 1 for own in labels)
        slopes = np.array([slope for slope, _ in learned])
        return cls(reader, names, slopes, np.array([offset for _, offset in learned]), one_each)

    def answers(self, texts: Sequence[str]) -> list[frozenset[str]]:
        """The labels of some texts."""
        if not self.labels:
            return [frozenset()] * len(texts)
        scores = self.reader.transform(texts) @ self.weights.T + self.offsets
        if self.one_each:
            return [frozenset((self.labels[i],)) for i in scores.argmax(axis=1).tolist()]
        return [
            frozenset(label for label, score in zip(self.labels, row, strict=True) if score > 0)
            for row in scores.tolist()
        ]


def _learned(matrix: Any, is_it: Any, weights: Any) -> tuple[Any, float]:
    """Slopes and offset of one label; one that all texts have is always the answer."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 (heavy)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if is_it.all():
        return np.zeros(matrix.shape[1]), np.inf
    model = LogisticRegression(C=10.0, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        # A model that would still get a little better is good enough to compare nights with.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix, is_it, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])
