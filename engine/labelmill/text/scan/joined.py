"""Texts as one buffer, with separators around each of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.texts import string_bytes
from labelmill.text.scan.alphabet import SEPARATOR, Codes

Int64 = npt.NDArray[np.int64]

SEPARATOR_BYTE = bytes([SEPARATOR])

BEYOND = 2**31 - 1
"""A place after the end of every text; put there, a separator follows the text. Quicker than to
join texts by it."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts as bytes: a separator, and then each text with a separator after it.

    `ends` [n_texts] are the places of the separators after the texts.
    """

    data: Codes
    ends: Int64

    def __len__(self) -> int:
        return len(self.ends)

    def part(self, text: int) -> Codes:
        """One text between separators."""
        start = int(self.ends[text - 1]) if text else 0
        return self.data[start : int(self.ends[text]) + 1]


def sections(texts: pa.Array, size: int) -> Iterator[tuple[int, pa.Array]]:
    """Strings in parts of a size in bytes, each with the number of its first text.

    Only a part that has a single text is larger.

    Example:
        >>> [(first, part.to_pylist()) for first, part in sections(pa.array(["ab", "", "abc"]), 2)]
        [(0, ['ab', '']), (2, ['abc'])]
    """
    begins = string_bytes(texts)[1]
    first = 0
    if len(texts) and begins[-1] <= size:
        yield 0, texts
        return
    while first < len(texts):
        last = int(np.searchsorted(begins, begins[first] + size, side="right")) - 1
        last = max(last, first + 1)
        yield first, texts.slice(first, last - first)
        first = last


def joined(texts: pa.Array) -> Joined:
    r"""Join the bytes of texts (an array of strings without nulls).

    Example:
        >>> found = joined(pa.array(["ab", "", "c"]))
        >>> bytes(found.data), found.ends.tolist()
        (b'\xffab\xff\xffc\xff', [3, 4, 6])
    """
    data, begins = string_bytes(texts)
    # An empty text before the first gives the separator that stands before it.
    offsets = np.concatenate([begins[:1], begins], dtype=np.int32, casting="unsafe")
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    some = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
    _, _, separated = pc.binary_replace_slice(some, BEYOND, BEYOND, SEPARATOR_BYTE).buffers()
    ends = begins[1:] + np.arange(1, len(begins))
    return Joined(np.frombuffer(separated, np.uint8, int(begins[-1]) + len(begins)), ends)


def squeezed(texts: pa.Array, table: Codes) -> Joined:
    r"""Join texts with one byte for each character, given the byte of each code point.

    Example:
        >>> table = np.full(0x110000, 0x80, dtype=np.uint8)
        >>> table[:0x80] = np.arange(0x80)
        >>> bytes(squeezed(pa.array(["aß", "\u4e2d"]), table).data)
        b'\xffa\x80\xff\x80\xff'
    """
    whole = joined(texts).data
    signed = whole.view(np.int8)
    leads = np.flatnonzero((signed < -1) & (signed >= -0x40))
    data = whole.copy()
    data[leads] = table[_code_points(whole, leads)]
    data = data[signed >= -0x40]
    lengths = np.asarray(pc.utf8_length(texts), dtype=np.int64)
    return Joined(data, np.cumsum(lengths + 1))


def _code_points(data: Codes, leads: Int64) -> Int64:
    """The code points whose first bytes stand at some places; all have two bytes or more."""
    first = data[leads].astype(np.int64)
    points: Int64 = (first & 0x1F) << 6 | _tail(data, leads, 1)
    for n_bytes, least, bits in ((3, 0xE0, 0x0F), (4, 0xF0, 0x07)):
        long = np.flatnonzero(first >= least)
        at = leads[long]
        value = first[long] & bits
        for step in range(1, n_bytes):
            value = value << 6 | _tail(data, at, step)
        points[long] = value
    return points


def _tail(data: Codes, places: Int64, step: int) -> Int64:
    tail: Int64 = data[places + step].astype(np.int64) & 0x3F
    return tail
