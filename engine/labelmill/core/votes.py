"""Votes: what labeling functions say, sparse, one shape for all tasks."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.tokens import Tokens

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

    def by(self, function: int) -> "Votes":
        """Only the votes of one function."""
        return self.take(self.function == function)


def settle_documents(hits: Hits, function: int, lengths: Int32 | Sequence[int]) -> Votes:
    """One vote for each text: the label set with most hits wins, equal means abstain.

    The vote spans the whole text; its entry is that of the first hit for the winner.

    Args:
        hits: what the function found.
        function: index of the function.
        lengths: characters in each text, [n_texts].

    Example:
        >>> hits = Hits()
        >>> for doc, label in [(0, 1), (0, 1), (0, 0), (1, 0), (1, 1)]:
        ...     hits.add(doc, 0, 1, label)
        >>> votes = settle_documents(hits, 4, [9, 9])
        >>> votes.doc.tolist(), votes.label.tolist(), votes.end.tolist()
        ([0], [1], [9])
    """
    texts = hits.texts()
    if texts is not None:
        return _votes_on([(function, texts)], lengths)
    found = hits.arrays()
    if (found.doc[1:] > found.doc[:-1]).all():
        doc, label, entry = found.doc, found.label, found.entry
    else:
        first = _winners(found)
        doc, label, entry = found.doc[first], found.label[first], found.entry.take(first)
    n = len(doc)
    return Votes(
        doc,
        np.full(n, function, dtype=np.int32),
        label,
        np.zeros(n, dtype=np.int32),
        np.asarray(lengths, dtype=np.int32)[doc],
        entry,
    )


def settle_all_documents(
    found: Sequence[tuple[int, Hits]], lengths: Int32 | Sequence[int]
) -> Votes:
    """The votes of several functions (index and hits of each), in the order given.

    Each settles as by `settle_documents`; those that noted texts as a whole settle together.
    """
    parts: list[Votes] = []
    together: list[tuple[int, Texts]] = []
    for function, hits in found:
        texts = hits.texts()
        if texts is None:
            parts += [_votes_on(together, lengths), settle_documents(hits, function, lengths)]
            together = []
        else:
            together.append((function, texts))
    return Votes.joined([*parts, _votes_on(together, lengths)])


def _votes_on(noted: Sequence[tuple[int, Texts]], lengths: Int32 | Sequence[int]) -> Votes:
    """A vote for every text that was noted as a whole by some functions, one after the other."""
    if not noted:
        return Votes.none()
    sizes = [len(texts) for _, texts in noted]
    functions = np.array([function for function, _ in noted], dtype=np.int32)
    labels = np.array([texts.label for _, texts in noted], dtype=np.int32)
    doc = np.concatenate([texts.doc for _, texts in noted])
    return Votes(
        doc,
        functions.repeat(sizes),
        labels.repeat(sizes),
        np.zeros(len(doc), dtype=np.int32),
        np.asarray(lengths, dtype=np.int32)[doc],
        pa.nulls(len(doc), pa.string()),
    )


def _winners(found: HitArrays) -> Int64:
    """The first hit for the winning label set of each text that has one, by text."""
    keys = found.doc.astype(np.int64) << 32 | found.label
    keys, first, counts = np.unique(keys, return_index=True, return_counts=True)
    _, starts, sizes = np.unique(keys >> 32, return_index=True, return_counts=True)
    winning = counts == np.repeat(np.maximum.reduceat(counts, starts), sizes)
    alone = np.add.reduceat(winning.astype(np.int64), starts) == 1
    return np.asarray(first[winning & np.repeat(alone, sizes)], dtype=np.int64)


def settle_spans(hits: Hits, function: int, tokens: Tokens, *, first: bool = False) -> Votes:
    """Votes on spans: each hit is widened to token bounds, then overlaps are settled.

    Of overlapping hits of one function the longest stands; of equally long ones the first, then
    the one whose label stands first. A hit that touches no token (only white space) is no vote.
    With `first` the one that starts first stands, then the longest.

    Args:
        hits: what the function found.
        function: index of the function.
        tokens: token bounds of every text of the batch.
        first: let the first of overlapping hits stand, not the longest.

    Example:
        >>> hits = Hits()
        >>> hits.add(0, 1, 2, 0)
        >>> hits.add(0, 0, 7, 1)
        >>> votes = settle_spans(hits, 0, Tokens.of([[(0, 3), (4, 7), (8, 9)]]))
        >>> votes.start.tolist(), votes.end.tolist(), votes.label.tolist()
        ([0], [7], [1])
    """
    found = hits.arrays()
    places = (a.astype(np.int64) for a in (found.doc, found.start, found.end))
    start, end, touched = tokens.aligned(*places)
    order = np.lexsort((found.label, end, start, found.doc))
    order = order[touched[order]]
    doc = found.doc[order]
    crossing = (doc[1:] == doc[:-1]) & (start[order[1:]] < end[order[:-1]])
    kept = np.ones(len(order), dtype=np.bool_)
    for low, high in _runs(doc, crossing):
        spans = [
            (int(start[i]), int(end[i]), int(found.label[i]), place)
            for place, i in enumerate(order[low:high].tolist(), low)
        ]
        kept[low:high] = False
        kept[_standing(spans, first=first)] = True
    order = order[kept]
    return Votes(
        found.doc[order],
        np.full(len(order), function, dtype=np.int32),
        found.label[order],
        start[order].astype(np.int32),
        end[order].astype(np.int32),
        found.entry.take(pa.array(order)),
    )


def _runs(doc: Int32, crossing: npt.NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """Bounds of the hits of each text in which any two neighbours overlap; `doc` is ascending."""
    texts = np.unique(doc[:-1][crossing])
    lows = np.searchsorted(doc, texts, side="left").tolist()
    highs = np.searchsorted(doc, texts, side="right").tolist()
    return zip(lows, highs, strict=True)


def _standing(spans: list[tuple[int, int, int, int]], *, first: bool) -> list[int]:
    """Places of the spans (start, end, label, place) that stand, of those of one text."""
    if first:
        spans.sort(key=lambda span: (span[0], -span[1], span[2], span[3]))
    else:
        spans.sort(key=lambda span: (span[0] - span[1], span[0], span[2], span[3]))
    return [place for *_, place in _without_overlap(spans)]


def _without_overlap(spans: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The spans that overlap none before them; starts are kept sorted, so each costs a bisect."""
    kept: list[tuple[int, int, int, int]] = []
    bounds: list[tuple[int, int]] = []
    for span in spans:
        place = bisect_left(bounds, (span[0], span[1]))
        clear_left = place == 0 or bounds[place - 1][1] <= span[0]
        clear_right = place == len(bounds) or bounds[place][0] >= span[1]
        if clear_left and clear_right:
            bounds.insert(place, (span[0], span[1]))
            kept.append(span)
    return kept
