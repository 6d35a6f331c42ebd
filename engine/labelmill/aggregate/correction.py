"""Corrections: what gold teaches a label model that was fitted without it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelmill.aggregate.calibration import folds_of
from labelmill.aggregate.evidence import Cells, Floats, covered, favouring, log, softmax
from labelmill.aggregate.known import SIGNIFICANT, Bools, Ints, part
from labelmill.aggregate.story import Trial
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold
from labelmill.core.soft import TIE_TOLERANCE

PENALTIES = (1.0, 4.0)
"""A regression for each: a free one and a held one. Half of it times each squared weight is lost;
a weight of 1 under a penalty of 1 has to be worth half a unit of log likelihood."""
BASE_PENALTY = 5.0
"""The balance may shift, where gold shows it."""
SLOPE_PENALTY = 20.0
"""Beliefs are taken as they are, unless much gold says that they are too sure, or too shy."""
POWER = 3.0
"""Held-out likelihoods weigh regressions by their root of this order: items of gold that share a
pattern of votes are no independent witnesses."""
MAX_ITER = 300
BELIEFS = -6.0
"""No log probability below this is told to a regression: it would outshout all votes."""
SUREST = 1e-3
"""A lower probability of the true label costs no more than this one."""

Believe = Callable[[VotePatterns], Floats]
"""Probabilities [n_patterns, n_labels] that were learned without gold."""


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression on votes that starts from what was believed without gold.

    Log scores are `slope` times the log beliefs, plus what each vote adds (`votes`,
    [n_functions * n_sets, n_labels]), plus `base` [n_labels]. With no gold at all `votes` and
    `base` are 0 and `slope` is 1, so that beliefs stay as they are; gold has to pay for each step
    away from there.
    """

    votes: Floats
    base: Floats
    slope: float
    shape: tuple[int, int]

    @classmethod
    def fit(
        cls,
        patterns: VotePatterns,
        times: Floats,
        probs: Floats,
        shape: tuple[int, int],
        penalty: float,
    ) -> "Regression":
        """Learn from patterns that have each label so many `times`, [n_patterns, n_labels].

        `probs` [n_patterns, n_labels] are the beliefs. Solved by L-BFGS (Liu & Nocedal 1989).
        """
        from scipy.optimize import minimize  # noqa: PLC0415 (heavy)

        known = times.sum(axis=1) > 0
        problem = _Problem.of(patterns, times, probs, shape, penalty)
        size = (len(problem.cells) + 1, probs.shape[1])
        start = np.append(np.zeros(size), 1.0)
        found = start
        if known.any():
            options = {"maxiter": MAX_ITER}
            result = minimize(problem.loss, start, jac=True, method="L-BFGS-B", options=options)
            found = np.asarray(result.x)
        table = found[:-1].reshape(size)
        votes = np.zeros((shape[0] * shape[1], probs.shape[1]))
        votes[problem.cells] = table[:-1]
        return cls(votes, table[-1], float(found[-1]), shape)

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Regression":
        """Read what `parameters` gave."""
        base = np.array(parameters["base"], dtype=np.float64)
        first, second = (int(size) for size in parameters["shape"])
        votes = np.array(parameters["votes"], dtype=np.float64)
        table = votes.reshape(first * second, len(base))
        return cls(table, base, float(parameters["slope"]), (first, second))

    def predict(self, patterns: VotePatterns, probs: Floats) -> Floats:
        """Probabilities, [n_patterns, n_labels], given the beliefs."""
        added = Cells.of(patterns, *self.shape).summed(self.votes.reshape(*self.shape, -1))
        return softmax(added + self.slope * _beliefs(probs), self.base)

    def parameters(self) -> dict[str, Any]:
        """As plain JSON data."""
        votes, base = self.votes.tolist(), self.base.tolist()
        return {"votes": votes, "base": base, "slope": self.slope, "shape": list(self.shape)}


