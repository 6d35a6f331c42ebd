"""Sums and distributions over vote patterns that the label models share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold
from labelmill.errors import BadParameter, nearest

Floats = npt.NDArray[np.float64]
SMALLEST = 1e-300
"""The least probability whose logarithm is taken."""
MARGIN = 0.1
"""How far, in logarithms, the label that all votes agree on stays above the others."""
MANY = 200_000
"""From so many votes on a sparse matrix pays: importing scipy takes a tenth of a second."""


def member_shares(labels: LabelSpace) -> Floats:
    """One vote divided equally among the labels of its set, [n_sets, n_labels].

    Example:
        >>> from labelmill.core.labels import Not
        >>> member_shares(LabelSpace(("a", "b", "c")).including([Not("a")]))[3].tolist()
        [0.0, 0.5, 0.5]
    """
    table = labels.membership().astype(np.float64)
    shares: Floats = table / table.sum(axis=1, keepdims=True)
    return shares


@dataclass(frozen=True, slots=True)
class Cells:
    """The table cells that the votes of each pattern point at, to add up in either direction.

    A vote points at cell `function * n_sets + label` of a table [n_functions, n_sets, n_labels].
    Sums are taken in the order of patterns and of their votes, so they are the same to the last
    bit however they are taken.

    Example:
        >>> patterns = VotePatterns.of_matrix(np.array([[0, 1], [0, -1]]), 2)
        >>> cells = Cells.of(patterns, 2, 2)
        >>> cells.summed(np.array([[[1.0], [2.0]], [[10.0], [20.0]]])).tolist()
        [[1.0], [21.0]]
        >>> cells.counted(np.array([[0.25], [0.5]])).tolist()
        [[[0.75], [0.0]], [[0.0], [0.5]]]
    """

    cell: npt.NDArray[np.integer]  # [n_votes]
    pattern: npt.NDArray[np.integer]  # [n_votes]; empty where there is a matrix
    n_patterns: int
    shape: tuple[int, int]  # n_functions, n_sets
    matrix: Any = None  # [n_patterns, n_cells], 1 for each vote

    @classmethod
    def of(cls, patterns: VotePatterns, n_functions: int, n_sets: int) -> "Cells":
        """The cells of all votes."""
        function = patterns.function
        if n_functions * n_sets >= 2**31:
            function = function.astype(np.int64)
        cell = function * n_sets + patterns.label
        return cls.at(cell, patterns.indptr, (n_functions, n_sets))

    @classmethod
    def of_functions(cls, patterns: VotePatterns, n_functions: int) -> "Cells":
        """The functions that voted, each once in a pattern: cells of a table with a single set."""
        function, offsets, first = patterns.function, patterns.indptr, patterns.first_of_function()
        if not first.all():
            function, offsets = function[first], np.append(0, np.cumsum(first))[offsets]
        return cls.at(function, offsets, (n_functions, 1))

    @classmethod
    def at(
        cls, cell: npt.NDArray[np.integer], offsets: npt.NDArray[np.int64], shape: tuple[int, int]
    ) -> "Cells":
        """Cells of a table of some shape, cut into patterns at offsets [n_patterns + 1]."""
        n_patterns = len(offsets) - 1
        if len(cell) < MANY:
            pattern = np.repeat(np.arange(n_patterns, dtype=np.int64), np.diff(offsets))
            return cls(cell, pattern, n_patterns, shape)
        from scipy.sparse import csr_array  # noqa: PLC0415 (heavy)

        size = (n_patterns, shape[0] * shape[1])
        narrow = np.int32 if max(len(cell), *size) < 2**31 else np.int64
        ones = np.ones(len(cell))
        matrix = csr_array(
            (ones, cell.astype(narrow, copy=False), offsets.astype(narrow)), shape=size
        )
        return cls(cell[:0], cell[:0], n_patterns, shape, matrix)

    def summed(self, table: Floats) -> Floats:
        """Sum the cells of each pattern's votes, [n_patterns, n_labels]."""
        rows = table.reshape(-1, table.shape[-1])
        if self.matrix is not None:
            sums: Floats = self.matrix @ rows
            return sums
        return _summed(self.pattern, rows[self.cell], self.n_patterns)

    def counted(self, weights: Floats) -> Floats:
        """Sum weights [n_patterns, n_labels] by cell, [n_functions, n_sets, n_labels]."""
        if self.matrix is not None:
            counts: Floats = self.matrix.T @ weights
        else:
            counts = _summed(self.cell, weights[self.pattern], self.shape[0] * self.shape[1])
        return counts.reshape(*self.shape, weights.shape[1])


