"""Distinct vote patterns: what label models fit on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VotePatterns:
    """The distinct vote patterns of some items, how often each occurs, and which item has which.

    An item is a text, or in ner a token. Pattern `p` holds the votes `indptr[p]` to
    `indptr[p + 1]` of `function` and `label` (label-set indices), sorted by (function, label).
    Patterns stand in a canonical order that does not depend on the order of items. The pattern
    without votes, where an item has it, is one of them.

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
    def of(
        cls,
        item: npt.NDArray[np.integer],
        function: npt.NDArray[np.integer],
        label: npt.NDArray[np.integer],
        n_items: int,
    ) -> "VotePatterns":
        """Find the distinct patterns of votes given as three parallel arrays, in any order.

        A repeated vote (same item, function and label) counts once.

        Example:
            >>> patterns = VotePatterns.of(
            ...     np.array([0, 2, 2, 3]), np.array([0, 0, 1, 0]), np.array([1, 0, 1, 1]), 4
            ... )
            >>> len(patterns), patterns.counts.tolist(), patterns.index.tolist()
            (3, [1, 1, 2], [2, 0, 1, 2])
        """
        votes = np.stack([np.asarray(a, dtype=np.int64) for a in (item, function, label)])
        votes = np.unique(votes.T, axis=0) if votes.shape[1] else votes.T
        codes = votes[:, 1:].astype(">u4").tobytes()
        offsets = np.zeros(n_items + 1, dtype=np.int64)
        np.cumsum(np.bincount(votes[:, 0], minlength=n_items), out=offsets[1:])
        keys = _binary(codes, offsets * 8)
        encoded = keys.dictionary_encode()
        return _canonical(
            encoded.dictionary,
            np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary)),
            encoded.indices.to_numpy().astype(np.int64),
        )

    @classmethod
    def added(cls, parts: Iterable["VotePatterns"]) -> "VotePatterns":
        """Add up the counts of several shards; the result has no items."""
        total: dict[bytes, int] = {}
        for part in parts:
            for key, count in zip(part.byte_keys(), part.counts.tolist(), strict=True):
                total[key] = total.get(key, 0) + count
        keys = pa.array(list(total), pa.large_binary())
        counts = np.array(list(total.values()), dtype=np.int64)
        return _canonical(keys, counts, np.zeros(0, dtype=np.int64))

    @classmethod
    def concatenated(cls, parts: Sequence["VotePatterns"]) -> "VotePatterns":
        """The items of several shards one after the other, with their sequences."""
        total = cls.added(parts)
        place = {key: i for i, key in enumerate(total.byte_keys())}
        index = [
            np.array([place[key] for key in part.byte_keys()], dtype=np.int64)[part.index]
            for part in parts
            if len(part.index)
        ]
        lengths = [np.diff(part.sequences) for part in parts if part.sequences is not None]
        joined = cls(
            total.indptr,
            total.function,
            total.label,
            total.counts,
            np.concatenate(index) if index else np.zeros(0, dtype=np.int64),
        )
        return joined.in_sequences(np.concatenate(lengths).tolist()) if lengths else joined

    def byte_keys(self) -> list[bytes]:
        """A byte string for each pattern, equal exactly where the votes are equal."""
        codes = np.stack([self.function, self.label], axis=1).astype(">u4").tobytes()
        bounds = (self.indptr * 8).tolist()
        return [codes[a:b] for a, b in pairwise(bounds)]

    def pattern_of_vote(self) -> Int64:
        """The pattern that each vote belongs to, [n_pattern_votes]."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))

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
        return left.in_sequences(np.diff(stays).tolist())

    def voicing_silence(self, n_functions: int, label: int) -> "VotePatterns":
        """Give the pattern without votes a vote of every function for one label set.

        In ner, a token that no function touches is one that all of them take for "O".
        """
        keys = self.byte_keys()
        if not keys or keys[0] != b"":
            return self
        codes = np.stack([np.arange(n_functions), np.full(n_functions, label)], axis=1)
        keys[0] = codes.astype(">u4").tobytes()
        return _canonical(pa.array(keys, pa.large_binary()), self.counts, self.index)

    def in_sequences(self, lengths: Sequence[int]) -> "VotePatterns":
        """The same patterns, with the items cut into sequences of these lengths."""
        bounds = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=bounds[1:])
        return VotePatterns(self.indptr, self.function, self.label, self.counts, self.index, bounds)


def _binary(codes: bytes, offsets: Int64) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets.astype(np.int64).tobytes()), pa.py_buffer(codes)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def _canonical(keys: pa.Array, counts: Int64, index: Int64) -> VotePatterns:
    order = pc.array_sort_indices(keys).to_numpy().astype(np.int64)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    ordered = [keys[int(i)].as_py() for i in order]
    indptr = np.zeros(len(ordered) + 1, dtype=np.int64)
    np.cumsum([len(key) // 8 for key in ordered], out=indptr[1:])
    pairs = np.frombuffer(b"".join(ordered), dtype=">u4").reshape(-1, 2).astype(np.int32)
    return VotePatterns(
        indptr,
        np.ascontiguousarray(pairs[:, 0]),
        np.ascontiguousarray(pairs[:, 1]),
        np.asarray(counts, dtype=np.int64)[order],
        place[index] if len(index) else index,
    )
