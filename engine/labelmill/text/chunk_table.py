"""Texts cut at white space, with each distinct chunk kept once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.texts import string_bytes

Bytes = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SPACE = 0x20
# White space of `str.split` in UTF-8, beside the bytes 9 to 13 and 28 to 32.
_WIDE = tuple(
    chr(code).encode()
    for code in (0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
)


@dataclass(frozen=True, slots=True)
class ChunkTable:
    r"""The chunks between white space of a batch of texts, in order, as `str.split` cuts them.

    Offsets are in characters. A chunk that comes again has the same `code`.

    Example:
        >>> table = ChunkTable.of(pa.array(["to be or\tnot  to be", ""]))
        >>> table.distinct.to_pylist()
        ['to', 'be', 'or', 'not']
        >>> table.code.tolist(), table.start.tolist(), table.bounds.tolist()
        ([0, 1, 2, 3, 0, 1], [0, 3, 6, 9, 14, 17], [0, 6, 6])
        >>> table.spaced.tolist()
        [True, True, False, False, True, False]
    """

    text: Int32  # [n_chunks] text of each chunk, ascending
    start: Int32  # [n_chunks] where each chunk begins in its text
    code: Int32  # [n_chunks] index into `distinct`
    distinct: pa.Array  # [n_distinct] strings without white space
    size: Int32  # [n_distinct] characters in each distinct chunk
    bounds: Int64  # [n_texts + 1] first chunk of each text
    spaced: Bools  # [n_chunks] whether one space and nothing else leads to the next of the text

    @classmethod
    def of(cls, texts: pa.Array) -> "ChunkTable":
        """Cut an Arrow array of strings; a null is read as an empty text."""
        data, offsets = _bytes_of(texts)
        space = _white_space(data)
        begin, end = _chunks(space, offsets)
        bounds = np.searchsorted(begin, offsets)
        counts = np.diff(bounds)
        text = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        code, distinct = _distinct(data, begin)
        return cls(
            text=text,
            start=_characters(data, offsets[:-1], counts, begin),
            code=code,
            distinct=distinct,
            size=_sizes(distinct),
            bounds=bounds,
            spaced=_spaced(data, text, begin, end),
        )

    def __len__(self) -> int:
        return len(self.code)


def _bytes_of(texts: pa.Array) -> tuple[Bytes, Int64]:
    """The bytes of all texts in one array, and where each begins in it, [n_texts + 1]."""
    if texts.type not in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary()):
        texts = texts.cast(pa.large_string())
    if texts.null_count:
        texts = texts.fill_null("")
    return string_bytes(texts)


def _white_space(data: Bytes) -> Bools:
    """Whether each byte belongs to white space, for `str.split`."""
    space: Bools = data == _SPACE
    low = np.flatnonzero(data < _SPACE)
    if len(low):
        codes = data[low]
        space[low] = ((codes >= 0x09) & (codes <= 0x0D)) | (codes >= 0x1C)
    for lead in sorted({wide[0] for wide in _WIDE}):
        at = np.flatnonzero(data == lead)
        for wide in _WIDE:
            if len(at) and wide[0] == lead:
                _mark(space, data, at, wide)
    return space


def _mark(space: Bools, data: Bytes, at: Int64, wide: bytes) -> None:
    """Mark the places of one wide character as white space; `at` is where its first byte is."""
    at = at[at + len(wide) <= len(data)]
    for step, byte in enumerate(wide):
        at = at[data[at + step] == byte]
    for step in range(len(wide)):
        space[at + step] = True


def _chunks(space: Bools, offsets: Int64) -> tuple[Int64, Int64]:
    """First byte of each chunk, and the byte after its last."""
    begins = ~space
    ends = begins.copy()
    cuts = offsets[(offsets > 0) & (offsets < len(space))]
    at_cuts = begins[cuts].copy(), ends[cuts - 1].copy()
    begins[1:] &= space[:-1]
    ends[:-1] &= space[1:]
    begins[cuts], ends[cuts - 1] = at_cuts
    return np.flatnonzero(begins), np.flatnonzero(ends) + 1


def _distinct(data: Bytes, begin: Int64) -> tuple[Int32, pa.Array]:
    """Which distinct chunk each one is, and all distinct chunks.

    Arrow encodes slices that touch each other, so each chunk is taken with the white space after
    it; those few slices that differ in white space alone are then made one.
    """
    if not len(begin):
        return np.zeros(0, dtype=np.int32), pa.array([], pa.string())
    slices = _binary(data, np.append(begin, len(data))).dictionary_encode()
    stretched, places = _bytes_of(slices.dictionary)
    word = ~_white_space(stretched)
    ends = np.concatenate([[0], np.cumsum(np.add.reduceat(word, places[:-1], dtype=np.int64))])
    merged = _binary(stretched[word], ends).dictionary_encode()
    code = _numbers(merged.indices)[_numbers(slices.indices)]
    return code, merged.dictionary.cast(pa.string())


def _binary(data: Bytes, offsets: Int64) -> pa.Array:
    """Slices of bytes as an Arrow array, without a copy of the bytes."""
    kind, width = (pa.binary(), np.int32) if len(data) < 2**31 else (pa.large_binary(), np.int64)
    places = pa.py_buffer(offsets.astype(width))
    return pa.Array.from_buffers(kind, len(offsets) - 1, [None, places, pa.py_buffer(data)])


def _numbers(indices: pa.Array) -> Int32:
    return indices.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _characters(data: Bytes, first: Int64, counts: Int64, begin: Int64) -> Int32:
    """Offsets in characters of chunks that begin at some bytes; `first` is where texts begin."""
    if data.size and data.max() >= 0x80:
        leads = np.zeros(len(data) + 1, dtype=np.int64)
        np.cumsum((data & 0xC0) != 0x80, out=leads[1:])
        first, begin = leads[first], leads[begin]
    return (begin - np.repeat(first, counts)).astype(np.int32)


def _sizes(distinct: pa.Array) -> Int32:
    """Characters in each string."""
    return pc.utf8_length(distinct).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _spaced(data: Bytes, text: Int32, begin: Int64, end: Int64) -> Bools:
    spaced = np.zeros(len(begin), dtype=np.bool_)
    near = (begin[1:] - end[:-1] == 1) & (text[1:] == text[:-1])
    near[near] = data[end[:-1][near]] == _SPACE
    spaced[:-1] = near
    return spaced
