"""Distinct vote patterns: what label models fit on."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Ints = npt.NDArray[np.integer]

CELLS = 200_000
"""So many cells of a matrix are looked at together: few enough to stay in the cache."""
TOGETHER = 100_000
"""At least so many patterns of shards are added up at once."""
HEAD = 8
"""So many bytes of a row make a number."""


@dataclass(frozen=True, slots=True)
class VotePatterns:
    """The distinct vote patterns of some items, how often each occurs, and which item has which.

    An item is a text, or in ner a token. Pattern `p` holds the votes `indptr[p]` to
    `indptr[p + 1]` of `function` and `label` (label-set indices), sorted by (function, label).
    Patterns stand in a canonical order that does not depend on the order of items: that of their
    votes, compared one after the other. The pattern without votes, where an item has it, is the
    first of them.

    `index` is [n_items], or empty where patterns of many shards were added up. `sequences`
    [n_sequences + 1] cuts the items into texts for models that read tokens in order.
    """

    indptr: Int64  # [n_patterns + 1]
    function: Int32  # [n_pattern_votes]
    label: Int32  # [n_pattern_votes]
    counts: Int64  # [n_patterns]
    index: Int64  # [n_items]
    sequences: Int64 | None = None

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def of(cls, item: Ints, function: Ints, label: Ints, n_items: int) -> "VotePatterns":
        """Find the distinct patterns of votes given as three parallel arrays, in any order.

        A repeated vote (same item, function and label) counts once.

        Example:
            >>> patterns = VotePatterns.of(
            ...     np.array([0, 2, 2, 3]), np.array([0, 0, 1, 0]), np.array([1, 0, 1, 1]), 4
            ... )
            >>> len(patterns), patterns.counts.tolist(), patterns.index.tolist()
            (3, [1, 1, 2], [2, 0, 1, 2])
        """
        code, n_labels = _coded(function, label)
        item, code = _in_order(item, code)
        return _of_rows(code, _offsets(np.bincount(item, minlength=n_items)), n_labels)

    @classmethod
    def of_matrix(
        cls, matrix: Ints, n_labels: int, abstain: int = -1, *, distinct: bool = True
    ) -> "VotePatterns":
        """Find the distinct patterns of a matrix of votes, [n_items, n_functions].

        Args:
            matrix: label-set indices, `abstain` where a function is silent.
            n_labels: the number of label sets.
            abstain: a number below 0.
            distinct: False gives each item a pattern of its own, in the order of items: enough
                for a single look at each.

        Raises:
            ValueError: if a vote is neither `abstain` nor a label-set index.

        Example:
            >>> VotePatterns.of_matrix(np.array([[1, -1], [-1, -1], [1, -1]]), 2).counts.tolist()
            [1, 2]
        """
        code, offsets = _coded_matrix(matrix, n_labels, abstain)
        if distinct:
            return _of_rows(code, offsets, n_labels)
        return cls(
            offsets,
            *_decoded(code, n_labels),
            np.ones(len(matrix), dtype=np.int64),
            np.arange(len(matrix), dtype=np.int64),
        )

    @classmethod
    def added(cls, parts: Iterable["VotePatterns"]) -> "VotePatterns":
        """Add up the counts of several shards; the result has no items.

        Parts are taken as they come, so that no more lie in memory than twice what comes out.
        """
        none = np.zeros(0, dtype=np.int64)
        total = _joined([])[0]
        waiting: list[VotePatterns] = []
        for part in parts:
            waiting.append(cls(part.indptr, part.function, part.label, part.counts, none))
            if sum(map(len, waiting)) > max(len(total), TOGETHER):
                total, waiting = _joined([total, *waiting])[0], []
        return _joined([total, *waiting])[0]

    @classmethod
    def concatenated(cls, parts: Sequence["VotePatterns"]) -> "VotePatterns":
        """The items of several shards one after the other, with their sequences."""
        total, place = _joined(parts)
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        index = [
            place[end - len(part) : end][part.index] for part, end in zip(parts, ends, strict=True)
        ]
        lengths = [np.diff(part.sequences) for part in parts if part.sequences is not None]
        whole = cls(
            total.indptr,
            total.function,
            total.label,
            total.counts,
            np.concatenate([np.zeros(0, dtype=np.int64), *index]),
        )
        return whole.in_sequences(np.concatenate(lengths)) if lengths else whole

    def pattern_of_vote(self) -> Int64:
        """The pattern that each vote belongs to, [n_pattern_votes]."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))

    def first_of_function(self) -> npt.NDArray[np.bool_]:
        """Whether a vote is the first of its function in its pattern, [n_pattern_votes]."""
        first = np.ones(len(self.function), dtype=np.bool_)
        first[1:] = self.function[1:] != self.function[:-1]
        first[self.indptr[:-1][np.diff(self.indptr) > 0]] = True
        return first

    def dense(self, n_functions: int, abstain: int = -1) -> Int32:
        """One row per pattern, [n_patterns, n_functions], label-set index or abstain.

        A function with several votes on one item (only tokens can) keeps the last.
        """
        matrix = np.full((len(self), n_functions), abstain, dtype=np.int32)
        matrix[self.pattern_of_vote(), self.function] = self.label
        return matrix

    def kept(self, keep: npt.NDArray[np.bool_]) -> "VotePatterns":
        """Only the items where a mask [n_items] is true; patterns without any stay, at count 0."""
        index = self.index[keep]
        counts = np.bincount(index, minlength=len(self)).astype(np.int64)
        left = VotePatterns(self.indptr, self.function, self.label, counts, index)
        if self.sequences is None:
            return left
        stays = np.concatenate([[0], np.cumsum(keep)])[self.sequences]
        return left.in_sequences(np.diff(stays))

    def voicing_silence(self, n_functions: int, label: int) -> "VotePatterns":
        """Give the pattern without votes a vote of every function for one label set.

        In ner, a token that no function touches is one that all of them take for "O".
        """
        if not len(self) or self.indptr[1] > 0:
            return self
        votes = [(function, label) for function in range(n_functions)]
        place = bisect_left(range(1, len(self)), votes, key=self._votes_of)
        order = np.insert(np.arange(1, len(self)), place, 0)
        at = int(self.indptr[place + 1])
        index = self.index - (self.index <= place)
        index[self.index == 0] = place
        return VotePatterns(
            _offsets(np.insert(np.diff(self.indptr)[1:], place, n_functions)),
            np.insert(self.function, at, np.arange(n_functions)).astype(np.int32),
            np.insert(self.label, at, np.full(n_functions, label)).astype(np.int32),
            self.counts[order],
            index,
            self.sequences,
        )

    def in_sequences(self, lengths: Sequence[int] | Ints) -> "VotePatterns":
        """The same patterns, with the items cut into sequences of these lengths."""
        bounds = _offsets(np.asarray(lengths, dtype=np.int64))
        return VotePatterns(self.indptr, self.function, self.label, self.counts, self.index, bounds)

    def _votes_of(self, pattern: int) -> list[tuple[int, int]]:
        votes = slice(int(self.indptr[pattern]), int(self.indptr[pattern + 1]))
        return list(zip(self.function[votes].tolist(), self.label[votes].tolist(), strict=True))


