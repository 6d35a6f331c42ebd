"""Near-duplicate texts: banded MinHash signatures (Broder 1997; Leskovec et al., MMDS ch. 3).

A text is read as the set of its runs of three words (shingles), in lower case. A signature holds,
for each of 128 orders of all shingles, which of the text's comes first; two texts agree in a share
of their signatures that is about the share of shingles that they have in common. Sixteen bands of
eight of them become keys: texts that agree on a whole band share its key.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from labelmill.core.hashes import mixed, wide_keys
from labelmill.text.chunk_table import ChunkTable
from labelmill.text.slices import ranges

BANDS = 16
ROWS = 8
"""Texts that share a share s of their shingles meet in some band with 1 - (1 - s**8)**16: about
one in 20 at s = 0.5, half at 0.66, and 95 of 100 at 0.82."""

SHINGLE_WORDS = 3

UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]
Int64 = npt.NDArray[np.int64]

_PLACES: UInt64 = mixed(np.arange(SHINGLE_WORDS, dtype=np.uint64)) | np.uint64(1)
"""Factors for the first, second and third word of a shingle; odd, so that no bit is lost."""
_FACTORS: UInt32 = mixed(np.arange(1000, 1000 + BANDS * ROWS, dtype=np.uint64)).astype(
    np.uint32
) | np.uint32(1)
_SHIFTS: UInt32 = mixed(np.arange(2000, 2000 + BANDS * ROWS, dtype=np.uint64)).astype(np.uint32)
"""Each pair orders the shingles: x -> factor * x + shift in 32 bits is one to one."""
_BLOCK = 1 << 15  # shingles that are ordered together; they fit the second cache
_SPREAD = 1.25  # by so much the longest text of a block may exceed the shortest


def band_keys(texts: pa.Array) -> UInt64:
    """A key for each band of each text, [n_texts, BANDS]; near duplicates share one or more.

    A text of one or two words is one shingle, and so is an empty one.

    Example:
        >>> a = "please check out my new channel and subscribe today for free gifts " * 2
        >>> same = band_keys(pa.array([a, a + "now", "what a lovely song this is, thank you"]))
        >>> bool((same[0] == same[1]).any()), bool((same[0] == same[2]).any())
        (True, False)
    """
    table = ChunkTable.of(texts)
    lower = pa.array([word.lower() for word in table.distinct.to_pylist()], pa.string())
    words = np.ascontiguousarray(wide_keys(lower)[:, 0])[table.code]
    return _keys(_signatures(*_shingles(words, table.bounds)))


def plain_band_keys(text: str) -> list[int]:
    """The keys of one text by the definition, shingle by shingle: what `band_keys` must give.

    Example:
        >>> plain_band_keys("Nice song") == band_keys(pa.array(["nice  song"]))[0].tolist()
        True
    """
    words = [xxhash.xxh3_128_intdigest(word.lower().encode()) >> 64 for word in text.split()]
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    shingles = {
        _mixed(sum(w * int(p) for w, p in zip(words[i:], _PLACES, strict=False))) >> 32
        for i in starts
    }
    orders = zip(_FACTORS.tolist(), _SHIFTS.tolist(), strict=True)
    signature = [min((f * x + s) % 2**32 for x in shingles) for f, s in orders]
    keys = []
    for band in range(0, BANDS * ROWS, ROWS):
        key = 0
        for i in range(band, band + ROWS, 2):
            key = _mixed(key ^ (signature[i] | signature[i + 1] << 32))
        keys.append(key)
    return keys


def _mixed(value: int) -> int:
    return int(mixed(np.array([value % 2**64], dtype=np.uint64))[0])


def _shingles(words: UInt64, bounds: Int64) -> tuple[UInt32, Int64, Int64]:
    """The shingles of all texts, and where those of each begin, and how many there are."""
    lengths = np.diff(bounds)
    counts = np.maximum(1, lengths - SHINGLE_WORDS + 1)
    first = np.cumsum(counts) - counts
    place = ranges(bounds[:-1], counts)
    padded = np.append(words, np.zeros(SHINGLE_WORDS, dtype=np.uint64))
    total = np.zeros(len(place), dtype=np.uint64)
    for step, factor in enumerate(_PLACES):
        part = padded[place + step] * factor
        part[first[lengths <= step]] = 0  # a text without so many words
        total += part
    return (mixed(total) >> np.uint64(32)).astype(np.uint32), first, counts


def _signatures(shingles: UInt32, first: Int64, counts: Int64) -> UInt32:
    """The least value of each text's shingles in every order, [n_texts, BANDS * ROWS].

    Texts of about one length are worked on side by side; a shorter one repeats its last shingle,
    which changes no minimum.
    """
    signatures = np.zeros((BANDS * ROWS, len(counts)), dtype=np.uint32)
    order = np.argsort(counts, kind="stable")
    sizes = counts[order]
    start = 0
    while start < len(order):
        stop = int(np.searchsorted(sizes, sizes[start] * _SPREAD, "right"))
        stop = min(stop, start + max(1, _BLOCK // int(sizes[start])))
        texts = order[start:stop]
        steps = np.minimum(np.arange(sizes[stop - 1])[:, None], counts[texts] - 1)
        block = shingles[first[texts] + steps]
        moved = np.empty_like(block)
        for row, factor, shift in zip(signatures, _FACTORS, _SHIFTS, strict=True):
            np.multiply(block, factor, out=moved)
            np.add(moved, shift, out=moved)
            row[texts] = moved.min(axis=0)
        start = stop
    return np.ascontiguousarray(signatures.T)


def _keys(signatures: UInt32) -> UInt64:
    """One key for each band of eight, [n_texts, BANDS]."""
    halves = signatures.astype("<u4").view("<u8").reshape(-1, BANDS, ROWS // 2)
    keys = np.zeros(halves.shape[:2], dtype=np.uint64)
    for step in range(ROWS // 2):
        keys = mixed(keys ^ halves[:, :, step])
    return keys
