"""Hashes of pieces of bytes that can be put together: that of a whole from those of its parts.

The hash of a piece is a polynomial in its bytes (each plus one), modulo 2**64. It tells pieces
apart well, but not surely: whoever relies on it compares the bytes afterwards.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.unsignedinteger]
Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.integer]

_BASE = 0x9E3779B97F4A7C15
_BACK = pow(_BASE, -1, 1 << 64)
_LOW_BITS = 10
_LOW = (1 << _LOW_BITS) - 1


@dataclass(frozen=True, slots=True)
class Rolling:
    """Running sums over a buffer, of which the hash of every piece can be read off.

    Example:
        >>> rolling = Rolling.of(np.frombuffer(b"ab cab", np.uint8))
        >>> ab, c, cab = np.split(rolling.pieces(np.array([0, 3, 3]), np.array([2, 4, 6])), 3)
        >>> (joined(c, ab, power(np.array([2]))) == cab).tolist()
        [True]
    """

    sums: Hashes  # [n_bytes + 1]

    @classmethod
    def of(cls, data: Bytes) -> "Rolling":
        """Sum up a buffer."""
        sums = np.zeros(len(data) + 1, dtype=np.uint64)
        weighed = data.astype(np.uint64)
        weighed += np.uint64(1)
        weighed *= _run(len(data))
        np.cumsum(weighed, out=sums[1:])
        return cls(sums)

    def pieces(self, start: Places, end: Places) -> Hashes:
        """The hash of each piece of the buffer, [n_pieces]."""
        hashes: Hashes = power(end) * (self.sums[end] - self.sums[start])
        return hashes


def joined(left: Hashes, right: Hashes, right_power: Hashes) -> Hashes:
    """The hash of two pieces, one after the other; `right_power` is `power` of the right's size."""
    return left * right_power + right


def spaced(hashes: Hashes) -> Hashes:
    """The hash of each piece with a space after it."""
    return hashes * np.uint64(_BASE) + np.uint64(ord(" ") + 1)


def power(size: Places) -> Hashes:
    """What a hash is multiplied with to make room for `size` more bytes."""
    high = _powers(_BASE, int(size.max(initial=0)))
    low = _low_powers(_BASE)
    result: Hashes = high[size >> _LOW_BITS] * low[size & _LOW]
    return result


def _run(n: int) -> Hashes:
    """The inverse base to the powers of 1 to n."""
    high, low = _powers(_BACK, n), _low_powers(_BACK)
    run: Hashes = np.multiply.outer(high * np.uint64(_BACK), low).ravel()[:n]
    return run


@lru_cache(maxsize=2)
def _low_powers(base: int) -> Hashes:
    return _chain(base, _LOW + 1)


def _powers(base: int, most: int) -> Hashes:
    return _high_powers(base, max(10, (most >> _LOW_BITS).bit_length()))


@lru_cache(maxsize=8)
def _high_powers(base: int, bits: int) -> Hashes:
    return _chain(pow(base, 1 << _LOW_BITS, 1 << 64), (1 << bits) + 1)


def _chain(factor: int, n: int) -> Hashes:
    chain = np.full(n, factor, dtype=np.uint64)
    chain[0] = 1
    return np.cumprod(chain, dtype=np.uint64)
