"""Votes: what labeling functions say, sparse, one shape for all tasks."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.tokens import Tokens

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class RowError:
    """A labeling function that failed on one row: its vote is lost there, the others stand."""

    doc: int
    reason: str
    message: str


@dataclass(slots=True)
class Hits:
    """What one labeling function found in a batch, as it is found.

    `label` is an index into the label sets of the task. A function that reads a text as a whole
    gives a hit that spans the text.

    Example:
        >>> hits = Hits()
        >>> hits.add(0, 3, 7, 1)
        >>> len(hits)
        1
    """

    doc: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    entry: list[str | None] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.doc)

    def add(self, doc: int, start: int, end: int, label: int, entry: str | None = None) -> None:
        """Note one hit: characters start to end of text `doc`, for a label set."""
        self.doc.append(doc)
        self.start.append(start)
        self.end.append(end)
        self.label.append(label)
        self.entry.append(entry)

    def fail(self, doc: int, reason: str, message: str) -> None:
        """Note that the function failed on a row; `reason` is a short class of failure."""
        self.errors.append(RowError(doc, reason, message))


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
        if not kept:
            return cls.none()
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


def settle_documents(hits: Hits, function: int, lengths: Sequence[int]) -> Votes:
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
    counts: dict[int, dict[int, int]] = {}
    entries: dict[tuple[int, int], str | None] = {}
    for doc, label, entry in zip(hits.doc, hits.label, hits.entry, strict=True):
        of_doc = counts.setdefault(doc, {})
        of_doc[label] = of_doc.get(label, 0) + 1
        entries.setdefault((doc, label), entry)
    rows = []
    for doc, of_doc in counts.items():
        most = max(of_doc.values())
        winners = [label for label, count in of_doc.items() if count == most]
        if len(winners) == 1:
            rows.append((doc, 0, lengths[doc], winners[0], entries[doc, winners[0]]))
    return Votes.of(function, rows)


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
    places = (np.array(a, dtype=np.int64) for a in (hits.doc, hits.start, hits.end))
    starts, ends, touched = tokens.aligned(*places)
    found: dict[int, list[tuple[int, int, int, str | None]]] = {}
    columns = (hits.doc, starts.tolist(), ends.tolist(), hits.label, hits.entry, touched.tolist())
    for doc, start, end, label, entry, touches in zip(*columns, strict=True):
        if touches:
            found.setdefault(doc, []).append((start, end, label, entry))
    rows = []
    for doc, spans in found.items():
        if first:
            spans.sort(key=lambda span: (span[0], -span[1], span[2]))
        else:
            spans.sort(key=lambda span: (span[0] - span[1], span[0], span[2]))
        rows += [(doc, *span) for span in _without_overlap(spans)]
    return Votes.of(function, rows)


def _without_overlap(
    spans: list[tuple[int, int, int, str | None]],
) -> list[tuple[int, int, int, str | None]]:
    """The spans that overlap none before them; starts are kept sorted, so each costs a bisect."""
    kept: list[tuple[int, int, int, str | None]] = []
    bounds: list[tuple[int, int]] = []
    for span in spans:
        place = bisect_left(bounds, (span[0], span[1]))
        clear_left = place == 0 or bounds[place - 1][1] <= span[0]
        clear_right = place == len(bounds) or bounds[place][0] >= span[1]
        if clear_left and clear_right:
            bounds.insert(place, (span[0], span[1]))
            kept.append(span)
    return kept
