"""Hashed n-grams of many texts at once: of words, and of characters within words."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.text.rolling import Rolling

Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BITS = 22
"""N-grams are told apart by so many bits of their hashes."""
SIZES = (3, 4, 5)
"""Characters in an n-gram."""
_SPACE = ord(" ")
_SALT = np.uint64(0xD6E8FEB86659FD93)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Letters:
    """The characters of some texts in a row: small letters, single spaces, one on either side.

    `code` are code points, `start` [n_texts + 1] says where each text begins.
    """

    code: npt.NDArray[np.uint32]
    start: Int64

    @classmethod
    def of(cls, texts: pa.Array) -> "Letters":
        """Read texts, of which none is null."""
        plain = pc.utf8_trim_whitespace(pc.utf8_lower(texts.cast(pa.string())))
        plain = pc.replace_substring_regex(plain, r"\s+", " ")
        padded = pc.binary_join_element_wise("", plain, "", " ")
        length = np.asarray(pc.utf8_length(padded), dtype=np.int64)
        code = np.frombuffer("".join(padded.to_pylist()).encode("utf-32-le"), dtype=np.uint32)
        return cls(code, np.append(0, np.cumsum(length)))

    @cached_property
    def text(self) -> Int64:
        """The text that each character belongs to, [n_characters]."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @cached_property
    def rolling(self) -> Rolling:
        """Hashes of pieces."""
        return Rolling.of(self.code)

    def words(self) -> tuple[Int64, Int64]:
        """Where runs of letters and digits start and end."""
        inside = np.concatenate([[False], _alphanumeric(self.code), [False]])
        edge = np.flatnonzero(inside[1:] != inside[:-1])
        return edge[::2], edge[1::2]


def word_grams(letters: Letters) -> tuple[Int64, Int64]:
    """Words and pairs of words that follow each other: the text and the column of each.

    Example:
        >>> row, column = word_grams(Letters.of(pa.array(["Nice song", "nice"])))
        >>> row.tolist(), bool(column[0] == column[2])
        ([0, 0, 1, 0], True)
    """
    start, end = letters.words()
    row = letters.text[start]
    key = letters.rolling.pieces(start, end)
    pairs = row[1:] == row[:-1]
    both = (key[:-1] * _GOLDEN) ^ key[1:]
    rows = np.concatenate([row, row[:-1][pairs]])
    return rows, np.concatenate([_columns(key, 1), _columns(both[pairs], 2)])


def character_grams(letters: Letters) -> Iterator[tuple[Int64, Int64]]:
    """Runs of characters that reach over no space, size by size: the text and column of each.

    A space at either end is part of a run, so that beginnings and ends of words differ from what
    stands inside.

    Example:
        >>> [len(row) for row, _ in character_grams(Letters.of(pa.array(["ab cd"])))]
        [4, 2, 0]
    """
    spaces = np.append(0, np.cumsum(letters.code == _SPACE))
    for size in SIZES:
        start = np.arange(max(0, len(letters.code) - size + 1))
        end = start + size
        whole = spaces[end - 1] == spaces[np.minimum(start + 1, end - 1)]
        start = start[whole & (letters.text[start] == letters.text[end - 1])]
        yield letters.text[start], _columns(letters.rolling.pieces(start, start + size), size + 10)


def _columns(keys: npt.NDArray[np.uint64], salt: int) -> Int64:
    mixed = (keys ^ (keys >> np.uint64(29)) ^ np.uint64(salt << 56)) * _SALT
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _GOLDEN
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)


def _alphanumeric(code: npt.NDArray[np.uint32]) -> Bools:
    """Which characters are letters or digits."""
    table = np.array([chr(i).isalnum() or chr(i) == "_" for i in range(128)])
    found: Bools = table[np.minimum(code, 127)]
    foreign = np.flatnonzero(code > 127)
    if len(foreign):
        kinds, which = np.unique(code[foreign], return_inverse=True)
        found[foreign] = np.array([chr(i).isalnum() for i in kinds.tolist()])[which]
    return found
