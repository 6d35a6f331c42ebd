"""The texts of a shard as one buffer, with a separator between two texts."""

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
class Section:
    """Some texts in a row: their bytes, where those begin, the first text, and how many."""

    data: bytes | Codes
    start: int
    text: int
    n_texts: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts as bytes; `ends` [n_texts] are the places of the separators after them.

    Before the first text and after the last one there is none. `data` has the separators in it,
    or, where `texts` is given, not yet: then some texts are joined when they are asked for, so
    that large buffers need not be made.
    """

    data: Codes
    ends: Int64
    texts: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.ends)

    def between(self, first: int, last: int) -> Codes:
        """Some texts, the last one included, with separators between them only."""
        start = int(self.ends[first - 1]) + 1 if first else 0
        end = int(self.ends[last])
        if self.texts is None:
            return self.data[start:end]
        if first == last:
            return self.data[start - first : end - first]
        some = self.texts.slice(first, last - first + 1)
        separated = pc.binary_replace_slice(some, BEYOND, BEYOND, SEPARATOR_BYTE)
        return np.frombuffer(separated.buffers()[2], dtype=np.uint8, count=end - start)

    def part(self, text: int) -> bytes:
        """One text between separators."""
        return SEPARATOR_BYTE + self.between(text, text).tobytes() + SEPARATOR_BYTE

    def sections(self, size: int) -> Iterator[Section]:
        """All texts in sections of about a size; only one that has a single text is larger.

        A section has a separator before and after each of its texts: those of the texts beside
        it. The first and the last text have none on one side and are sections by themselves.
        """
        last = len(self) - 1
        if last >= 0:
            yield Section(self.part(0), -1, 0, 1)
        text = 1
        while text < last:
            start = int(self.ends[text - 1])
            until = int(np.searchsorted(self.ends, start + size, side="right")) - 1
            until = min(max(until, text), last - 1)
            before = start - (int(self.ends[text - 2]) + 1 if text > 1 else 0)
            data = self.between(text - 1, until + 1)[before:]
            yield Section(data[: int(self.ends[until]) + 1 - start], start, text, until - text + 1)
            text = until + 1
        if last > 0:
            yield Section(self.part(last), int(self.ends[last - 1]), last, 1)


def joined(texts: pa.Array) -> Joined:
    r"""Join the bytes of texts (a string array without nulls).

    Example:
        >>> found = joined(pa.array(["ab", "", "c"]))
        >>> bytes(found.between(0, 2)), found.ends.tolist()
        (b'ab\xff\xffc', [2, 3, 5])
    """
    data, offsets = string_bytes(texts)
    return Joined(data, offsets[1:] + np.arange(len(texts)), texts.view(pa.binary()))


def squeezed(texts: pa.Array, table: Codes) -> Joined:
    r"""Join texts with one byte for each character, given the byte of each code point.

    Example:
        >>> table = np.full(0x110000, 0x80, dtype=np.uint8)
        >>> table[:0x80] = np.arange(0x80)
        >>> bytes(squeezed(pa.array(["aß", "\u4e2d"]), table).data)
        b'a\x80\xff\x80'
    """
    whole = joined(texts).between(0, len(texts) - 1)
    signed = whole.view(np.int8)
    leads = np.flatnonzero((signed < -1) & (signed >= -0x40))
    data = whole.copy()
    data[leads] = table[_code_points(whole, leads)]
    data = data[signed >= -0x40]
    lengths = np.asarray(pc.utf8_length(texts), dtype=np.int64)
    return Joined(data, np.cumsum(lengths + 1) - 1)


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
