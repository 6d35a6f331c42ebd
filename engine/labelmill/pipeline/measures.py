"""What is measured of the rows of a snapshot, so that later ones can be compared with it."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.soft import Status

_PARTS = 1_000_000
"""Confidence is added up in whole millionths, so that the order of shards changes nothing."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Lengths of texts and confidence of labels; every number adds up over shards.

    `sizes` counts texts by the power of two below their length in characters: under n stand those
    of 2**(n-1) to 2**n - 1, under 0 the empty ones.
    """

    texts: int = 0
    characters: int = 0
    labeled: int = 0
    confidence: int = 0
    sizes: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, labels: pa.Table) -> "Measures":
        """Measure the rows of a labels table.

        Example:
            >>> table = pa.table(
            ...     {"text": ["nice", "", None], "status": ["labeled"] * 3, "confidence": [0.5] * 3}
            ... )
            >>> Measures.of(table).row()["text_length"]
            {'mean': 2.0, 'by_size': [1, 0, 0, 1]}
        """
        lengths = pc.utf8_length(labels["text"].drop_null()).to_numpy()
        given = labels["confidence"].filter(pc.equal(labels["status"], str(Status.LABELED)))
        sure = given.drop_null().to_numpy().astype(np.float64)
        counts = np.bincount(np.frexp(lengths.astype(np.float64))[1]).tolist()
        return cls(
            len(lengths),
            int(lengths.sum()),
            len(sure),
            int(np.rint(sure * _PARTS).astype(np.int64).sum()),
            Counter({size: n for size, n in enumerate(counts) if n}),
        )

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def row(self) -> dict[str, Any]:
        """The measures as plain data; null where there is nothing to take a mean of."""
        sizes = [self.sizes[size] for size in range(max(self.sizes, default=-1) + 1)]
        mean = self.characters / self.texts if self.texts else None
        return {
            "text_length": {"mean": mean, "by_size": sizes},
            "mean_confidence": self.confidence / self.labeled / _PARTS if self.labeled else None,
        }
