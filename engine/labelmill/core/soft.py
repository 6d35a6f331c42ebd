"""Soft labels: what a label model believes of each item, and the status of each row."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa


class Status(StrEnum):
    """What became of a row; every row has exactly one."""

    LABELED = "labeled"
    TIE = "tie"
    LOW_CONFIDENCE = "low_confidence"
    UNCOVERED = "uncovered"
    ERROR = "error"
    FILTERED = "filtered"

    @property
    def code(self) -> int:
        """Its place among all statuses: what arrays of statuses hold."""
        return STATUSES.index(self)


STATUSES = tuple(Status)
Codes = npt.NDArray[np.int8]
"""Statuses of many rows, each as its code."""


def status_names(codes: Codes) -> pa.Array:
    """The names of some statuses as an Arrow array.

    Example:
        >>> status_names(np.array([0, 3], dtype=np.int8)).to_pylist()
        ['labeled', 'uncovered']
    """
    return pa.array([str(status) for status in STATUSES], pa.string()).take(pa.array(codes))


TIE_TOLERANCE = 1e-9
"""Two probabilities closer than this are equal: far above rounding, far below any evidence."""


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """One distribution for each item.

    `probs` is float32 [n_items, n_labels] and its rows sum to 1; `best` is the most probable
    label, [n_items]; `tied` says where two labels share the first place, [n_items].
    """

    probs: npt.NDArray[np.float32]
    best: npt.NDArray[np.int64]
    tied: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, probs: npt.NDArray[np.float64]) -> "SoftLabels":
        """Read the best label and the ties off exact probabilities, [n_items, n_labels].

        Example:
            >>> soft = SoftLabels.of(np.array([[0.2, 0.8], [0.5, 0.5]]))
            >>> soft.best.tolist(), soft.tied.tolist()
            ([1, 0], [False, True])
        """
        best = probs.argmax(axis=1) if len(probs) else np.zeros(0, dtype=np.int64)
        top = np.take_along_axis(probs, best[:, None], axis=1) if len(probs) else probs[:, :1]
        tied = (probs >= top - TIE_TOLERANCE).sum(axis=1) > 1
        return cls(probs.astype(np.float32), best.astype(np.int64), tied)

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Probability of the best label, [n_items]."""
        return np.take_along_axis(self.probs, self.best[:, None], axis=1)[:, 0]
