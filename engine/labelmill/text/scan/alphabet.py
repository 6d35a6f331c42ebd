"""An alphabet of bytes in which texts of every script are scanned, one byte for each character.

ASCII characters stand for themselves. All other characters that no pattern tells apart share one
byte: of a hundred thousand letters a pattern mostly knows only that they are letters. So one
automaton over bytes says exactly what `re` says over characters. Where patterns name more
characters than there are bytes, some share a byte, and a set that holds only a part of such a
byte is a superset.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelmill.text.scan.points import ASCII_LIMIT, LIMIT, Bounds, Points

Codes = npt.NDArray[np.uint8]

SEPARATOR = 0xFF
"""The byte between texts, which stands for no character."""

SEPARATOR_MASK = 1 << SEPARATOR
ASCII_MASK = (1 << ASCII_LIMIT) - 1
N_CODES = SEPARATOR - ASCII_LIMIT
BROAD = 64
"""A set with more characters than this is a kind of characters, not a name for some."""


class Alphabet:
    r"""Bytes for characters, so that some sets of characters are sets of bytes.

    Example:
        >>> from labelmill.text.scan.points import category
        >>> word = category(r"\w", only_ascii=False)
        >>> alphabet = Alphabet([word, Points.only(0xDF)])
        >>> mask, exact = alphabet.mask(word)
        >>> codes = [int(alphabet.table[ord(char)]) for char in "aß\u4e2d\u20ac"]
        >>> [bool(mask >> code & 1) for code in codes], exact
        ([True, True, True, False], True)
    """

    def __init__(self, sets: Iterable[Points]) -> None:
        """Find the characters that no set tells apart."""
        distinct = sorted(set(sets), key=lambda points: points.bounds.tobytes())
        bounds = np.concatenate([[ASCII_LIMIT, LIMIT], *(points.bounds for points in distinct)])
        bounds = np.unique(bounds[bounds >= ASCII_LIMIT])
        self._starts = np.concatenate([np.arange(ASCII_LIMIT), bounds[:-1]])
        self._sizes = np.diff(self._starts, append=LIMIT)
        self._codes = np.concatenate([np.arange(ASCII_LIMIT), self._coded(distinct, bounds[:-1])])
        self._masks: dict[Points, tuple[int, bool]] = {}

    def mask(self, points: Points) -> tuple[int, bool]:
        """The bytes of a set, and whether they stand for no other characters."""
        if points not in self._masks:
            held = points.holds(self._starts)
            some = np.bincount(self._codes[held], minlength=256) > 0
            others = np.bincount(self._codes[~held], minlength=256) > 0
            mask = int.from_bytes(np.packbits(some, bitorder="little").tobytes(), "little")
            self._masks[points] = mask, not np.any(some & others)
        return self._masks[points]

    @cached_property
    def table(self) -> Codes:
        """The byte of each code point, [n_code_points]."""
        table: Codes = np.repeat(self._codes.astype(np.uint8), self._sizes)
        return table

    def _coded(self, distinct: list[Points], starts: Bounds) -> Bounds:
        """A code for each run of characters outside ASCII that no set bounds inside."""
        held = _signatures(distinct, starts)
        kinds, kind_of = np.unique(held, axis=0, return_inverse=True)
        kind_of = kind_of.reshape(-1)
        ascii_kinds = _signatures(distinct, np.arange(ASCII_LIMIT))
        plain = {row.tobytes(): point for point, row in enumerate(ascii_kinds)}
        codes = np.array([plain.get(row.tobytes(), -1) for row in kinds], dtype=np.int64)
        own = np.flatnonzero(codes < 0)
        if len(own) <= N_CODES:
            codes[own] = ASCII_LIMIT + np.arange(len(own))
        else:
            first = np.unique(kind_of, return_index=True)[1]
            codes[own] = ASCII_LIMIT + _shared(_kinds_apart(distinct, starts[first[own]]))
        return codes[kind_of]


def _kinds_apart(distinct: list[Points], places: Bounds) -> list[tuple[bytes, bool]]:
    """For each place the broad sets that hold it, and whether a narrow one names it."""
    sizes = {points: _size(points) for points in distinct}
    base = _signatures([points for points in distinct if sizes[points] > BROAD], places)
    narrow = _signatures([points for points in distinct if sizes[points] <= BROAD], places)
    return [(row.tobytes(), bool(named.any())) for row, named in zip(base, narrow, strict=True)]


def _size(points: Points) -> int:
    return int(np.sum(points.bounds[1::2] - points.bounds[0::2]))


def _signatures(sets: Sequence[Points], places: Bounds) -> npt.NDArray[np.uint8]:
    """For each place which sets hold it, a bit each, [n_places, n_bytes]."""
    rows = [points.holds(places) for points in sets]
    matrix = np.stack(rows) if rows else np.zeros((1, len(places)), dtype=np.bool_)
    return np.packbits(matrix, axis=0).T.copy()


def _shared(kinds: list[tuple[bytes, bool]]) -> Bounds:
    """Codes for more kinds than there are codes: unnamed ones apart, named ones by turns."""
    unnamed = list(dict.fromkeys(base for base, named in kinds if not named))
    bases = list(dict.fromkeys(base for base, named in kinds if named))
    room = N_CODES - len(unnamed)
    if room < len(bases):
        return np.arange(len(kinds)) % N_CODES
    each = room // max(len(bases), 1)
    turns = dict.fromkeys(bases, 0)
    codes = []
    for base, named in kinds:
        if named:
            codes.append(len(unnamed) + bases.index(base) * each + turns[base] % each)
            turns[base] += 1
        else:
            codes.append(unnamed.index(base))
    return np.array(codes, dtype=np.int64)
