"""What there is to learn from: labels of the label model, and how sure they are."""

import numpy as np
import numpy.typing as npt

from labelmill.core.patterns import VotePatterns
from labelmill.refine.reading import Floats

Bools = npt.NDArray[np.bool_]


def covered_items(patterns: VotePatterns) -> Bools:
    """Which items have votes, [n_items]."""
    covered: Bools = (np.diff(patterns.indptr) > 0)[patterns.index]
    return covered


def softmax(scores: Floats) -> Floats:
    """Log scores as distributions, row by row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return shares


def margins(probs: Floats) -> Floats:
    """How far the best label of each row leads the second, [n_rows]."""
    two = np.partition(probs, -2, axis=1)[:, -2:]
    lead: Floats = two[:, 1] - two[:, 0]
    return lead


def targets_of(probs: Floats, covered: Bools) -> tuple[Floats, Floats, Floats]:
    """What a model is trained on: labels, weights of the rows, and the balance of both."""
    labels = np.eye(probs.shape[1])[probs.argmax(axis=1)]
    weight = np.where(covered, margins(probs), 0.0)
    weight /= max(float(weight[covered].mean()), 1e-12) if covered.any() else 1.0
    counts = weight @ labels + 1.0
    return labels, weight, counts / counts.sum()
