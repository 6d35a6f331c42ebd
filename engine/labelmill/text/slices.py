"""Runs of different lengths in one array, found, taken and compared without a loop."""

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def ranges(start: Int64, size: Int64) -> Int64:
    """The numbers of some ranges, one range after the other.

    Example:
        >>> ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist()
        [5, 6, 9, 10, 11]
    """
    ends = np.cumsum(size)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(start - ends + size, size)


def gathered(values: npt.NDArray[np.uint8], start: Int64, size: Int64) -> npt.NDArray[np.uint8]:
    """The runs of an array that begin at `start`, one after the other."""
    return values[ranges(start, size)]


def all_of(flags: Bools, size: Int64) -> Bools:
    """Whether every flag of each run is set; `flags` holds one run after the other.

    Example:
        >>> all_of(np.array([True, False, True]), np.array([2, 0, 1])).tolist()
        [False, True, True]
    """
    wrong = np.zeros(len(flags) + 1, dtype=np.int64)
    np.cumsum(~flags, out=wrong[1:])
    ends = np.cumsum(size)
    result: Bools = wrong[ends] == wrong[ends - size]
    return result
