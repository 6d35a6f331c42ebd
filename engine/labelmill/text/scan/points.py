"""Sets of code points, as the bounds of their runs."""

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Bounds = npt.NDArray[np.int64]

LIMIT = 0x110000
"""One more than the last code point."""

ASCII_LIMIT = 0x80


class Points:
    r"""A set of code points; `bounds` [2 n_runs] holds start and end of each run, half-open.

    Example:
        >>> digits = Points.of([(48, 58)])
        >>> 53 in digits, 53 in ~digits, (digits & Points.of([(50, 70)])).bounds.tolist()
        (True, False, [50, 58])
    """

    __slots__ = ("_key", "bounds")

    def __init__(self, bounds: Bounds) -> None:
        """Take bounds in order, of runs that do not touch."""
        self.bounds = bounds
        self._key = bounds.tobytes()

    @classmethod
    def of(cls, runs: Iterable[tuple[int, int]]) -> "Points":
        """The union of some runs, in any order."""
        ends = np.array([run for run in runs if run[0] < run[1]], dtype=np.int64).reshape(-1, 2)
        return _covered(ends[:, 0], ends[:, 1], 1)

    @classmethod
    def only(cls, *points: int) -> "Points":
        """Some single code points."""
        return cls.of((point, point + 1) for point in points)

    def __or__(self, other: "Points") -> "Points":
        starts = np.concatenate([self.bounds[0::2], other.bounds[0::2]])
        return _covered(starts, np.concatenate([self.bounds[1::2], other.bounds[1::2]]), 1)

    def __and__(self, other: "Points") -> "Points":
        starts = np.concatenate([self.bounds[0::2], other.bounds[0::2]])
        return _covered(starts, np.concatenate([self.bounds[1::2], other.bounds[1::2]]), 2)

    def __invert__(self) -> "Points":
        bounds = self.bounds
        bounds = bounds[1:] if len(bounds) and bounds[0] == 0 else np.insert(bounds, 0, 0)
        last = len(bounds) and bounds[-1] == LIMIT
        return Points(bounds[:-1] if last else np.append(bounds, LIMIT))

    def __contains__(self, point: int) -> bool:
        return bool(np.searchsorted(self.bounds, point, side="right") % 2)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Points) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Points({self.bounds.tolist()})"

    def holds(self, points: Bounds) -> npt.NDArray[np.bool_]:
        """For each of some code points whether it is in the set."""
        inside: npt.NDArray[np.bool_] = np.searchsorted(self.bounds, points, side="right") % 2 == 1
        return inside


def _covered(starts: Bounds, ends: Bounds, times: int) -> Points:
    """The code points that lie in at least so many of some runs."""
    places = np.concatenate([starts, ends])
    steps = np.concatenate([np.ones_like(starts), -np.ones_like(ends)])
    order = np.lexsort((-steps, places))
    inside = np.cumsum(steps[order]) >= times
    turns = np.flatnonzero(np.diff(inside, prepend=False))
    return Points(places[order][turns])


EVERY = Points.of([(0, LIMIT)])
NONE = Points.of([])
NEWLINE = Points.only(10)


@lru_cache(maxsize=16)
def category(pattern: str, *, only_ascii: bool) -> Points:
    r"""The code points that a category such as `\w` or `\s` matches."""
    runs = re.compile(f"({pattern}+)|{pattern.swapcase()}+", re.ASCII if only_ascii else 0)
    return Points.of(run.span() for run in runs.finditer(every_character()) if run[1])


@lru_cache(maxsize=1)
def every_character() -> str:
    """All code points in order, surrogates among them, so that the place is the code point."""
    return np.arange(LIMIT, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")


@lru_cache(maxsize=1)
def cased() -> tuple[str, Points]:
    """The characters for which case plays a part, in order, and the same as a set.

    More than these does no harm. A block that no change of case touches has none.
    """
    text = every_character()
    found: set[str] = set()
    for start in range(0, LIMIT, 512):
        block = text[start : start + 512]
        if block.isascii() or block.lower() != block or block.upper() != block:
            found.update(char for char in block if char.lower() != char or char.upper() != char)
    found.update(char for other in tuple(found) for char in other.lower() + other.upper())
    chars = "".join(sorted(found))
    return chars, Points.only(*map(ord, chars))
