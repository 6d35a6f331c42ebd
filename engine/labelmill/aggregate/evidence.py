"""Sums and distributions over vote patterns that the label models share."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.errors import BadParameter, nearest

Floats = npt.NDArray[np.float64]
SMALLEST = 1e-300
"""The least probability whose logarithm is taken."""


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


def summed(groups: npt.NDArray[np.int64], values: Floats, n_groups: int) -> Floats:
    """Sum the rows of `values` [n, k] by group, [n_groups, k], always in the order given.

    Example:
        >>> summed(np.array([1, 0, 1]), np.array([[1.0], [2.0], [3.0]]), 3).tolist()
        [[2.0], [4.0], [0.0]]
    """
    columns = [np.bincount(groups, weights=column, minlength=n_groups) for column in values.T]
    return np.stack(columns, axis=1)


def per_pattern(patterns: VotePatterns, values: Floats) -> Floats:
    """Sum one row of `values` [n_pattern_votes, n_labels] for each vote of a pattern."""
    return summed(patterns.pattern_of_vote(), values, len(patterns))


def covered(patterns: VotePatterns) -> npt.NDArray[np.bool_]:
    """Which patterns have a vote, [n_patterns]."""
    return np.diff(patterns.indptr) > 0


def shares_of(scores: Floats, prior: Floats) -> Floats:
    """Scores that are not negative as distributions; a row without any score is the prior.

    Example:
        >>> shares_of(np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([0.9, 0.1])).tolist()
        [[0.25, 0.75], [0.9, 0.1]]
    """
    total = scores.sum(axis=1, keepdims=True)
    shares: Floats = np.where(total > 0, scores / np.where(total > 0, total, 1.0), prior)
    return shares


def softmax(log_scores: Floats) -> Floats:
    """Log scores [n, k] as distributions, without overflow.

    Example:
        >>> softmax(np.array([[-1000.0, -1000.0]])).tolist()
        [[0.5, 0.5]]
    """
    if not len(log_scores):
        return log_scores
    shifted = np.exp(log_scores - log_scores.max(axis=1, keepdims=True))
    probs: Floats = shifted / shifted.sum(axis=1, keepdims=True)
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


def check_weights(weights: Mapping[str, float]) -> None:
    """Refuse a weight that is negative or not a number.

    Raises:
        BadParameter: names the function.
    """
    for name, weight in weights.items():
        if not 0 <= weight < np.inf:
            place = f"weights.{name}"
            raise BadParameter(place, f"is {weight}; give a weight of 0 or more")