def _coded(function: Ints, label: Ints) -> tuple[Int64, int]:
    """Votes as numbers in the order of (function, label): function * n_labels + label."""
    n_labels = int(label.max(initial=0)) + 1
    return np.asarray(function, dtype=np.int64) * n_labels + label, n_labels


def _in_order(item: Ints, code: Int64) -> tuple[Int64, Int64]:
    """Votes by (item, code), each once."""
    n_codes = int(code.max(initial=0)) + 1
    if int(item.max(initial=0)) >= np.iinfo(np.int64).max // n_codes:
        pairs = np.unique(np.stack([np.asarray(item, dtype=np.int64), code]), axis=1)
        return pairs[0], pairs[1]
    key = np.asarray(item, dtype=np.int64) * n_codes + code
    if (key[1:] <= key[:-1]).any():
        key.sort(kind="stable")  # fast where votes come function by function
        key = key[np.append(True, key[1:] != key[:-1])]
    item = key // n_codes
    return item, key - item * n_codes


def _of_rows(code: Ints, offsets: Int64, n_labels: int) -> VotePatterns:
    """The patterns of items, of which each is a row of codes in ascending order.

    Items without votes are only counted, so that many of them (tokens, mostly) cost little.
    """
    touched = np.flatnonzero(offsets[1:] > offsets[:-1])
    found, place = _distinct(code, np.append(offsets[touched], offsets[-1]), n_labels)
    n_items = len(offsets) - 1
    silent = n_items - len(touched)
    index = np.zeros(n_items, dtype=np.int64)
    index[touched] = place + (silent > 0)
    counts = np.bincount(place, minlength=len(found)).astype(np.int64)
    if not silent:
        return VotePatterns(found.indptr, found.function, found.label, counts, index)
    return VotePatterns(
        np.append(0, found.indptr),
        found.function,
        found.label,
        np.append(silent, counts),
        index,
    )


