"""Vote patterns made item by item, in plain Python: what the fast ones must equal."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from labelmill.core.patterns import VotePatterns

Key = tuple[tuple[int, int], ...]


def patterns_of_votes(votes: Iterable[tuple[int, int, int]], n_items: int) -> VotePatterns:
    """Patterns of votes (item, function, label)."""
    own: list[set[tuple[int, int]]] = [set() for _ in range(n_items)]
    for item, function, label in votes:
        own[item].add((function, label))
    return patterns_of_keys([tuple(sorted(found)) for found in own])


def patterns_of_keys(keys: Sequence[Key]) -> VotePatterns:
    """Patterns of items of which each is given as its sorted votes."""
    counts = Counter(keys)
    distinct = sorted(counts)
    place = {key: i for i, key in enumerate(distinct)}
    return patterns_with([(key, counts[key]) for key in distinct], [place[key] for key in keys])


def patterns_with(distinct: Sequence[tuple[Key, int]], index: Sequence[int]) -> VotePatterns:
    """Patterns of which each is given as its sorted votes and its count."""
    pairs = np.array([pair for key, _ in distinct for pair in key], dtype=np.int32).reshape(-1, 2)
    return VotePatterns(
        np.cumsum([0, *(len(key) for key, _ in distinct)]),
        pairs[:, 0],
        pairs[:, 1],
        np.array([count for _, count in distinct], dtype=np.int64),
        np.array(index, dtype=np.int64),
    )


def keys_of(patterns: VotePatterns) -> list[Key]:
    """The votes of each pattern, sorted."""
    pairs = list(zip(patterns.function.tolist(), patterns.label.tolist(), strict=True))
    bounds = patterns.indptr.tolist()
    return [tuple(pairs[start:end]) for start, end in pairwise(bounds)]


def added(parts: Iterable[VotePatterns]) -> VotePatterns:
    """Patterns of all parts with their counts added up."""
    total: Counter[Key] = Counter()
    for part in parts:
        for key, count in zip(keys_of(part), part.counts.tolist(), strict=True):
            total[key] += count
    return patterns_with(sorted(total.items()), [])


def voicing_silence(patterns: VotePatterns, n_functions: int, label: int) -> VotePatterns:
    """Give the pattern without votes a vote of every function, and sort again."""
    spoken = tuple((function, label) for function in range(n_functions))
    keys = [key or spoken for key in keys_of(patterns)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    counts = patterns.counts.tolist()
    return patterns_with(
        [(keys[i], counts[i]) for i in order], [order.index(i) for i in patterns.index.tolist()]
    )


def same(left: VotePatterns, right: VotePatterns) -> bool:
    """Whether two are equal in every array and in the types of these."""
    pairs: list[tuple[Any, Any]] = [
        (left.indptr, right.indptr),
        (left.function, right.function),
        (left.label, right.label),
        (left.counts, right.counts),
        (left.index, right.index),
    ]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)
