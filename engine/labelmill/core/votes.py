"""Votes: what labeling functions say, sparse, one shape for all tasks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RowError:
    """A labeling function that failed on one row: its vote is lost there, the others stand."""

    doc: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class HitArrays:
    """Hits as arrays [n_hits], in the order in which they were found; `entry` has nulls."""

    doc: Int32
    start: Int32
    end: Int32
    label: Int32
    entry: pa.Array

    def __len__(self) -> int:
        return len(self.doc)


@dataclass(frozen=True, slots=True)
class Texts:
    """Hits of one label on texts as a whole, ascending and each once, [n_texts]."""

    doc: Int32
    label: int

    def __len__(self) -> int:
        return len(self.doc)

    def arrays(self) -> HitArrays:
        """The same as hits that say no place."""
        n = len(self.doc)
        nowhere = np.zeros(n, dtype=np.int32)
        label = np.full(n, self.label, dtype=np.int32)
        return HitArrays(self.doc, nowhere, nowhere, label, pa.nulls(n, pa.string()))


class Hits:
    """What one labeling function found in a batch, as it is found.

    `label` is an index into the label sets of the task. A function that reads a text as a whole
    gives a hit that spans the text, or says no place at all. Hits come one by one, or many at
    once as arrays.

    Example:
        >>> hits = Hits()
        >>> hits.add(0, 3, 7, 1)
        >>> hits.add_all(np.array([2, 5]), 0, np.array([4, 9]), 1)
        >>> len(hits), hits.doc, hits.end
        (3, [0, 2, 5], [7, 4, 9])
    """

    __slots__ = ("_blocks", "_rows", "errors")

    def __init__(self) -> None:
        """Nothing was found yet."""
        self._blocks: list[HitArrays | Texts] = []
        self._rows: list[tuple[int, int, int, int, str | None]] = []
        self.errors: list[RowError] = []

    def __len__(self) -> int:
        return sum(map(len, self._blocks)) + len(self._rows)

    def add(self, doc: int, start: int, end: int, label: int, entry: str | None = None) -> None:
        """Note one hit: characters start to end of text `doc`, for a label set."""
        self._rows.append((doc, start, end, label, entry))

    def add_all(
        self,
        doc: npt.NDArray[np.integer],
        start: npt.NDArray[np.integer] | int,
        end: npt.NDArray[np.integer] | int,
        label: npt.NDArray[np.integer] | int,
        entry: pa.Array | None = None,
    ) -> None:
        """Note many hits: arrays [n_hits], or one number for all; `entry` is a string array."""
        n = len(doc)
        if not n:
            return
        self._flush()
        start, end, label = (
            np.full(n, a, dtype=np.int32) if isinstance(a, int) else a.astype(np.int32, copy=False)
            for a in (start, end, label)
        )
        entry = pa.nulls(n, pa.string()) if entry is None else entry
        self._blocks.append(HitArrays(doc.astype(np.int32, copy=False), start, end, label, entry))

    def add_texts(self, doc: Int32, label: int) -> None:
        """Note a hit on texts as a whole, for one label set; `doc` ascends, each text once."""
        if len(doc):
            self._flush()
            self._blocks.append(Texts(doc, label))

    def fail(self, doc: int, reason: str, message: str) -> None:
        """Note that the function failed on a row; `reason` is a short class of failure."""
        self.errors.append(RowError(doc, reason, message))

    def arrays(self) -> HitArrays:
        """All hits, in the order in which they were found."""
        self._flush()
        blocks = [b.arrays() if isinstance(b, Texts) else b for b in self._blocks]
        whole = blocks[0] if len(blocks) == 1 else _joined_hits(blocks)
        self._blocks = [whole]
        return whole

    def texts(self) -> Texts | None:
        """All hits, if they are one block of texts that were noted as a whole, or none at all."""
        if self._rows or len(self._blocks) > 1:
            return None
        block = self._blocks[0] if self._blocks else Texts(np.zeros(0, dtype=np.int32), 0)
        return block if isinstance(block, Texts) else None

    @property
    def doc(self) -> list[int]:
        """The text of each hit."""
        return list(self.arrays().doc.tolist())

    @property
    def start(self) -> list[int]:
        """The first character of each hit."""
        return list(self.arrays().start.tolist())

    @property
    def end(self) -> list[int]:
        """The character after the last of each hit."""
        return list(self.arrays().end.tolist())

    @property
    def label(self) -> list[int]:
        """The label set of each hit."""
        return list(self.arrays().label.tolist())

    @property
    def entry(self) -> list[str | None]:
        """The gazetteer entry of each hit, if any."""
        return list(self.arrays().entry.to_pylist())

    def _flush(self) -> None:
        if self._rows:
            numbers = np.array([row[:4] for row in self._rows], dtype=np.int32)
            entries = [row[4] for row in self._rows]
            self._blocks.append(HitArrays(*_columns(numbers), pa.array(entries, pa.string())))
            self._rows = []


def _joined_hits(blocks: Sequence[HitArrays]) -> HitArrays:
    numbers = np.zeros((0, 4), dtype=np.int32)
    if not blocks:
        return HitArrays(*_columns(numbers), pa.array([], pa.string()))
    return HitArrays(
        np.concatenate([block.doc for block in blocks]),
        np.concatenate([block.start for block in blocks]),
        np.concatenate([block.end for block in blocks]),
        np.concatenate([block.label for block in blocks]),
        pa.concat_arrays([block.entry for block in blocks]),
    )


def _columns(numbers: Int32) -> tuple[Int32, Int32, Int32, Int32]:
    one, two, three, four = np.ascontiguousarray(numbers.T)
    return one, two, three, four


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes of some functions on a batch; abstain is no row.

    A vote on a document spans its whole text. Rows are sorted by (function, doc, start, end,
    label). All arrays are [n_votes]; `entry` is an Arrow string array with nulls.
    """

    doc: Int32
    function: Int32
    label: Int32
    start: Int32
    end: Int32
    entry: pa.Array

    def __len__(self) -> int:
        return len(self.doc)

    @classmethod
    def none(cls) -> "Votes":
        """No votes at all."""
        empty = np.zeros(0, dtype=np.int32)
        return cls(empty, empty, empty, empty, empty, pa.array([], pa.string()))

    @classmethod
    def of(cls, function: int, rows: Sequence[tuple[int, int, int, int, str | None]]) -> "Votes":
        """Votes of one function from (doc, start, end, label, entry) rows."""
        ordered = sorted(rows, key=lambda row: row[:4])
        numbers = np.array([row[:4] for row in ordered], dtype=np.int32).reshape(-1, 4)
        return cls(
            np.ascontiguousarray(numbers[:, 0]),
            np.full(len(ordered), function, dtype=np.int32),
            np.ascontiguousarray(numbers[:, 3]),
            np.ascontiguousarray(numbers[:, 1]),
            np.ascontiguousarray(numbers[:, 2]),
            pa.array([row[4] for row in ordered], pa.string()),
        )

    @classmethod
    def joined(cls, parts: Iterable["Votes"]) -> "Votes":
        """Votes of several functions on the same batch, in the order given."""
        kept = [part for part in parts if len(part)]
        if len(kept) < 2:
            return kept[0] if kept else cls.none()
        return cls(
            np.concatenate([part.doc for part in kept]),
            np.concatenate([part.function for part in kept]),
            np.concatenate([part.label for part in kept]),
            np.concatenate([part.start for part in kept]),
            np.concatenate([part.end for part in kept]),
            pa.concat_arrays([part.entry for part in kept]),
        )

    def take(self, keep: npt.NDArray[np.bool_]) -> "Votes":
        """Only the votes where a mask [n_votes] is true."""
        if keep.all():
            return self
        return Votes(
            self.doc[keep],
            self.function[keep],
            self.label[keep],
            self.start[keep],
            self.end[keep],
            self.entry.filter(pa.array(keep)),
        )

    def between(self, first: int, end: int) -> "Votes":
        """The votes from one place up to another."""
        cut = slice(first, end)
        return Votes(
            self.doc[cut],
            self.function[cut],
            self.label[cut],
            self.start[cut],
            self.end[cut],
            self.entry.slice(first, end - first),
        )

    def by(self, function: int) -> "Votes":
        """Only the votes of one function."""
        return self.take(self.function == function)
