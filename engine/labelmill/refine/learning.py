"""What there is to learn from: labels of the label model, and how sure they are."""

import numpy as np
import numpy.typing as npt

from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.refine.reading import Floats

Bools = npt.NDArray[np.bool_]

LEAST = 1e-6
"""For log odds no probability is taken to be smaller than this."""
FLOOR = 0.5
"""Labels below this part of an equal share are rare."""


def covered_items(patterns: VotePatterns) -> Bools:
    """Which items have votes, [n_items]."""
    covered: Bools = (np.diff(patterns.indptr) > 0)[patterns.index]
    return covered


def softmax(scores: Floats) -> Floats:
    """Log scores as distributions, row by row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return shares


def odds_of(share: npt.ArrayLike) -> Floats:
    """Log odds of probabilities."""
    share = np.clip(share, LEAST, 1 - LEAST)
    odds: Floats = np.log(share) - np.log1p(-share)
    return odds


def sigmoid(scores: Floats) -> Floats:
    """The probability that log odds stand for."""
    probs: Floats = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return probs


def margins(probs: Floats) -> Floats:
    """How far the best label of each row leads the second, [n_rows]."""
    two = np.partition(probs, -2, axis=1)[:, -2:]
    lead: Floats = two[:, 1] - two[:, 0]
    return lead


def voted(patterns: VotePatterns, labels: LabelSpace) -> Floats:
    """Majority vote on each item, [n_items, n_labels]; equal shares where nobody voted.

    Example:
        >>> votes = VotePatterns.of_matrix(np.array([[0, 1], [0, -1], [-1, -1]]), 2)
        >>> voted(votes, LabelSpace(("ham", "spam"))).tolist()
        [[0.5, 0.5], [1.0, 0.0], [0.5, 0.5]]
    """
    shares = labels.membership().astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    which, n = patterns.pattern_of_vote(), len(patterns)
    columns = [np.bincount(which, column[patterns.label], minlength=n) for column in shares.T]
    counts = np.stack(columns, axis=1)
    counts[np.diff(patterns.indptr) == 0] = 1.0
    found: Floats = (counts / counts.sum(axis=1, keepdims=True))[patterns.index]
    return found


def targets_of(probs: Floats, covered: Bools) -> tuple[Floats, Floats, Floats]:
    """What a model is trained on: labels, weights of the rows, and the balance of both.

    A row weighs as much as its best label leads. Rows of a label that is on less than FLOOR of an
    equal share weigh more, up to that: else a model hardly knows it.
    """
    n_labels = probs.shape[1]
    labels = np.eye(n_labels)[probs.argmax(axis=1)]
    weight = np.where(covered, margins(probs), 0.0)
    counts = weight @ labels + 1.0
    weight *= labels @ np.maximum(1.0, FLOOR / n_labels * counts.sum() / counts)
    weight /= max(float(weight[covered].mean()), 1e-12) if covered.any() else 1.0
    counts = weight @ labels + 1.0
    return labels, weight, counts / counts.sum()
