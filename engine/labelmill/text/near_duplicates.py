"""Near-duplicate texts: banded MinHash signatures (Broder 1997; Leskovec et al., MMDS ch. 3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xxhash

if TYPE_CHECKING:
    from datasketch import MinHash

BANDS = 16
ROWS = 8
"""Texts that share a share s of their shingles meet in some band with 1 - (1 - s**8)**16: about
one in 20 at s = 0.5, half at 0.66, and 95 of 100 at 0.82."""

SHINGLE_WORDS = 3


def band_keys(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A key for each band of each text, [n_texts, BANDS]; near duplicates share one or more.

    Example:
        >>> a = "please check out my new channel and subscribe today for free gifts " * 2
        >>> same = band_keys([a, a + "now", "what a lovely song this is, thank you"])
        >>> bool((same[0] == same[1]).any()), bool((same[0] == same[2]).any())
        (True, False)
    """
    from datasketch import MinHash  # noqa: PLC0415 (heavy)

    keys = np.zeros((len(texts), BANDS), dtype=np.uint64)
    empty = MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=xxhash.xxh32_intdigest)
    for row, text in enumerate(texts):
        keys[row] = _bands(_signature(empty, text))
    return keys


def _signature(empty: "MinHash", text: str) -> npt.NDArray[np.uint64]:
    words = text.lower().split()
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    shingles = {" ".join(words[i : i + SHINGLE_WORDS]).encode() for i in range(last)}
    sketch = empty.copy()
    sketch.update_batch(sorted(shingles))
    return np.asarray(sketch.hashvalues, dtype=np.uint64)


def _bands(signature: npt.NDArray[np.uint64]) -> list[int]:
    rows = signature.reshape(BANDS, ROWS)
    return [xxhash.xxh3_64_intdigest(row.tobytes(), seed=i) for i, row in enumerate(rows)]
