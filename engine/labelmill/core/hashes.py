"""Hashes of whole columns: keys that tell rows apart, and random fractions drawn from them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from labelmill.core.seeds import keyed_hash

UInt64 = npt.NDArray[np.uint64]

_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def wide_keys(column: pa.Array) -> UInt64:
    """A 128-bit key of each string, [n_rows, 2]: XXH3 of its UTF-8 bytes; null is the empty string.

    Example:
        >>> keys = wide_keys(pa.array(["a", "b", "a"]))
        >>> bool((keys[0] == keys[2]).all()), bool((keys[0] == keys[1]).any())
        (True, False)
    """
    column = (pc.fill_null(column, "") if column.null_count else column).cast(pa.binary())
    digests = b"".join(map(xxhash.xxh3_128_digest, column.to_pylist()))
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def keys_of(column: pa.Array) -> UInt64:
    """A 64-bit key of each id, a string or an integer, [n_rows].

    A null is taken for an empty or zero one. The key does not depend on where a row stands,
    nor on the width of an integer.

    Example:
        >>> keys_of(pa.array([7, 8], pa.int32())).tolist() == keys_of(pa.array([7, 8])).tolist()
        True
    """
    if not pa.types.is_integer(column.type):
        return np.ascontiguousarray(wide_keys(column.cast(pa.string()))[:, 0])
    values = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    wide = np.uint64 if values.dtype == np.uint64 else np.int64
    return mixed(np.ascontiguousarray(values.astype(wide)).view(np.uint64))


def mixed(keys: UInt64, *parts: object) -> UInt64:
    """Keys that look drawn anew for each combination of parts, for example (seed, step).

    The finaliser of SplitMix64 (Steele, Lea and Flood, 2014), which maps 64 bits one to one.
    """
    salt = np.uint64(keyed_hash(*parts)) if parts else np.uint64(0)
    z = (keys ^ salt) + _INCREMENT
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def fractions(keys: UInt64, *parts: object) -> npt.NDArray[np.float64]:
    """A number in [0, 1) from each key and some parts.

    Example:
        >>> keys = keys_of(pa.array(["x", "y", "x"]))
        >>> x, y, again = fractions(keys, 0, "split").tolist()
        >>> x == again, x != y, 0 <= x < 1
        (True, True, True)
    """
    return (mixed(keys, *parts) >> np.uint64(11)).astype(np.float64) / (1 << 53)
