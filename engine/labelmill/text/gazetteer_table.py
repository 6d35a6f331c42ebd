"""The terms of a gazetteer as arrays, looked up many at a time; they may lie in a mapped file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.text.entries import Entries, Entry, GazetteerReport, Strings
from labelmill.text.rolling import Bytes, Hashes, Rolling

Int32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

LAYOUT = 1
"""Goes up when tables are made or laid out in another way, so that old files are not read."""

_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_BITS_A_PREFIX = 12
_KEYS_AT_ONCE = 1 << 16
_WORD_BITS = 6
_DUPLICATE, _USED, _LEFT, _SHORT, _STOPPED = range(5)


@dataclass(frozen=True, slots=True)
class GazetteerTable:
    """Keys in order, their hashes, and a filter that knows all that a key begins with.

    The filter is a Bloom filter in which the bits of one prefix lie in one word. It may say of a
    piece that it begins a key where it does not, and never the other way round.

    Attributes:
        keys: sorted.
        order: the entry of each key, [n_keys].
        entries: in the order of the file, without those left out.
        left_out: entries that are not used, and those that are used in their place.
        reasons: what is said of each of `left_out`.
        mixed: the mixed hashes of the keys, sorted, [n_keys].
        place: the key of each of `mixed`, [n_keys].
        buckets: where in `mixed` the hashes with each beginning stand, [2**b + 1].
        words: the filter, [2**w].
    """

    keys: Strings
    order: Int32
    entries: Entries
    left_out: Entries
    reasons: Int32
    mixed: Hashes
    place: Int32
    buckets: Int32
    words: Hashes

    @classmethod
    def of(
        cls,
        keys: Sequence[str],
        order: Int32,
        entries: Sequence[Entry],
        report: GazetteerReport,
    ) -> "GazetteerTable":
        """Compile sorted keys, the entry of each, and what became of the others."""
        strings = Strings.of(keys)
        words = np.zeros(1 << _word_bits(strings), dtype=np.uint64)
        hashes = [np.zeros(0, dtype=np.uint64)]
        for prefixes, whole in _prefix_hashes(strings):
            word, bits = _filter_place(_mixed(prefixes), len(words))
            np.bitwise_or.at(words, word, bits)
            hashes.append(whole)
        mixed = _mixed(np.concatenate(hashes))
        place = np.argsort(mixed).astype(np.int32)
        left_out, reasons = _left_out(report)
        return cls(
            strings,
            order,
            Entries.of(entries),
            Entries.of(left_out),
            np.array(reasons, dtype=np.int32),
            mixed[place],
            place,
            _buckets(mixed),
            words,
        )

    def __len__(self) -> int:
        return len(self.order)

    @property
    def is_sure(self) -> bool:
        """Whether no two keys have one hash."""
        return not bool((self.mixed[1:] == self.mixed[:-1]).any())

    @property
    def report(self) -> GazetteerReport:
        """What became of the entries of the file."""
        told: dict[int, list[Entry]] = {}
        for reason, entry in zip(self.reasons.tolist(), self.left_out, strict=True):
            told.setdefault(reason, []).append(entry)
        conflicts = zip(told.get(_USED, ()), told.get(_LEFT, ()), strict=True)
        short, stopped = told.get(_SHORT, ()), told.get(_STOPPED, ())
        same = told.get(_DUPLICATE, ())
        return GazetteerReport(
            len(self), tuple(same), tuple(conflicts), tuple(short), tuple(stopped)
        )

    def begins(self, hashes: Hashes) -> Bools:
        """Whether a key may begin with each piece; False is sure."""
        word, bits = _filter_place(_mixed(hashes), len(self.words))
        result: Bools = (self.words[word] & bits) == bits
        return result

    def find(self, hashes: Hashes) -> Int32:
        """The key that has each hash, or -1."""
        mixed = _mixed(hashes)
        found = np.full(len(mixed), -1, dtype=np.int32)
        bucket = _bucket(mixed, len(self.buckets) - 1)
        at, stop = self.buckets[bucket], self.buckets[bucket + 1]
        asked = np.flatnonzero(at < stop)
        while len(asked):
            same = self.mixed[at[asked]] == mixed[asked]
            hit = asked[same]
            found[hit] = self.place[at[hit]]
            asked = asked[~same]
            at[asked] += 1
            asked = asked[at[asked] < stop[asked]]
        return found

    def columns(self) -> dict[str, pa.Array]:
        """Everything as Arrow arrays."""
        whole = {
            "keys": self.keys.array,
            "order": pa.array(self.order),
            "mixed": pa.array(self.mixed),
            "place": pa.array(self.place),
            "buckets": pa.array(self.buckets),
            "words": pa.array(self.words),
            "reasons": pa.array(self.reasons),
        }
        return {**whole, **_columns("entries", self.entries), **_columns("left_out", self.left_out)}

    @classmethod
    def of_columns(cls, columns: Mapping[str, pa.Array]) -> "GazetteerTable":
        """The table that gave these columns, without a copy."""
        names = ("reasons", "mixed", "place", "buckets", "words")
        return cls(
            Strings(columns["keys"]),
            columns["order"].to_numpy(),
            _entries("entries", columns),
            _entries("left_out", columns),
            *(columns[name].to_numpy() for name in names),
        )


def key_bytes(keys: Strings) -> tuple[Int32, Bytes]:
    """Where each key begins in a buffer, [n_keys + 1], and the buffer."""
    array = keys.array
    _, offsets, data = array.buffers()
    n, low = len(array), array.offset
    if data is None or offsets is None:
        return np.zeros(n + 1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    begins = np.frombuffer(offsets, dtype=np.int32, count=n + 1, offset=4 * low)
    return begins, np.frombuffer(data, dtype=np.uint8)


def _mixed(hashes: Hashes) -> Hashes:
    """Hashes one to one as others, of which every bit depends on all bits."""
    mixed: Hashes = (hashes ^ (hashes >> _HALF)) * _MIX
    return mixed


def _filter_place(mixed: Hashes, n_words: int) -> tuple[npt.NDArray[np.int64], Hashes]:
    """The word of the filter for each hash, and its bits there."""
    one, six, mask = np.uint64(1), np.uint64(_WORD_BITS), np.uint64((1 << _WORD_BITS) - 1)
    low = mixed ^ (mixed >> _HALF)
    bits = one << (low & mask)
    bits |= one << ((low >> six) & mask)
    bits |= one << ((low >> (six + six)) & mask)
    return _bucket(mixed, n_words), bits


def _bucket(mixed: Hashes, n_buckets: int) -> npt.NDArray[np.int64]:
    """The first bits of each hash; the number of buckets is a power of two, at least two."""
    shift = np.uint64(65 - n_buckets.bit_length())
    return (mixed >> shift).astype(np.int64)


def _buckets(mixed: Hashes) -> Int32:
    n_buckets = 1 << max(1, len(mixed).bit_length())
    edges = np.zeros(n_buckets + 1, dtype=np.int32)
    np.cumsum(np.bincount(_bucket(mixed, n_buckets), minlength=n_buckets), out=edges[1:])
    return edges


def _word_bits(keys: Strings) -> int:
    offsets, _ = key_bytes(keys)
    n_words = (int(offsets[-1] - offsets[0]) * _BITS_A_PREFIX) >> _WORD_BITS
    return max(1, n_words.bit_length())


def _prefix_hashes(keys: Strings) -> Iterator[tuple[Hashes, Hashes]]:
    """Hashes of all that some keys begin with, and of the keys; some keys at a time."""
    offsets, data = key_bytes(keys)
    for low in range(0, len(keys), _KEYS_AT_ONCE):
        begins = offsets[low : low + _KEYS_AT_ONCE + 1].astype(np.int64)
        part = data[begins[0] : begins[-1]]
        begins -= begins[0]
        rolling = Rolling.of(part)
        start = np.repeat(begins[:-1], np.diff(begins))
        inside = (part & 0xC0) == 0x80
        ends = np.flatnonzero(~np.append(inside[1:], False)) + 1
        yield rolling.pieces(start[ends - 1], ends), rolling.pieces(begins[:-1], begins[1:])


def _left_out(report: GazetteerReport) -> tuple[list[Entry], list[int]]:
    told = [(entry, _DUPLICATE) for entry in report.duplicates]
    for used, left in report.conflicts:
        told += [(used, _USED), (left, _LEFT)]
    told += [(entry, _SHORT) for entry in report.too_short]
    told += [(entry, _STOPPED) for entry in report.stopped]
    return [entry for entry, _ in told], [reason for _, reason in told]


def _columns(name: str, entries: Entries) -> dict[str, pa.Array]:
    return {
        f"{name}.term": entries.term.array,
        f"{name}.label": pa.array(entries.label),
        f"{name}.labels": pa.array(entries.labels, pa.string()),
        f"{name}.id": entries.id,
    }


def _entries(name: str, columns: Mapping[str, pa.Array]) -> Entries:
    return Entries(
        Strings(columns[f"{name}.term"]),
        columns[f"{name}.label"].to_numpy(),
        tuple(columns[f"{name}.labels"].to_pylist()),
        columns[f"{name}.id"],
    )
