"""The `lift` type: how much more likely each label is where a vote was cast."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import (
    Cells,
    Floats,
    check_trust,
    covered,
    member_shares,
    posterior_of,
    shares_of,
    trusting,
    with_gold,
)
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter

LEAST_WEIGHT = 10.0
"""So many votes does the assumption weigh at the least."""


@LABEL_MODELS.add("lift")
@dataclass(frozen=True, slots=True)
class Lift:
    """Weigh each vote by how much more often its label is true there than elsewhere.

    Made for functions that know a single label. Of such a function one cannot tell how often it
    confuses labels, only how much likelier each label is where it fired: the lift. Every vote of
    a function (function j, vote v) is a source of its own, so functions that know several labels
    are welcome too. With beliefs q [n_patterns, n_labels], weights w [n_patterns] and n = the
    number of votes of a source, each round of expectation-maximisation computes

        e[c] = (sum of w q[c] + 1) / (sum of w + n_labels)            the share of each label
        p[j, v, c] = (sum over its votes of w q[c] + s P[v, c]) / (n[j, v] + s)
        log q[c] = log share[c] + sum over votes of (log p[j, v, c] - log e[c]) + constant

    starting from majority vote. P is what is assumed of a vote before anything is known: its own
    label is lifted against all others by trust / (1 - trust) * (n_labels - 1). The multinomial
    mixture of Dawid & Skene (1979) has the same terms, turned by Bayes' rule, but counts what a
    function does not say as well. `share` is the class balance of the job, uniform where none is
    given: a balance learned from votes follows the functions that fire often.

    What is learned is held close to the assumption, in proportion (s = 10 + strength * n), since
    a few frequent patterns could else talk themselves into anything. A vote never lowers its own
    label below another, and where all votes agree on a label, that label stays the most probable
    (unless the job gives it a share of 0). Silence is no evidence. An item without votes gets the
    class balance. Items of gold take part as items whose label is certain.

    Attributes:
        max_iter: rounds; more drift away from the votes.
        strength: weight of the assumption against the votes of a source; 1 counts both alike.
        trust: how probable a lone vote of a function makes its label while nothing is known of it.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("f", "g"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> votes = VotePatterns.of_matrix(np.array([[0, -1], [0, 0], [1, 1], [-1, 1]]), 2)
        >>> Lift().fit(votes, space).predict(votes).argmax(axis=1)[votes.index].tolist()
        [0, 0, 1, 1]
    """

    max_iter: int = 3
    strength: float = 2.0
    trust: float = 0.7

    learns_from_gold: ClassVar[bool] = True
    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise BadParameter("max_iter", f"is {self.max_iter}; give 1 or more")
        if not 0 <= self.strength < np.inf:
            raise BadParameter("strength", f"is {self.strength}; give 0 or more")
        check_trust(self.trust)

    def fit(
        self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
    ) -> "FittedLift":
        """Run EM on the patterns, each as often as it occurs."""
        n_functions, n_sets, n_labels = (
            len(space.functions),
            len(space.labels.sets),
            len(space.labels),
        )
        joined, known = with_gold(patterns, gold, n_labels)
        cells = Cells.of(joined, n_functions, n_sets)
        weight = np.where(covered(joined), joined.counts, 0).astype(np.float64)
        share = np.broadcast_to(member_shares(space.labels), (n_functions, n_sets, n_labels))
        beliefs = shares_of(cells.summed(share), space.prior)
        beliefs[len(patterns) :] = known
        fitted = self._maximise(cells, weight, beliefs, space)
        for _ in range(1, self.max_iter):
            beliefs = fitted.posterior(joined, cells)
            beliefs[len(patterns) :] = known
            fitted = self._maximise(cells, weight, beliefs, space)
        return fitted

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedLift":
        """Rebuild it from its lifts."""
        members = space.labels.membership()
        log_lift = np.array(parameters["log_lift"], dtype=np.float64)
        return FittedLift(
            log_lift.reshape(len(space.functions), *members.shape),
            np.array(parameters["accuracy"], dtype=np.float64),
            members,
            space.prior,
        )

    def _maximise(
        self, cells: Cells, weight: Floats, beliefs: Floats, space: VoteSpace
    ) -> "FittedLift":
        members = space.labels.membership()
        weighed = beliefs * weight[:, None]
        share = (weighed.sum(axis=0) + 1.0) / (weight.sum() + len(space.labels))
        assumed = trusting(members, self.trust) * share
        assumed /= assumed.sum(axis=1, keepdims=True)
        n_votes = cells.counted(weight[:, None])
        strength = LEAST_WEIGHT + self.strength * n_votes
        inside = (cells.counted(weighed) + strength * assumed) / (n_votes + strength)
        log_lift = np.log(inside) - np.log(share)
        own = np.where(members, log_lift, -np.inf).max(axis=2, keepdims=True)
        return FittedLift(
            np.where(members, log_lift, np.minimum(log_lift, own)),
            _accuracy(np.where(members, inside, 0.0).sum(axis=2), n_votes[:, :, 0]),
            members,
            space.prior,
        )


@dataclass(frozen=True, slots=True)
class FittedLift:
    """Lifts at work: `log_lift` [n_functions, n_sets, n_labels], `accuracy` [n_functions].

    `members` [n_sets, n_labels] says which labels a vote allows; `prior` [n_labels] is the share
    of each label.
    """

    log_lift: Floats
    accuracy: Floats
    members: npt.NDArray[np.bool_]
    prior: Floats

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """Probabilities, [n_patterns, n_labels]."""
        return self.posterior(patterns, Cells.of(patterns, *self.log_lift.shape[:2]))

    def posterior(self, patterns: VotePatterns, cells: Cells) -> Floats:
        """What all votes of a pattern say together, [n_patterns, n_labels]."""
        return posterior_of(cells.summed(self.log_lift), patterns, self.members, self.prior)

    def weights(self) -> Floats:
        """Estimated accuracy of each function's votes, [n_functions]."""
        return self.accuracy

    def parameters(self) -> dict[str, Any]:
        """Lifts and accuracies."""
        return {"log_lift": self.log_lift.tolist(), "accuracy": self.accuracy.tolist()}


def _accuracy(right: Floats, n_votes: Floats) -> Floats:
    """Mean over the votes of each function, [n_functions]; all alike where none was cast."""
    counts = n_votes + 1e-9
    accuracy: Floats = (right * counts).sum(axis=1) / counts.sum(axis=1)
    return accuracy
