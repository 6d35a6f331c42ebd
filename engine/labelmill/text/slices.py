"""Runs of different lengths in one array, found, taken and compared without a loop."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
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


def string_bytes(strings: pa.Array) -> tuple[Bytes, Int64]:
    """The bytes of all strings, and where each begins, [n_strings + 1]; there are no nulls."""
    _, places, data = strings.buffers()
    n, low = len(strings), strings.offset
    if data is None or places is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(n + 1, dtype=np.int64)
    wide = strings.type in (pa.large_string(), pa.large_binary())
    kind = np.dtype(np.int64 if wide else np.int32)
    offsets = np.frombuffer(places, kind, n + 1, kind.itemsize * low).astype(np.int64)
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]], offsets - offsets[0]


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
