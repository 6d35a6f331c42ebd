"""Corrections: where gold shows significantly that labels learned without it are wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.calibration import folds_of
from labelmill.aggregate.evidence import Cells, Floats, covered, log, softmax
from labelmill.aggregate.known import part
from labelmill.aggregate.story import Trial
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold

SIGNIFICANT = 2.0
"""Fixes must outweigh breaks by so many standard errors."""
INVERSE_PENALTY = 1.0
MAX_ITER = 1_000
BELIEFS = -6.0
"""No log probability below this is told to a regression: it would outshout all votes."""

Bools = npt.NDArray[np.bool_]
Believe = Callable[[VotePatterns], Floats]
"""Probabilities [n_patterns, n_labels] that were learned without gold."""


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression on votes, and on what was believed without gold.

    `votes` [n_functions * n_sets, n_labels] and `beliefs` [n_labels, n_labels] are weights,
    `base` [n_labels] the intercepts. With `mixed`, what it says is averaged with the beliefs.
    """

    votes: Floats
    beliefs: Floats
    base: Floats
    shape: tuple[int, int]
    mixed: bool = False

    @classmethod
    def fit(
        cls, gold: Gold, probs: Floats, shape: tuple[int, int], *, stacked: bool, mixed: bool
    ) -> "Regression":
        """Learn from gold items that have votes; `probs` [n_patterns, n_labels] are beliefs."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (heavy)

        n_cells, n_labels = shape[0] * shape[1], probs.shape[1]
        told = gold.patterns.index
        voted = covered(gold.patterns)[told]
        features = np.hstack([_votes(gold.patterns, shape), _beliefs(probs) * stacked])
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=MAX_ITER)
        model.fit(features[told[voted]], gold.labels[voted])
        weights, base = np.zeros((n_labels, features.shape[1])), np.full(n_labels, -np.inf)
        if len(model.classes_) == 2:
            weights[model.classes_[1]], base[model.classes_[0]] = model.coef_[0], 0.0
            base[model.classes_[1]] = model.intercept_[0]
        else:
            weights[model.classes_], base[model.classes_] = model.coef_, model.intercept_
        base = np.maximum(base, base.max() - 50)  # a label that gold lacks
        return cls(weights.T[:n_cells], weights.T[n_cells:], base, shape, mixed)

    def predict(self, patterns: VotePatterns, probs: Floats) -> Floats:
        """Probabilities, [n_patterns, n_labels], given the beliefs."""
        cells = Cells.of(patterns, *self.shape)
        scores = cells.summed(self.votes.reshape(*self.shape, -1))
        said = softmax(scores + _beliefs(probs) @ self.beliefs, self.base)
        return (said + probs) / 2 if self.mixed else said

    def parameters(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "votes": self.votes.tolist(),
            "beliefs": self.beliefs.tolist(),
            "base": self.base.tolist(),
            "shape": list(self.shape),
            "mixed": self.mixed,
        }


@dataclass(frozen=True, slots=True)
class Correction:
    """Which labels are changed into which others, and what tells where.

    `changes` [n_labels, n_labels] says whether one label (row) may be changed into another.
    """

    regression: Regression
    changes: Bools

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Correction":
        """Read what `parameters` gave."""
        told = parameters["regression"]
        votes, beliefs, base = (np.array(told[name]) for name in ("votes", "beliefs", "base"))
        first, second = told["shape"]
        shape = (int(first), int(second))
        votes = votes.reshape(shape[0] * shape[1], len(base))
        regression = Regression(votes, beliefs, base, shape, bool(told["mixed"]))
        return cls(regression, np.array(parameters["changes"], dtype=np.bool_))

    def parameters(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {"regression": self.regression.parameters(), "changes": self.changes.tolist()}

    def applied(self, patterns: VotePatterns, probs: Floats) -> Floats:
        """Beliefs with corrections, [n_patterns, n_labels]."""
        said = self.regression.predict(patterns, probs)
        changed = self.changes[probs.argmax(axis=1), said.argmax(axis=1)] & covered(patterns)
        return np.where(changed[:, None], said, probs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What gold says of beliefs: a correction, or none; what was tried; and why in words."""

    correction: Correction | None
    tried: tuple[Trial, ...]
    why: str


CANDIDATES = {
    "regression on votes": {"stacked": False, "mixed": False},
    "regression on votes and beliefs": {"stacked": True, "mixed": False},
    "regression on votes, averaged with beliefs": {"stacked": False, "mixed": True},
}


