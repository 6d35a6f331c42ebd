"""The `dawid_skene` type: how often each labeling function confuses which labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import (
    Floats,
    covered,
    log,
    member_shares,
    per_pattern,
    shares_of,
    softmax,
    summed,
)
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter

TRUST = 0.7
"""How often a function is taken to be right before anything is known of it."""


@LABEL_MODELS.add("dawid_skene")
@dataclass(frozen=True, slots=True)
class DawidSkene:
    """Learn from agreement how often each labeling function votes what under each true label.

    Expectation-maximisation after Dawid & Skene (1979), started from majority vote. P(vote | label)
    is counted over all items with votes, also those on which a function was silent, so that a
    function that knows a single label still tells something: how much more often it fires where
    that label is true. A function's silence itself is no evidence unless `abstain_as_evidence`
    says so.

    The share of each label is learned too, unless the job gives a class balance. A vote for one
    of several labels is a symbol of its own. Many iterations drift away from the votes where
    functions are correlated or labels rare; the few of the default are a safeguard. An item
    without votes always gets the class balance (uniform where none is given).

    Attributes:
        max_iter: most iterations.
        tol: stop when the probabilities change by less than this on average.
        smoothing: weight, in items, of the assumption that a function is mostly right.
        abstain_as_evidence: treat silence as a vote like any other.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("f", "g"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> votes = VotePatterns.of(
        ...     np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([0, 1, 1]), 2
        ... )
        >>> DawidSkene().fit(votes, space).predict(votes).argmax(axis=1).tolist()
        [0, 1]
    """

    max_iter: int = 5
    tol: float = 1e-5
    smoothing: float = 1.0
    abstain_as_evidence: bool = False

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise BadParameter("max_iter", f"is {self.max_iter}; give 1 or more")
        if not 0 <= self.tol < np.inf:
            raise BadParameter("tol", f"is {self.tol}; give 0 or more")
        if not 0 < self.smoothing < np.inf:
            raise BadParameter("smoothing", f"is {self.smoothing}; give more than 0")

    def fit(self, patterns: VotePatterns, space: VoteSpace) -> "FittedDawidSkene":
        """Run EM on the patterns, each as often as it occurs."""
        start = per_pattern(patterns, member_shares(space.labels)[patterns.label])
        beliefs = shares_of(start, space.prior)
        sample = _Sample.of(patterns, space, beliefs, uncovered=self.abstain_as_evidence)
        for _ in range(self.max_iter):
            fitted = self._maximise(sample, beliefs, space)
            moved = fitted.posterior(patterns)
            change = float((sample.weight * np.abs(moved - beliefs).sum(axis=1)).sum())
            beliefs = moved
            if change <= self.tol * sample.weight.sum():
                break
        return fitted

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedDawidSkene":
        """Rebuild it from its shares and tables."""
        return FittedDawidSkene(
            np.array(parameters["share"], dtype=np.float64),
            np.array(parameters["votes"], dtype=np.float64).reshape(
                len(space.functions), len(space.labels.sets), len(space.labels)
            ),
            np.array(parameters["silence"], dtype=np.float64).reshape(-1, len(space.labels)),
            space.labels.membership(),
            space.prior,
        )

    def _maximise(self, sample: "_Sample", beliefs: Floats, space: VoteSpace) -> "FittedDawidSkene":
        """Dawid & Skene's equations 2.3 and 2.4, with pseudo-counts."""
        weighed = beliefs * sample.weight[:, None]
        total = weighed.sum(axis=0)
        counts = summed(sample.cell, weighed[sample.pattern], sample.n_cells)
        added = self.smoothing * sample.start
        votes = (counts.reshape(sample.assumed.shape) + added * sample.assumed) / (total + added)
        silence = np.maximum(1.0 - votes.sum(axis=1), 0.0)
        return FittedDawidSkene(
            space.prior if space.balance_given else _smoothed(total, space.prior),
            votes,
            silence if self.abstain_as_evidence else silence[:0],
            space.labels.membership(),
            space.prior,
        )


@dataclass(frozen=True, slots=True)
class FittedDawidSkene:
    """Confusion tables at work.

    `share` [n_labels] is the share of each label; `votes` [n_functions, n_sets, n_labels] is
    P(vote | label); `silence` [n_functions, n_labels] is P(no vote | label), empty where silence
    is no evidence; `prior` [n_labels] is for items without votes.
    """

    share: Floats
    votes: Floats
    silence: Floats
    members: npt.NDArray[np.bool_]
    prior: Floats

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """Probabilities, [n_patterns, n_labels]."""
        return np.where(covered(patterns)[:, None], self.posterior(patterns), self.prior)

    def posterior(self, patterns: VotePatterns) -> Floats:
        """Dawid & Skene's equation 2.5 in logarithms, [n_patterns, n_labels].

        A pattern without votes gets the shares (and what silence says).
        """
        evidence = log(self.votes)[patterns.function, patterns.label]
        base = log(self.share)
        if len(self.silence):
            silence = log(self.silence)
            base = base + silence.sum(axis=0)
            first = _first_of_function(patterns)[:, None]
            evidence = evidence - np.where(first, silence[patterns.function], 0.0)
        return softmax(per_pattern(patterns, evidence) + base)

    def weights(self) -> Floats:
        """Estimated accuracy of each function's votes, [n_functions]."""
        joint = self.votes * self.share
        right = np.where(self.members, joint, 0.0).sum(axis=(1, 2))
        accuracy: Floats = right / joint.sum(axis=(1, 2))
        return accuracy

    def parameters(self) -> dict[str, Any]:
        """Shares and tables."""
        return {
            "share": self.share.tolist(),
            "votes": self.votes.tolist(),
            "silence": self.silence.tolist(),
        }


@dataclass(frozen=True, slots=True)
class _Sample:
    """What EM counts: the weight of each pattern, and for each vote its pattern and table cell."""

    weight: Floats  # [n_patterns]
    pattern: npt.NDArray[np.int64]  # [n_pattern_votes]
    cell: npt.NDArray[np.int64]  # [n_pattern_votes], function * n_sets + label set
    n_cells: int
    start: Floats  # [n_labels], share of each label under majority vote
    assumed: Floats  # [n_functions, n_sets, n_labels], P(vote | label) before anything is known

    @classmethod
    def of(
        cls, patterns: VotePatterns, space: VoteSpace, beliefs: Floats, *, uncovered: bool
    ) -> "_Sample":
        weight = np.where(covered(patterns) | uncovered, patterns.counts, 0).astype(np.float64)
        n_functions, n_sets = len(space.functions), len(space.labels.sets)
        pattern = patterns.pattern_of_vote()
        first = _first_of_function(patterns)
        fired = np.bincount(
            patterns.function[first], weights=weight[pattern[first]], minlength=n_functions
        )
        rate = (fired + 1.0) / (weight.sum() + 2.0)
        return cls(
            weight,
            pattern,
            patterns.function.astype(np.int64) * n_sets + patterns.label,
            n_functions * n_sets,
            _smoothed(weight @ beliefs, np.full(len(space.labels), 1 / len(space.labels))),
            rate[:, None, None] * _trusting(space.labels),
        )


def _trusting(labels: LabelSpace) -> Floats:
    """P(vote | label) of a function that is right with probability TRUST, [n_sets, n_labels]."""
    members = labels.membership()
    size = members.sum(axis=1, keepdims=True)
    wrong = (1 - TRUST) * size / np.maximum(len(labels) - size, 1)
    table = np.where(members, TRUST, wrong)
    trusting: Floats = table / table.sum(axis=0).max()
    return trusting


def _smoothed(total: Floats, prior: Floats) -> Floats:
    """Shares of some counts [n_labels], with one more item for each label, spread by the prior."""
    n_labels = len(prior)
    shares: Floats = (total + n_labels * prior) / (total.sum() + n_labels)
    return shares


def _first_of_function(patterns: VotePatterns) -> npt.NDArray[np.bool_]:
    """Whether a vote is its function's first in its pattern, [n_pattern_votes]."""
    first = np.ones(len(patterns.function), dtype=np.bool_)
    pattern = patterns.pattern_of_vote()
    first[1:] = (pattern[1:] != pattern[:-1]) | (patterns.function[1:] != patterns.function[:-1])
    return first
