"""Mentions of the entries of a gazetteer, and what a compiled gazetteer must do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch


@dataclass(frozen=True, slots=True)
class Mention:
    """A gazetteer entry found in a text: characters start to end, its id and label if any."""

    start: int
    end: int
    entry: str | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Mentions:
    """Gazetteer entries found in the texts of a batch, in order, [n_mentions].

    `label` holds indices into the labels of the gazetteer, `entry` the ids, null where an entry
    has none.
    """

    doc: npt.NDArray[np.int32]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    label: npt.NDArray[np.int32]
    entry: pa.Array


class Gazetteer(Protocol):
    """A compiled list of terms."""

    def find(self, text: str, tokens: Iterable[tuple[int, int]]) -> list[Mention]:
        """Longest mentions on token bounds, left to right, without overlap."""
        ...

    def find_all(self, batch: Batch) -> Mentions:
        """The mentions that `find` gives for each text of a batch, cut as the batch is."""
        ...

    def __contains__(self, term: object) -> bool:
        """Whether a string is a term, under the list's own matching of case."""
        ...

    def terms(self, label: str | None = None) -> tuple[str, ...]:
        """The terms as written in the file, in file order; of one label where it is given."""
        ...

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The labels that mentions may have, each once; None where a term has none."""
        ...

    def __len__(self) -> int: ...
