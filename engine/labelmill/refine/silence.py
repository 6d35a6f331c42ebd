"""Texts on which nobody spoke: how likely a label applies to them, from what was said of others.

Rows with a yes are positive examples; rows without any vote are a mixture of texts to which the
label applies and of others. Of such data a ranking can be learned, but how many silent texts have
the label must be known (Elkan & Noto, "Learning classifiers from only positive and unlabeled
data", 2008; du Plessis, Niu & Sugiyama, "Analysis of learning from positive and unlabeled data",
2014): here it is what the label's share leaves after the rows with votes.
"""

import numpy as np
import numpy.typing as npt

from labelmill.refine.learning import sigmoid

Floats = npt.NDArray[np.float64]

LEAST = 1e-4
"""No silent text is held to be less likely than this to have a label."""
FURTHEST = 500.0
"""Log odds beyond this are as good as certain."""
PENALTY = 1e-4
"""Keeps a slope finite where scores set all texts apart."""


def above_chance(voted: Floats, silent: Floats) -> tuple[float, float]:
    """How well scores set texts with a yes apart from silent ones, from 0 to 1, and its error.

    It is 2 AUC - 1, the share of pairs in the right order less that of pairs in the wrong one; the
    standard error is that of chance (Mann & Whitney, 1947).

    Example:
        >>> above_chance(np.array([2.0, 3.0]), np.array([0.0, 2.0]))[0]
        0.75
    """
    ordered = np.sort(silent)
    below = np.searchsorted(ordered, voted, side="left").mean() / len(silent)
    above = 1 - np.searchsorted(ordered, voted, side="right").mean() / len(silent)
    error = np.sqrt((1 / len(voted) + 1 / len(silent)) / 3)
    return float(below - above), float(error)


def slope_of(voted: Floats, silent: Floats) -> float:
    """How much the log odds of the label rise with the score; never below 0.

    That of a logistic regression that tells texts with a yes from silent ones, both counting alike.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 (heavy)

    scores = np.concatenate([voted, silent])
    middle, spread = float(scores.mean()), float(scores.std()) + 1e-9
    scaled = (scores - middle) / spread
    yes = np.repeat([1.0, 0.0], [len(voted), len(silent)])
    weight = np.repeat([0.5 / len(voted), 0.5 / len(silent)], [len(voted), len(silent)])

    def loss(at: Floats) -> tuple[float, Floats]:
        line = at[0] * scaled + at[1]
        value = weight @ (np.logaddexp(0, line) - yes * line) + PENALTY * at[0] ** 2
        off = weight * (sigmoid(line) - yes)
        return float(value), np.array([off @ scaled + 2 * PENALTY * at[0], off.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B")
    return max(float(found.x[0]), 0.0) / spread


def base_of(raised: Floats, share: float) -> float:
    """What must be added to log odds [n] so that the label applies to a share of the texts.

    Example:
        >>> round(base_of(np.array([-1.0, 1.0]), 0.5), 6) + 0.0
        0.0
    """
    low, high = -FURTHEST - float(raised.max()), FURTHEST - float(raised.min())
    for _ in range(100):
        middle = (low + high) / 2
        if sigmoid(raised + middle).mean() < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def left_over(share: float, probs: Floats, voted: npt.NDArray[np.bool_]) -> float:
    """The share of the silent texts that have a label, of whose share in all texts is known.

    Args:
        share: that in all texts.
        probs: how likely each text has it by its votes, [n_texts].
        voted: which texts have votes on it, [n_texts].
    """
    n_silent = max(int((~voted).sum()), 1)
    left = (share * len(probs) - float(probs[voted].sum())) / n_silent
    return float(np.clip(left, LEAST, 1 - LEAST))
