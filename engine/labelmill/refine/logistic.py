"""Logistic regression on soft labels, solved so that equal input gives equal bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ROUNDS = 30
"""Steps of the solver at most; later ones change no label."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear model: `weight` [n_columns, n_scores] and `base` [n_scores].

    Two labels have one score, for the second one; more have one each.
    """

    weight: npt.NDArray[np.float32]
    base: Floats

    def scores(self, matrix: Any) -> Floats:
        """Log scores of each label, [n_rows, n_labels], whose mean in a row is 0."""
        found: Floats = np.asarray(matrix @ self.weight, dtype=np.float64) + self.base
        if found.shape[1] == 1:
            return np.concatenate([-found / 2, found / 2], axis=1)
        centred: Floats = found - found.mean(axis=1, keepdims=True)
        return centred


def fit_linear(matrix: Any, targets: Floats, weights: Floats, strength: float = 1.0) -> Linear:
    """Fit targets [n_rows, n_labels], which sum to 1, each row with a weight [n_rows].

    Rows of weight 0 take no part. The penalty is half the sum of squared weights over `strength`,
    as in scikit-learn's multinomial LogisticRegression with C; the base is free. Solved by L-BFGS
    (Liu & Nocedal, 1989) from zero.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 (heavy)

    n_labels = targets.shape[1]
    n_scores = 1 if n_labels == 2 else n_labels
    chosen = np.flatnonzero(weights > 0)
    rows, wanted, weight = matrix[chosen], targets[chosen], weights[chosen]
    across = rows.T.tocsr()
    size = (matrix.shape[1] + 1, n_scores)
    # One score of a pair stands for two opposite weights of half its size.
    penalty = (0.5 if n_scores == 1 else 1.0) / strength

    def loss(flat: Floats) -> tuple[float, Floats]:
        table = flat.reshape(size)
        scores = rows @ table[:-1] + table[-1]
        value, slope = _cross_entropy(scores, wanted, weight)
        gradient = np.concatenate([across @ slope + penalty * table[:-1], slope.sum(0)[None]])
        return value + 0.5 * penalty * float((table[:-1] ** 2).sum()), gradient.ravel()

    start = np.zeros(size[0] * size[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    table = found.x.reshape(size)
    return Linear(table[:-1].astype(np.float32), table[-1])


def _cross_entropy(scores: Floats, wanted: Floats, weight: Floats) -> tuple[float, Floats]:
    """The loss, and its slope in each score."""
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_probs = shifted - log_total
    value = -float((weight[:, None] * wanted * log_probs).sum())
    slope = (np.exp(log_probs) - wanted) * weight[:, None]
    return value, slope[:, 1:] if wanted.shape[1] == 2 else slope
