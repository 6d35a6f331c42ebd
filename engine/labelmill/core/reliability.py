"""How far confidence can be believed: what share of the items of each confidence is right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

N_BINS = 15

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Items by confidence in bins of equal width; every number adds up over shards.

    `count`, `correct` and `confidence` (its sum) are [N_BINS].

    Example:
        >>> seen = Reliability.of([0.9, 0.9, 0.9, 0.5], [True, True, False, True])
        >>> seen.n_items, round(seen.error, 3)
        (4, 0.3)
        >>> (seen + seen).error == seen.error
        True
    """

    count: Ints = field(default_factory=lambda: np.zeros(N_BINS, dtype=np.int64))
    correct: Ints = field(default_factory=lambda: np.zeros(N_BINS, dtype=np.int64))
    confidence: Floats = field(default_factory=lambda: np.zeros(N_BINS))

    @classmethod
    def of(
        cls, confidence: Sequence[float] | Floats, correct: Sequence[bool] | Any
    ) -> "Reliability":
        """Put items into bins.

        Args:
            confidence: probability of the winning label of each item, [n_items].
            correct: whether that label is right, [n_items].
        """
        sure = np.asarray(confidence, dtype=np.float64)
        right = np.asarray(correct, dtype=np.bool_)
        place = np.clip((sure * N_BINS).astype(np.int64), 0, N_BINS - 1)
        return cls(
            np.bincount(place, minlength=N_BINS).astype(np.int64),
            np.bincount(place[right], minlength=N_BINS).astype(np.int64),
            np.bincount(place, weights=sure, minlength=N_BINS).astype(np.float64),
        )

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(
            self.count + other.count,
            self.correct + other.correct,
            self.confidence + other.confidence,
        )

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return int(self.count.sum())

    @property
    def error(self) -> float | None:
        """The expected calibration error; None without any item.

        Sum over the bins b of n_b / n |accuracy of b - mean confidence of b| (Naeini, Cooper and
        Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", section
        on metrics), with bins of equal width.
        """
        if not self.n_items:
            return None
        return float(np.abs(self.correct - self.confidence).sum() / self.n_items)

    def rows(self) -> list[dict[str, Any]]:
        """The bins that hold items, with plain values."""
        return [
            {
                "from": b / N_BINS,
                "to": (b + 1) / N_BINS,
                "items": int(self.count[b]),
                "confidence": float(self.confidence[b] / self.count[b]),
                "accuracy": float(self.correct[b] / self.count[b]),
            }
            for b in np.flatnonzero(self.count).tolist()
        ]
