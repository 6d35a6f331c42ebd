"""The `dawid_skene` type: how often each labeling function confuses which labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import (
    Cells,
    Floats,
    covered,
    log,
    member_shares,
    shares_of,
    softmax,
    trusting,
    with_gold,
)
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace
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
    of several labels is a symbol of its own. `confusion: one_coin` learns a single number for each
    function, its accuracy, and takes all errors to be alike (Zhang et al. 2014, "Spectral methods
    meet EM", section 3.2): steadier where votes are few and functions know all labels, but wrong
    for functions that know one label.

    Items of gold take part in every step with their label, which no vote can change. Many
    iterations drift away from the votes where functions are correlated or labels rare; the few of
    the default are a safeguard. An item without votes always gets the class balance (uniform
    where none is given).

    Attributes:
        max_iter: most iterations.
        tol: stop when the probabilities change by less than this on average.
        smoothing: weight, in items, of the assumption that a function is mostly right.
        abstain_as_evidence: treat silence as a vote like any other; with `confusion: full` only.
        confusion: `full` learns a table for each function, `one_coin` its accuracy alone.

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
    confusion: Literal["full", "one_coin"] = "full"

    learns_from_gold: ClassVar[bool] = True
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
        if self.abstain_as_evidence and self.confusion == "one_coin":
            message = "is true, but one coin says nothing of silence; give `confusion: full`"
            raise BadParameter("abstain_as_evidence", message)

    def fit(
        self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
    ) -> "FittedDawidSkene":
        """Run EM on the patterns, each as often as it occurs, and on those of gold."""
        sample = _Sample.of(patterns, space, gold, uncovered=self.abstain_as_evidence)
        beliefs = sample.beliefs
        fitted = self._maximise(sample, beliefs, space)
        for _ in range(1, self.max_iter):
            moved = sample.corrected(fitted.posterior(sample.cells, sample.spoken))
            if sample.change(beliefs, moved) <= self.tol * sample.weight.sum():
                break
            beliefs = moved
            fitted = self._maximise(sample, beliefs, space)
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
        counts = sample.cells.counted(weighed)
        if self.confusion == "one_coin":
            votes = self._one_coin(counts, space)
        else:
            added = self.smoothing * sample.start
            votes = (counts + added * sample.assumed) / (total + added)
        silence = np.maximum(1.0 - votes.sum(axis=1), 0.0)
        return FittedDawidSkene(
            space.prior if space.balance_given else _smoothed(total, space.prior),
            votes,
            silence if self.abstain_as_evidence else silence[:0],
            space.labels.membership(),
            space.prior,
        )

    def _one_coin(self, counts: Floats, space: VoteSpace) -> Floats:
        """P(vote | label) up to a factor, [n_functions, n_sets, n_labels]; TRUST is the prior."""
        members = space.labels.membership()
        right = np.where(members, counts, 0.0).sum(axis=(1, 2))
        accuracy = (right + self.smoothing * TRUST) / (counts.sum(axis=(1, 2)) + self.smoothing)
        return trusting(members, accuracy[:, None, None])


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
        n_functions, n_sets, _ = self.votes.shape
        spoken = Cells.of_functions(patterns, n_functions) if len(self.silence) else None
        probs = self.posterior(Cells.of(patterns, n_functions, n_sets), spoken)
        probs[~covered(patterns)] = self.prior
        return probs

    def posterior(self, cells: Cells, spoken: Cells | None) -> Floats:
        """Dawid & Skene's equation 2.5 in logarithms, [n_patterns, n_labels].

        A pattern without votes gets the shares (and what silence says).

        Args:
            cells: the votes of each pattern.
            spoken: the functions that voted in each; asked for where silence is evidence.
        """
        evidence, base = cells.summed(log(self.votes)), log(self.share)
        if spoken is not None:
            silence = log(self.silence)
            evidence -= spoken.summed(silence[:, None])
            base = base + silence.sum(axis=0)
        return softmax(evidence, base)

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
    """What EM counts: the weight of each pattern and its votes, and where it starts from.

    The patterns of gold are the last of them.
    """

    weight: Floats  # [n_patterns]
    cells: Cells
    spoken: Cells | None  # where silence is evidence
    beliefs: Floats  # [n_patterns, n_labels], majority vote, or gold
    known: Floats  # [n_gold_patterns, n_labels], share of each label
    start: Floats  # [n_labels], share of each label under majority vote
    assumed: Floats  # [n_functions, n_sets, n_labels], P(vote | label) before anything is known

    @classmethod
    def of(
        cls, patterns: VotePatterns, space: VoteSpace, gold: Gold | None, *, uncovered: bool
    ) -> "_Sample":
        n_functions, n_sets = len(space.functions), len(space.labels.sets)
        n_labels = len(space.labels)
        joined, known = with_gold(patterns, gold, n_labels)
        weight = np.where(covered(joined) | uncovered, joined.counts, 0).astype(np.float64)
        cells = Cells.of(joined, n_functions, n_sets)
        spoken = Cells.of_functions(joined, n_functions)
        fired = spoken.counted(weight[:, None])[:, 0, 0]
        rate = (fired + 1.0) / (weight.sum() + 2.0)
        share = np.broadcast_to(member_shares(space.labels), (n_functions, n_sets, n_labels))
        beliefs = shares_of(cells.summed(share), space.prior)
        beliefs[len(patterns) :] = known
        assumed = trusting(space.labels.membership(), TRUST)
        return cls(
            weight,
            cells,
            spoken if uncovered else None,
            beliefs,
            known,
            _smoothed(weight @ beliefs, np.full(n_labels, 1 / n_labels)),
            rate[:, None, None] * (assumed / assumed.sum(axis=0).max()),
        )

    def corrected(self, beliefs: Floats) -> Floats:
        """The same beliefs (changed in place), where gold is known that of gold."""
        beliefs[len(beliefs) - len(self.known) :] = self.known
        return beliefs

    def change(self, before: Floats, after: Floats) -> float:
        """How far the probabilities of all items moved, added up."""
        moved = after - before
        return float((self.weight @ np.abs(moved, out=moved)).sum())


def _smoothed(total: Floats, prior: Floats) -> Floats:
    """Shares of some counts [n_labels], with one more item for each label, spread by the prior."""
    n_labels = len(prior)
    shares: Floats = (total + n_labels * prior) / (total.sum() + n_labels)
    return shares