def correction_of(gold: Gold, believe: Believe, shape: tuple[int, int]) -> Verdict:
    """Learn from gold where beliefs are wrong, by cross-validation.

    Each candidate is fitted on four fifths of gold and judged on the other. Of the one that is
    right most often, a kind of change (from one label to another) is taken over if, out of
    sample, it fixes more labels than it breaks, by SIGNIFICANT standard errors: fixes - breaks >
    2 sqrt(fixes + breaks), as in the test of McNemar (1947).

    Args:
        gold: items with known labels.
        believe: gives probabilities of patterns without having seen gold.
        shape: number of functions and of label sets.
    """
    probs = believe(gold.patterns)
    told, labels = gold.patterns.index, gold.labels
    voted = covered(gold.patterns)[told]
    if len(set(labels[voted].tolist())) < 2:
        return Verdict(None, (), "gold with votes knows a single label")
    before = probs[told].argmax(axis=1)
    tried = [Trial("without gold", _share(before[voted] == labels[voted]))]
    answers = {
        name: _held_out(gold, probs, shape, **how).argmax(axis=1)
        for name, how in CANDIDATES.items()
    }
    tried += [Trial(n, _share(a[voted] == labels[voted])) for n, a in answers.items()]
    best = max(answers, key=lambda name: _share(answers[name][voted] == labels[voted]))
    changes = _changes(before[voted], answers[best][voted], labels[voted], probs.shape[1])
    told_scores = ", ".join(f"{trial.name} {trial.score:.1%}" for trial in tried)
    where = f"right on gold, out of sample: {told_scores}"
    if not changes.any():
        why = f"gold changes no label: no kind of change is significantly better ({where})"
        return Verdict(None, tuple(tried), why)
    regression = Regression.fit(gold, probs, shape, **CANDIDATES[best])
    kinds = int(changes.sum())
    why = f"gold corrects {kinds} kind{'s' * (kinds > 1)} of label by a {best} ({where})"
    return Verdict(Correction(regression, changes), tuple(tried), why)


def _held_out(
    gold: Gold, probs: Floats, shape: tuple[int, int], *, stacked: bool, mixed: bool
) -> Floats:
    """What a candidate says of each item that it was fitted without, [n_items, n_labels]."""
    folds, told = folds_of(gold), gold.patterns.index
    said = probs[told].copy()
    for fold in np.unique(folds):
        here = folds == fold
        rest = part(gold, ~here)
        if len(set(rest.labels[covered(rest.patterns)[rest.patterns.index]].tolist())) < 2:
            continue
        known = _beliefs_of(rest, gold, probs, ~here)
        fitted = Regression.fit(rest, known, shape, stacked=stacked, mixed=mixed)
        said[here] = fitted.predict(gold.patterns, probs)[told[here]]
    return said


def _beliefs_of(rest: Gold, gold: Gold, probs: Floats, items: Bools) -> Floats:
    """The beliefs of the patterns of a part of gold."""
    known = np.zeros((len(rest.patterns), probs.shape[1]))
    known[rest.patterns.index] = probs[gold.patterns.index[items]]
    return known


def _changes(
    before: npt.NDArray[np.int64],
    after: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    n_labels: int,
) -> Bools:
    """Which kinds of change are significantly for the better, [n_labels, n_labels]."""
    kind = before * n_labels + after
    size = n_labels * n_labels
    differs = before != after
    fixes = np.bincount(kind[differs & (after == labels)], minlength=size)
    breaks = np.bincount(kind[differs & (before == labels)], minlength=size)
    better: Bools = fixes - breaks > SIGNIFICANT * np.sqrt(fixes + breaks)
    return better.reshape(n_labels, n_labels)


def _votes(patterns: VotePatterns, shape: tuple[int, int]) -> Floats:
    """Which votes each pattern has, [n_patterns, n_functions * n_sets]."""
    table = np.zeros((len(patterns), shape[0] * shape[1]))
    cell = patterns.function.astype(np.int64) * shape[1] + patterns.label
    table[patterns.pattern_of_vote(), cell] = 1.0
    return table


def _beliefs(probs: Floats) -> Floats:
    beliefs: Floats = np.maximum(log(probs), BELIEFS)
    return beliefs


def _share(right: Bools) -> float:
    return round(float(right.mean()), 4)
