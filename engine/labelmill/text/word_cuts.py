r"""Words and signs: runs of `\w`, and each other character that is not white space."""

import re

import numpy as np
import numpy.typing as npt

from labelmill.core.texts import string_bytes
from labelmill.text.chunk_table import ChunkTable

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_WORD = re.compile(r"\w+|[^\w\s]")
_OF_A_WORD = re.compile(r"\w")


def words_of(text: str) -> list[tuple[int, int]]:
    """Bounds of the words and signs of a text.

    Example:
        >>> words_of("isn't :)")
        [(0, 3), (3, 4), (4, 5), (6, 7), (7, 8)]
    """
    return [match.span() for match in _WORD.finditer(text)]


def words_of_chunks(table: ChunkTable) -> tuple[Int64, Int32, Int32]:
    """The words and signs of each distinct chunk.

    Returns:
        The first of each distinct chunk, [n_distinct + 1], and where each begins and ends in its
        chunk, [n_words].
    """
    data, _ = string_bytes(table.distinct)
    characters = np.frombuffer(data.tobytes().decode().encode("utf-32-le"), np.uint32)
    ends = np.cumsum(table.size, dtype=np.int64)
    edges = np.concatenate([np.zeros(1, dtype=np.int64), ends])
    inside = _is_of_word(characters)
    begins = ~inside
    begins[1:] |= ~inside[:-1]
    begins[edges[:-1]] = True
    at = np.flatnonzero(begins)
    first = np.searchsorted(at, edges)
    base = np.repeat(edges[:-1], np.diff(first))
    low, high = at - base, np.append(at[1:], len(characters)) - base
    return first, low.astype(np.int32), high.astype(np.int32)


def _is_of_word(characters: npt.NDArray[np.uint32]) -> Bools:
    distinct = np.flatnonzero(np.bincount(characters))
    flags = np.zeros(int(distinct[-1]) + 1 if len(distinct) else 1, dtype=np.bool_)
    flags[distinct] = [bool(_OF_A_WORD.match(chr(code))) for code in distinct.tolist()]
    result: Bools = flags[characters]
    return result
