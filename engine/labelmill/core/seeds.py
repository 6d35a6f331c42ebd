"""Random choices that depend on (seed, step, row id) and on nothing else."""

from hashlib import blake2b

import numpy as np


def keyed_hash(*parts: object) -> int:
    """A 64-bit number from some parts, the same on every machine and in every process.

    Parts are told apart by type and length, so ("a", "bc") and ("ab", "c") differ, and so do 1
    and "1".

    Example:
        >>> keyed_hash(0, "split", "row-1") == keyed_hash(0, "split", "row-1")
        True
        >>> keyed_hash("a", "bc") == keyed_hash("ab", "c")
        False
    """
    digest = blake2b(digest_size=8)
    for part in parts:
        data = f"{type(part).__name__}:{part}".encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return int.from_bytes(digest.digest(), "little")


def keyed_fraction(*parts: object) -> float:
    """A number in [0, 1) from some parts."""
    return (keyed_hash(*parts) >> 11) / (1 << 53)


def keyed_rng(*parts: object) -> np.random.Generator:
    """A random generator from some parts, for example (seed, step name, row id)."""
    return np.random.Generator(np.random.PCG64(keyed_hash(*parts)))