@dataclass(frozen=True, slots=True)
class Correction:
    """Regressions that take the place of beliefs, averaged with `shares` that sum to 1.

    Without `relabels` the most probable label of each pattern stays what it was (of tied ones, one
    of them), and only the probabilities change.
    """

    regressions: tuple[Regression, ...]
    shares: tuple[float, ...]
    relabels: bool = True

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Correction":
        """Read what `parameters` gave."""
        regressions = tuple(Regression.of(told) for told in parameters["regressions"])
        shares = tuple(float(share) for share in parameters["shares"])
        return cls(regressions, shares, bool(parameters["relabels"]))

    def parameters(self) -> dict[str, Any]:
        """As plain JSON data."""
        regressions = [each.parameters() for each in self.regressions]
        shares = list(self.shares)
        return {"regressions": regressions, "shares": shares, "relabels": self.relabels}

    def applied(self, patterns: VotePatterns, probs: Floats) -> Floats:
        """Beliefs as gold corrects them, [n_patterns, n_labels]; those without votes stay."""
        said = _mixed([each.predict(patterns, probs) for each in self.regressions], self.shares)
        if not self.relabels:
            best = probs >= probs.max(axis=1, keepdims=True, initial=0.0) - TIE_TOLERANCE
            said = softmax(favouring(log(said), best))
        return np.where(covered(patterns)[:, None], said, probs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What gold says of beliefs: a correction, or none; what was tried; and why in words."""

    correction: Correction | None
    tried: tuple[Trial, ...]
    why: str


def correction_of(gold: Gold, believe: Believe, shape: tuple[int, int]) -> Verdict:
    """Learn from gold where beliefs are wrong, and whether that can be trusted.

    Each regression is fitted on four fifths of gold and judged on the other. They are averaged,
    each by the likelihood that it gives to what it has not seen (pseudo-BMA, Yao et al. 2018,
    "Using stacking to average Bayesian predictive distributions", equation 6, tempered). The
    average takes the place of beliefs if it foretells gold better than they do, out of sample, by
    SIGNIFICANT standard errors of the difference in log probability. Labels change only if no
    fewer of them are right, out of sample.

    Args:
        gold: items with known labels.
        believe: gives probabilities of patterns without having seen gold.
        shape: number of functions and of label sets.
    """
    known = part(gold, covered(gold.patterns)[gold.patterns.index])
    told, labels = known.patterns.index, known.labels
    if len(np.unique(labels)) < 2:
        return Verdict(None, (), "gold with votes knows a single label")
    probs = believe(known.patterns)
    before = probs[told]
    held_out = [_held_out(known, probs, shape, penalty) for penalty in PENALTIES]
    shares = _shares([float(_told(said, labels).sum()) for said in held_out])
    after = _mixed(held_out, shares)
    tried = (
        Trial("without gold", _right(before, labels)),
        *(
            Trial(f"regression on votes with a penalty of {penalty:g}", _right(said, labels))
            for penalty, said in zip(PENALTIES, held_out, strict=True)
        ),
        Trial("average of the regressions", _right(after, labels)),
    )
    where = ", ".join(f"{trial.name} {trial.score:.1%}" for trial in tried)
    gain = _told(after, labels) - _told(before, labels)
    if gain.sum() <= SIGNIFICANT * gain.std() * np.sqrt(len(gain)):
        said = "gold changes no label: what it teaches does not foretell other gold clearly better"
        return Verdict(None, tried, f"{said} (right out of sample: {where})")
    times = _times(known, np.ones(len(labels), dtype=np.bool_), probs.shape[1])
    regressions = tuple(
        Regression.fit(known.patterns, times, probs, shape, penalty) for penalty in PENALTIES
    )
    relabels = tried[-1].score >= tried[0].score
    said = "gold corrects labels by regressions on the votes, which foretell other gold better"
    if not relabels:
        said = (
            "gold changes no label but the probabilities, by regressions on the votes: they "
            "foretell other gold better, and fewer labels would be right"
        )
    correction = Correction(regressions, shares, relabels)
    return Verdict(correction, tried, f"{said} (right out of sample: {where})")


@dataclass(frozen=True, slots=True)
class _Problem:
    """What a regression minimises: `cells` are those of the votes in gold, [n_cells]."""

    cells: Ints
    features: Any  # [n_patterns, n_cells], sparse
    across: Any  # the same, transposed
    times: Floats
    beliefs: Floats
    penalty: float

    @classmethod
    def of(
        cls,
        patterns: VotePatterns,
        times: Floats,
        probs: Floats,
        shape: tuple[int, int],
        penalty: float,
    ) -> "_Problem":
        """Leave out patterns that are not known, and cells that stand in none of the others."""
        from scipy.sparse import csr_array  # noqa: PLC0415 (heavy)

        known = times.sum(axis=1) > 0
        row = patterns.pattern_of_vote()
        cell = patterns.function.astype(np.int64) * shape[1] + patterns.label
        cells, place = np.unique(cell[known[row]], return_inverse=True)
        spot = (np.cumsum(known) - 1)[row[known[row]]]
        size = (int(known.sum()), len(cells))
        features = csr_array((np.ones(len(place)), (spot, place)), shape=size)
        across = features.T.tocsr()
        return cls(cells, features, across, times[known], _beliefs(probs[known]), penalty)

    def loss(self, flat: Floats) -> tuple[float, Floats]:
        """Minus the log likelihood, with penalties, and its slope."""
        table, slope = flat[:-1].reshape(-1, self.times.shape[1]), flat[-1]
        scores = self.features @ table[:-1] + table[-1] + slope * self.beliefs
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        surplus = np.exp(logs) * self.times.sum(axis=1, keepdims=True) - self.times
        weights = np.full((len(table), 1), self.penalty)
        weights[-1] = BASE_PENALTY
        lost = (weights * table**2).sum() + SLOPE_PENALTY * (slope - 1) ** 2
        down = weights * table
        down[:-1] += self.across @ surplus
        down[-1] += surplus.sum(axis=0)
        last = (surplus * self.beliefs).sum() + SLOPE_PENALTY * (slope - 1)
        return float(lost / 2 - (self.times * logs).sum()), np.append(down, last)


def _held_out(gold: Gold, probs: Floats, shape: tuple[int, int], penalty: float) -> Floats:
    """What a regression says of each item that it was fitted without, [n_items, n_labels]."""
    folds, told = folds_of(gold), gold.patterns.index
    said = probs[told].copy()
    for fold in np.unique(folds):
        here = folds == fold
        times = _times(gold, ~here, probs.shape[1])
        fitted = Regression.fit(gold.patterns, times, probs, shape, penalty)
        said[here] = fitted.predict(gold.patterns, probs)[told[here]]
    return said


def _times(gold: Gold, items: Bools, n_labels: int) -> Floats:
    """How often each pattern has each label among some items, [n_patterns, n_labels]."""
    cell = gold.patterns.index[items] * n_labels + gold.labels[items]
    size = len(gold.patterns) * n_labels
    return np.bincount(cell, minlength=size).reshape(-1, n_labels).astype(np.float64)


def _shares(likelihoods: list[float]) -> tuple[float, ...]:
    shares = softmax(np.array([likelihoods]) / POWER)
    return tuple(float(share) for share in shares[0])


def _mixed(said: list[Floats], shares: tuple[float, ...]) -> Floats:
    total = np.zeros_like(said[0])
    for share, probs in zip(shares, said, strict=True):
        total += share * probs
    return total


def _beliefs(probs: Floats) -> Floats:
    beliefs: Floats = np.maximum(log(probs), BELIEFS)
    return beliefs


def _told(probs: Floats, labels: Ints) -> Floats:
    """The log probability of each true label, [n_items]."""
    told: Floats = np.log(np.maximum(probs[np.arange(len(labels)), labels], SUREST))
    return told


def _right(probs: Floats, labels: Ints) -> float:
    return round(float((probs.argmax(axis=1) == labels).mean()), 4)
