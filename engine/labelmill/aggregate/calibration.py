"""Calibration: one temperature for all probabilities of a label model, learned from gold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Floats
from labelmill.aggregate.known import Bools, Ints, part
from labelmill.aggregate.seen import has_votes
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import FittedLabelModel, Gold, LabelModel, VoteSpace
from labelmill.core.reliability import Reliability
from labelmill.core.soft import TIE_TOLERANCE
from labelmill.errors import BadParameter

COLDEST, HOTTEST = 1 / 4, 8.0
"""Temperatures that are tried: below 1 probabilities become surer, above it less sure."""
STRENGTH = 1.0
"""How strongly a temperature of 1 is believed in before gold is seen: about as much as some ten
items say. Of few items little is learned."""
GRID = 33
FOLDS = 5
STEPS = 30
"""Steps of the search; each narrows the place to 0.62 of what it was."""
GOLDEN = (np.sqrt(5.0) - 1) / 2


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature, and the expected calibration error on gold without it and with it.

    The errors are out of sample: each fifth of gold is judged at the temperature that the others
    give. `items` of gold had votes.
    """

    temperature: float
    items: int
    error_before: float
    error_after: float

    def __post_init__(self) -> None:
        if not 0 < self.temperature < np.inf:
            message = f"is {self.temperature}; give a number above 0"
            raise BadParameter("temperature", message)


Fit = Callable[[Gold], FittedLabelModel]


def cooled(probs: Floats, temperature: float) -> Floats:
    """Probabilities [n, k] to the power of 1 / temperature, as distributions.

    This is temperature scaling (Guo et al. 2017, "On calibration of modern neural networks",
    equation 9, with log probabilities as logits). The order of labels never changes: what is tied
    stays tied, and the best label stays the best.

    Example:
        >>> cooled(np.array([[0.9, 0.1], [0.5, 0.5]]), 2.0).round(2).tolist()
        [[0.75, 0.25], [0.5, 0.5]]
    """
    if temperature == 1 or not len(probs):
        return probs
    top = probs.max(axis=1, keepdims=True)
    level = np.where(probs >= top - TIE_TOLERANCE, top, probs) / top
    powers: Floats = level ** (1 / temperature)
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def predicted(
    fitted: FittedLabelModel, patterns: VotePatterns, space: VoteSpace, temperature: float = 1.0
) -> Floats:
    """What a model says at a temperature, in the form of its own `predict`.

    What has no votes keeps what the model says of it: a text or pattern without votes its prior,
    and a token that no function touches its answer.
    """
    probs = fitted.predict(patterns)
    if temperature == 1:
        return probs
    voted = has_votes(patterns, space)
    rows = voted[patterns.index] if fitted.sequential else voted
    changed = probs.copy()
    changed[rows] = cooled(probs[rows], temperature)
    return changed


def calibration(
    kind: LabelModel,
    fitted: FittedLabelModel,
    patterns: VotePatterns,
    space: VoteSpace,
    gold: Gold,
) -> Calibration | None:
    """Find the temperature for a fitted model; None where no item of gold has votes.

    What a model says of gold that it learned from would be too good. So a type that learns from
    gold (`learns_from_gold`) is fitted again without each fifth of it, which it then answers for.
    Each fifth is also judged at the temperature that the others give, and where that is no gain
    over all of gold, the temperature stays 1.

    Args:
        kind: the declared model.
        fitted: what came of it on all of gold.
        patterns: the votes that it was fitted on.
        space: what is known about them.
        gold: items with known labels.
    """
    folds = folds_of(gold)
    if getattr(kind, "learns_from_gold", False):
        probs = _held_out(lambda some: kind.fit(patterns, space, some), gold, folds)
    else:
        probs = answers(fitted, gold.patterns)
    voted = has_votes(gold.patterns, space)[gold.patterns.index]
    probs, labels, folds = probs[voted], gold.labels[voted], folds[voted]
    if not len(labels):
        return None
    after = probs.copy()
    for here in _masks(folds):
        after[here] = cooled(probs[here], best_temperature(probs[~here], labels[~here]))
    before = _error(probs, labels)
    if _squares(after, labels) >= _squares(probs, labels):
        return Calibration(1.0, len(labels), before, before)
    return Calibration(best_temperature(probs, labels), len(labels), before, _error(after, labels))


def best_temperature(probs: Floats, labels: Ints) -> float:
    """The temperature at which some probabilities [n, k] best foretell the labels [n].

    It minimises the squared error (Brier 1950, "Verification of forecasts expressed in terms of
    probability", equation 2), and stays the nearer to 1 the fewer items there are. The log loss
    would do for a model that is wrong in its confidence alone; but votes sometimes agree on what
    is wrong, and a few items of which a model is falsely sure would then decide for all.

    Example:
        >>> sure = np.array([[0.99, 0.01]] * 400)
        >>> round(best_temperature(sure, np.array([0, 0, 0, 1] * 100)), 1)
        4.1
    """
    true = np.eye(probs.shape[1])[labels]

    def loss(heat: float) -> float:
        missed = cooled(probs, float(np.exp(heat))) - true
        return float(np.square(missed).sum() + STRENGTH / 2 * heat**2)

    grid = np.linspace(np.log(COLDEST), np.log(HOTTEST), GRID)
    best = int(np.argmin([loss(heat) for heat in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    return round(float(np.exp(_lowest(loss, low, high))), 4)


def folds_of(gold: Gold) -> Ints:
    """A fold for each item of gold, [n_items]: every fold has its share of each label.

    In ner whole texts go to one fold, in turn.
    """
    sequences = gold.patterns.sequences
    if sequences is not None:
        lengths = np.diff(sequences)
        filled = np.cumsum(lengths > 0) - 1
        return np.repeat(filled % FOLDS, lengths)
    folds = np.zeros(len(gold.labels), dtype=np.int64)
    order = np.argsort(gold.labels, kind="stable")
    folds[order] = np.arange(len(order)) % FOLDS
    return folds


def answers(fitted: FittedLabelModel, patterns: VotePatterns) -> Floats:
    """What a model says of each item, [n_items, n_labels]."""
    probs = fitted.predict(patterns)
    return probs if fitted.sequential else probs[patterns.index]


def _held_out(fit: Fit, gold: Gold, folds: Ints) -> Floats:
    """What a model says of each item of gold that was fitted without its fold."""
    probs: Floats | None = None
    for mask in _masks(folds):
        found = answers(fit(part(gold, ~mask)), part(gold, mask).patterns)
        if probs is None:
            probs = np.zeros((len(folds), found.shape[1]))
        probs[mask] = found
    return np.zeros((0, 0)) if probs is None else probs


def _masks(folds: Ints) -> Iterator[Bools]:
    for fold in np.unique(folds).tolist():
        yield folds == fold


def _squares(probs: Floats, labels: Ints) -> float:
    return float(np.square(probs - np.eye(probs.shape[1])[labels]).sum())


def _error(probs: Floats, labels: npt.NDArray[np.int64]) -> float:
    best = probs.argmax(axis=1)
    return Reliability.of(probs.max(axis=1), best == labels).error or 0.0


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with a single minimum is lowest, by golden section."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = loss(right)
    return (low + high) / 2
