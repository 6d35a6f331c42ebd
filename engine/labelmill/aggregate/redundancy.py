"""Functions that find the same more often than the labels explain, and what their votes share."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from labelmill.core.patterns import VotePatterns

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PAIRS = 2_000_000
"""About so many pairs of votes are held together."""


def vote_pairs(patterns: VotePatterns) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of votes of the same pattern, in parts: indices of the first and of the second.

    Example:
        >>> patterns = VotePatterns.of_matrix(np.array([[0, 1], [0, -1]]), 2)
        >>> [(a.tolist(), b.tolist()) for a, b in vote_pairs(patterns)]
        [([0, 1, 1, 2, 2], [0, 1, 2, 1, 2])]
    """
    length = np.diff(patterns.indptr)
    part = np.cumsum(length**2) // PAIRS
    for some in np.split(np.arange(len(length)), np.flatnonzero(np.diff(part)) + 1):
        size = np.repeat(length[some], length[some])
        votes = np.arange(len(size)) + (patterns.indptr[some[0]] if len(some) else 0)
        first = np.repeat(votes, size)
        step = np.arange(len(first)) - np.repeat(np.cumsum(size) - size, size)
        yield first, np.repeat(np.repeat(patterns.indptr[:-1][some], length[some]), size) + step


def together(patterns: VotePatterns, weight: Floats, n_functions: int) -> Floats:
    """How often two functions vote in the same pattern, [n_functions, n_functions].

    Args:
        patterns: the patterns.
        weight: what each counts, [n_patterns].
        n_functions: the number of functions.
    """
    counts = np.zeros(n_functions * n_functions)
    function, pattern = patterns.function.astype(np.int64), patterns.pattern_of_vote()
    for first, second in vote_pairs(patterns):
        cell = function[first] * n_functions + function[second]
        counts += np.bincount(cell, weight[pattern[first]], len(counts))
    return counts.reshape(n_functions, n_functions)


def overlap(both: Floats, alone: Floats, total: Floats) -> Floats:
    """How far two functions are copies of each other, 0 to 1; 0 on the diagonal.

    The covariance of their votes within the labels, by the geometric mean of their variances,
    where it is above 0.

    Args:
        both: how often two functions vote on the same item, [n_functions, n_functions].
        alone: how often each votes under each label, [n_functions, n_labels].
        total: items of each label, [n_labels].

    Example:
        >>> both = np.array([[4.0, 4.0, 2.0], [4.0, 4.0, 2.0], [2.0, 2.0, 4.0]])
        >>> overlap(both, np.full((3, 1), 4.0), np.array([8.0])).round(2).tolist()
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    chance = alone / np.maximum(total, 1e-9) @ alone.T
    excess = np.maximum(both - chance, 0.0)
    spread = np.sqrt(np.diag(excess))
    scale = np.outer(spread, spread)
    found = np.zeros_like(excess)
    np.divide(excess, scale, out=found, where=scale > 1e-9)
    np.fill_diagonal(found, 0.0)
    return np.minimum(found, 1.0)


def discount(patterns: VotePatterns, alike: Floats) -> Floats:
    """What each vote counts less beside others, [n_pattern_votes]: 1 - 1 / (1 + overlap).

    Args:
        patterns: the patterns.
        alike: how far two functions are copies of each other, [n_functions, n_functions].
    """
    crowd = np.zeros(len(patterns.function))
    if alike.any():
        for first, second in vote_pairs(patterns):
            shared = alike[patterns.function[first], patterns.function[second]]
            crowd += np.bincount(first, shared, len(crowd))
    less: Floats = crowd / (1.0 + crowd)
    return less