def covered(patterns: VotePatterns) -> npt.NDArray[np.bool_]:
    """Which patterns have a vote, [n_patterns]."""
    return np.diff(patterns.indptr) > 0


def agreed(patterns: VotePatterns, members: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which labels all votes of a pattern allow, [n_patterns, n_labels]; all where none was cast.

    Example:
        >>> patterns = VotePatterns.of_matrix(np.array([[1, 1], [0, 1]]), 2)
        >>> agreed(patterns, np.eye(2, dtype=bool))[patterns.index].tolist()
        [[False, True], [False, False]]
    """
    cells = Cells.at(patterns.label, patterns.indptr, (1, len(members)))
    everyone: npt.NDArray[np.bool_] = (
        cells.summed(members.astype(np.float64)) == np.diff(patterns.indptr)[:, None]
    )
    return everyone


def favouring(scores: Floats, allowed: npt.NDArray[np.bool_]) -> Floats:
    """Raise the labels that all votes allow to the top, where their best one is behind.

    Log scores [n, n_labels]; all allowed labels of a row are raised alike, so that the best of
    them leads by MARGIN at the least. A row that allows no label, or all, stays.

    Example:
        >>> favouring(np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([[False, True], [True, False]]))
        array([[1. , 1.1],
               [3. , 0. ]])
    """
    within = np.where(allowed, scores, -np.inf).max(axis=1, initial=-np.inf)
    beyond = np.where(allowed, -np.inf, scores).max(axis=1, initial=-np.inf) + MARGIN
    behind = np.isfinite(within) & (beyond > within)
    lacking = np.subtract(beyond, within, out=np.zeros(len(scores)), where=behind)
    raised: Floats = np.where(allowed, scores + lacking[:, None], scores)
    return raised


def posterior_of(
    scores: Floats,
    patterns: VotePatterns,
    members: npt.NDArray[np.bool_],
    prior: Floats,
) -> Floats:
    """Log scores of the votes [n_patterns, n_labels] and the prior together, as distributions.

    Where all votes of a pattern agree on a label, it stays the most probable (unless its prior is
    0); a pattern without votes gets the prior.
    """
    allowed = agreed(patterns, members) & (prior > 0)
    probs = softmax(favouring(scores + log(prior), allowed))
    probs[~covered(patterns)] = prior
    return probs


def trusting(members: npt.NDArray[np.bool_], trust: Floats | float) -> Floats:
    """How strongly a vote speaks for each label if it is right so often, [..., n_sets, n_labels].

    Each label of its set weighs `trust`, each other an equal part of what is left for the labels
    other than one, so that a vote for one of several says of each what it would say alone.
    """
    table: Floats = np.where(members, trust, (1 - trust) / max(members.shape[1] - 1, 1))
    return table


def with_gold(
    patterns: VotePatterns, gold: Gold | None, n_labels: int
) -> tuple[VotePatterns, Floats]:
    """Patterns with those of gold after them, and the labels of these, [n_gold_patterns, n_labels].

    A pattern of several labels gets the share of each: all that is counted over its items comes
    out as if they were counted one by one. The result has no items.

    Example:
        >>> votes = VotePatterns.of_matrix(np.array([[0], [0], [0]]), 2)
        >>> both, known = with_gold(votes, Gold(votes, np.array([1, 1, 0])), 2)
        >>> both.counts.tolist(), known.round(2).tolist()
        ([3, 3], [[0.33, 0.67]])
    """
    if gold is None:
        return patterns, np.zeros((0, n_labels))
    told = gold.patterns
    size = len(told) * n_labels
    counts = np.bincount(told.index * n_labels + gold.labels, minlength=size)
    times = counts.reshape(-1, n_labels).astype(np.float64)
    known = shares_of(times, np.full(n_labels, 1 / n_labels))
    joined = VotePatterns(
        np.append(patterns.indptr, patterns.indptr[-1] + told.indptr[1:]),
        np.append(patterns.function, told.function),
        np.append(patterns.label, told.label),
        np.append(patterns.counts, told.counts),
        patterns.index[:0],
    )
    return joined, known


def shares_of(scores: Floats, prior: Floats) -> Floats:
    """Scores that are not negative as distributions; a row without any score is the prior.

    Example:
        >>> shares_of(np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([0.9, 0.1])).tolist()
        [[0.25, 0.75], [0.9, 0.1]]
    """
    columns = np.array(scores.T, order="C")  # rows of a few labels would be slow to reduce
    total = columns.sum(axis=0)
    np.divide(columns, total, out=columns, where=total > 0)
    columns[:, total <= 0] = prior[:, None]
    shares: Floats = columns.T
    return shares


def softmax(log_scores: Floats, base: Floats | float = 0.0) -> Floats:
    """Log scores [n, k], with `base` [k] added to each row, as distributions without overflow.

    Example:
        >>> softmax(np.array([[-1000.0, -1000.0]])).tolist()
        [[0.5, 0.5]]
    """
    if not len(log_scores):
        return log_scores
    columns = np.array(log_scores.T, order="C")
    columns += np.reshape(base, (-1, 1))
    columns -= columns.max(axis=0)
    np.exp(columns, out=columns)
    columns /= columns.sum(axis=0)
    probs: Floats = columns.T
    return probs


def log(probabilities: Floats) -> Floats:
    """Natural logarithm, of any shape, with zero taken as the smallest probability there is."""
    logs: Floats = np.log(np.maximum(probabilities, SMALLEST))
    return logs


def named_weights(weights: Mapping[str, float], functions: tuple[str, ...]) -> Floats:
    """A weight for each function, [n_functions]; one that is not named weighs 1.

    Raises:
        BadParameter: if a name is not that of a labeling function.
    """
    for name in weights:
        if name not in functions:
            message = f"no labeling function '{name}'{nearest(name, functions)}"
            place = f"weights.{name}"
            raise BadParameter(place, message)
    return np.array([weights.get(name, 1.0) for name in functions], dtype=np.float64)


def check_trust(trust: float) -> None:
    """Refuse a trust in functions that is none, or blind.

    Raises:
        BadParameter: unless it is between a half and 1.
    """
    if not 0.5 < trust < 1:
        raise BadParameter("trust", f"is {trust}; give a number between 0.5 and 1")


def check_smoothing(smoothing: float) -> None:
    """Refuse pseudo-votes that are fewer than none.

    Raises:
        BadParameter: unless it is a number from 0 up.
    """
    if not 0 <= smoothing < np.inf:
        raise BadParameter("smoothing", f"is {smoothing}; give 0 or more")


def check_weights(weights: Mapping[str, float]) -> None:
    """Refuse a weight that is negative or not a number.

    Raises:
        BadParameter: names the function.
    """
    for name, weight in weights.items():
        if not 0 <= weight < np.inf:
            place = f"weights.{name}"
            raise BadParameter(place, f"is {weight}; give a weight of 0 or more")


def _summed(groups: npt.NDArray[np.integer], values: Floats, n_groups: int) -> Floats:
    """Sum the rows of `values` [n, k] by group, [n_groups, k], always in the order given."""
    columns = [np.bincount(groups, weights=column, minlength=n_groups) for column in values.T]
    return np.stack(columns, axis=1, dtype=np.float64)