def _joined(parts: Sequence[VotePatterns]) -> tuple[VotePatterns, Int64]:
    """The patterns of all parts with their counts, and where each part's patterns stand there."""
    none = np.zeros(0, dtype=np.int64)
    code, n_labels = _coded(
        np.concatenate([none, *(part.function for part in parts)]),
        np.concatenate([none, *(part.label for part in parts)]),
    )
    lengths = np.concatenate([none, *(np.diff(part.indptr) for part in parts)])
    found, place = _distinct(code, _offsets(lengths), n_labels)
    times = np.concatenate([none, *(part.counts for part in parts)])
    counts = np.zeros(len(found), dtype=np.int64)
    np.add.at(counts, place, times)
    return VotePatterns(found.indptr, found.function, found.label, counts, none), place


def _distinct(code: Ints, offsets: Int64, n_labels: int) -> tuple[VotePatterns, Int64]:
    """The distinct rows of some rows of votes, in canonical order, and which row is which.

    Codes of one width, their highest byte first, compare as bytes just as they do as numbers.
    They are counted from 1, so that eight bytes say all of a row that is no longer.
    """
    native = np.min_scalar_type(int(code.max(initial=0)) + 1)
    width = native.newbyteorder(">")
    bounds = offsets * width.itemsize
    rows = _binary(np.add(code, 1, dtype=native, casting="unsafe").astype(width), bounds)
    head = _heads(rows)
    which, first = _numbered(rows, head, np.diff(bounds) > HEAD)
    order = _order(rows, head, first)
    _, ends, codes = rows.take(pa.array(first[order])).buffers()
    indptr = np.frombuffer(ends, dtype=np.int64, count=len(order) + 1) // width.itemsize
    votes = np.frombuffer(codes or b"", dtype=width, count=int(indptr[-1]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    none = np.zeros(len(order), dtype=np.int64)
    found = VotePatterns(indptr, *_decoded(votes - native.type(1), n_labels), none, none[:0])
    return found, place[which]


def _numbered(rows: pa.Array, head: Any, is_long: npt.NDArray[np.bool_]) -> tuple[Int64, Int64]:
    """A number for each row, the same for equal rows, and the first row of each number."""
    short, long = np.flatnonzero(~is_long), np.flatnonzero(is_long)
    heads = pa.array(head[short]).dictionary_encode()
    others = rows.take(pa.array(long)).dictionary_encode()
    which = np.empty(len(rows), dtype=np.int64)
    which[short] = heads.indices.to_numpy()
    which[long] = others.indices.to_numpy() + np.int64(len(heads.dictionary))
    first = np.empty(len(heads.dictionary) + len(others.dictionary), dtype=np.int64)
    first[which[::-1]] = np.arange(len(rows) - 1, -1, -1)
    return which, first


def _order(rows: pa.Array, head: Any, some: Int64) -> Int64:
    """The order of some rows, all different: by their heads, and where these are equal by all.

    Few patterns have a head in common, so that numbers decide nearly everything.
    """
    heads = head[some]
    order = np.argsort(heads)
    equal = heads[order[1:]] == heads[order[:-1]]
    tied = (np.append(equal, False) | np.append(False, equal))[: len(order)]
    alike = order[tied]
    order[tied] = alike[pc.array_sort_indices(rows.take(pa.array(some[alike]))).to_numpy()]
    return order


def _heads(rows: pa.Array) -> npt.NDArray[np.uint64]:
    """The first eight bytes of each row as a number, as if zeros followed the row."""
    _, bounds, values = rows.buffers()
    start = np.frombuffer(bounds, dtype=np.int64, count=len(rows) + 1)
    padded = np.append(np.frombuffer(values or b"", dtype=np.uint8), np.zeros(HEAD, dtype=np.uint8))
    everywhere = np.ndarray((len(padded) - HEAD + 1,), dtype=">u8", buffer=padded, strides=(1,))
    length = np.minimum(np.diff(start), HEAD).astype(np.uint64)
    beyond = np.uint64(2**64 - 1) >> np.minimum(8 * length, 63)  # 64 would shift nothing
    foreign = np.where(length < HEAD, beyond, 0).astype(np.uint64)
    heads: npt.NDArray[np.uint64] = everywhere[start[:-1]].astype(np.uint64) & ~foreign
    return heads


def _binary(values: npt.NDArray[np.generic], offsets: Int64) -> pa.Array:
    """Bytes cut at some offsets, as an Arrow array."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(values.tobytes())]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def _coded_matrix(matrix: Ints, n_labels: int, abstain: int) -> tuple[Ints, Int64]:
    """The votes of each row as codes in ascending order, cut at offsets [n_items + 1]."""
    n_items, n_functions = matrix.shape
    width = np.min_scalar_type(n_functions * n_labels)
    step = max(1, CELLS // max(n_functions, 1))
    codes = [np.zeros(0, dtype=width)]
    lengths = np.zeros(n_items, dtype=np.int64)
    for first in range(0, n_items, step):
        place, label = _spoken(matrix[first : first + step].reshape(-1), abstain)
        if len(label) and not 0 <= label.min() <= label.max() < n_labels:
            message = f"a vote is neither {abstain} nor the index of one of {n_labels} label sets"
            raise ValueError(message)
        cell = place.astype(np.int32, copy=False)  # half as wide, so twice as fast
        row = cell // np.int32(n_functions)
        function = cell - row * np.int32(n_functions)
        codes.append((function.astype(width) * width.type(n_labels) + label).astype(width))
        rows = lengths[first : first + step]
        rows[:] = np.bincount(row, minlength=len(rows))
    return np.concatenate(codes), _offsets(lengths)


def _spoken(cells: Ints, abstain: int) -> tuple[Ints, Ints]:
    """The places of the votes among some cells, and the votes.

    Cells of a byte are looked at eight at a time where most functions are silent.
    """
    if cells.dtype == np.int8 and abstain >= np.iinfo(np.int8).min:
        silent = np.full(HEAD, abstain, dtype=np.int8)
        short = -len(cells) % HEAD
        numbers = (np.append(cells, silent[:short]) if short else cells).view(np.uint64)
        some = np.flatnonzero(numbers != silent.view(np.uint64)[0])
        if 2 * len(some) < len(numbers):
            near = numbers[some].view(np.int8)
            inside = np.flatnonzero(near != abstain).astype(np.int32)
            start = some.astype(np.int32) * np.int32(HEAD)
            return start[inside >> 3] + (inside & 7), near[inside]
    place = np.flatnonzero(cells != abstain)
    return place, cells[place]


def _decoded(code: Ints, n_labels: int) -> tuple[Int32, Int32]:
    """The functions and the labels of codes."""
    wide: Ints = code.astype(np.int32 if code.dtype.itemsize < 4 else np.int64)
    function = wide // n_labels
    label = wide - function * n_labels
    return function.astype(np.int32, copy=False), label.astype(np.int32, copy=False)


def _offsets(lengths: Int64) -> Int64:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
