"""The `triplet` type: accuracies in closed form, from how often three functions fire together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import (
    Cells,
    Floats,
    check_trust,
    posterior_of,
)
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter

LEAST_WEIGHT = 10.0
"""So many votes does the assumption weigh at the least."""
PARTNERS = 24
"""So many functions, those that fire most often together with one, tell of its accuracy."""
MOST = 0.99
"""The greatest accuracy that is believed."""
EDGE = 1e-6
"""How far shares stay from 0 and 1."""


@LABEL_MODELS.add("triplet")
@dataclass(frozen=True, slots=True)
class Triplet:
    """Solve for the accuracy of each vote from how often three functions fire together.

    After FlyingSquid (Fu et al. 2020, arXiv 2002.11955, algorithm 1): no
    iterations, no start to depend on. Each label is taken against the rest. Let z_i say whether
    function i votes for the label, m_i how often it does, and d_i how much more often it does
    where the label is true. Where functions are independent given the label, whose share is r,

        cov(z_i, z_j) = r (1 - r) d_i d_j

    so any two others j, k tell (d_i)^2 = cov_ij cov_ik / (cov_jk r (1 - r)), and P(label | vote)
    = r + r (1 - r) d_i / m_i. The paper has E[v_i v_j] of votes +1 and -1 in place of the
    covariance, which takes a function to err alike on both sides; this form holds for functions
    that know one label as well. Labels meet in a naive Bayes posterior: each vote adds the
    logarithm of odds(P(label | vote)) / odds(r) to the score of its label.

    It never fails: the median over all pairs j, k is taken, each weighed by its votes in common;
    a covariance that is not positive is none in the numerator, and leaves the pair out in the
    denominator; a vote never speaks against its label; and accuracies are held close to what is
    assumed (`trust`) where there is little to go by, such as fewer than three functions for a
    label. A vote for one of several labels is trusted as assumed.

    The share of a label is the class balance of the job, uniform where none is given; where it is
    far from the truth, so are the accuracies. Copies of a function make each other seem accurate.
    Where all votes agree on a label, it stays the most probable. An item without votes gets the
    class balance. Nothing is learned from gold.

    Attributes:
        strength: weight, in votes for each item, of what is assumed of a vote; 10 are added.
        trust: how probable a lone vote makes its label while nothing is known of its function.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("f", "g", "h"), LabelSpace(("no", "yes")), np.array([0.5, 0.5]))
        >>> seen = [[0, 0, 0]] * 40 + [[1, 1, 1]] * 40 + [[0, 0, 1], [1, 1, 0]] * 20
        >>> votes = VotePatterns.of_matrix(np.array(seen), 2)
        >>> Triplet().fit(votes, space).weights().round(2).tolist()
        [0.87, 0.87, 0.68]
    """

    strength: float = 0.3
    trust: float = 0.7

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 <= self.strength < np.inf:
            raise BadParameter("strength", f"is {self.strength}; give 0 or more")
        check_trust(self.trust)

    def fit(
        self,
        patterns: VotePatterns,
        space: VoteSpace,
        gold: Gold | None = None,  # noqa: ARG002 (nothing to learn from it)
    ) -> "FittedTriplet":
        """Solve for each label, then for each function that votes for it."""
        n_sets, n_labels = len(space.labels.sets), len(space.labels)
        n_items = max(int(patterns.counts.sum()), 1)
        share = np.clip(space.prior, EDGE, 1 - EDGE)
        lift = self.trust / (1 - self.trust) * max(n_labels - 1, 1)
        log_odds = np.full((len(space.functions), n_sets), np.log(lift))
        assumed = lift * share / (lift * share + 1 - share)
        accuracy = np.tile(
            np.append(assumed, np.full(n_sets - n_labels, self.trust)), (len(log_odds), 1)
        )
        for label, functions, together in _co_votes(patterns, n_sets, n_labels):
            own = together.diagonal()
            found, known = _solved(together, n_items, share[label])
            known = np.minimum(known, own)
            strength = LEAST_WEIGHT + self.strength * n_items
            learned = (known * found + strength * assumed[label]) / (known + strength)
            learned = np.clip(learned, share[label], max(MOST, share[label]))
            accuracy[functions, label] = learned
            log_odds[functions, label] = _logit(learned) - _logit(share[label])
        votes = Cells.of(patterns, *log_odds.shape)
        counts = votes.counted(patterns.counts[:, None].astype(np.float64))[:, :, 0] + EDGE
        weights = (accuracy * counts).sum(axis=1) / counts.sum(axis=1)
        return FittedTriplet(log_odds, weights, space.labels.membership(), space.prior)

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedTriplet":
        """Rebuild it from its odds."""
        members = space.labels.membership()
        log_odds = np.array(parameters["log_odds"], dtype=np.float64)
        return FittedTriplet(
            log_odds.reshape(len(space.functions), len(members)),
            np.array(parameters["accuracy"], dtype=np.float64),
            members,
            space.prior,
        )


@dataclass(frozen=True, slots=True)
class FittedTriplet:
    """Accuracies at work: `log_odds` [n_functions, n_sets] is what a vote adds to its labels.

    `accuracy` [n_functions] is that of all votes of a function; `members` [n_sets, n_labels] says
    which labels a vote allows, `prior` [n_labels] is the share of each label.
    """

    log_odds: Floats
    accuracy: Floats
    members: npt.NDArray[np.bool_]
    prior: Floats

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """Naive Bayes over labels, [n_patterns, n_labels]."""
        cells = Cells.of(patterns, *self.log_odds.shape)
        scores = cells.summed(self.log_odds[:, :, None] * self.members)
        return posterior_of(scores, patterns, self.members, self.prior)

    def weights(self) -> Floats:
        """Estimated accuracy of each function's votes, [n_functions]."""
        return self.accuracy

    def parameters(self) -> dict[str, Any]:
        """Odds and accuracies."""
        return {"log_odds": self.log_odds.tolist(), "accuracy": self.accuracy.tolist()}


def _co_votes(
    patterns: VotePatterns, n_sets: int, n_labels: int
) -> list[tuple[int, npt.NDArray[np.int64], Floats]]:
    """For each label that is voted for, its functions and how often two of them vote for it."""
    from scipy.sparse import csr_array  # noqa: PLC0415 (heavy)

    cell = patterns.function.astype(np.int64) * n_sets + patterns.label
    active, place = np.unique(cell, return_inverse=True)
    votes = csr_array(
        (np.ones(len(cell)), place, patterns.indptr), shape=(len(patterns), len(active))
    )
    together = (votes.multiply(patterns.counts[:, None]).tocsr().T @ votes).tocsr()
    found = []
    for label in range(n_labels):
        of_label = np.flatnonzero(active % n_sets == label)
        if len(of_label):
            block = together[of_label][:, of_label].toarray()
            found.append((label, active[of_label] // n_sets, block))
    return found


def _solved(together: Floats, n_items: int, share: float) -> tuple[Floats, Floats]:
    """P(label | vote) of each function of a label, and by how many votes it is known."""
    n_functions = len(together)
    fired = together.diagonal() / n_items
    covariance = np.maximum(together / n_items - np.outer(fired, fired), 0.0)
    expected = np.rint(np.outer(together.diagonal(), together.diagonal()) / n_items)
    weight = np.maximum(together, expected)  # rounded, so that sums do not depend on their order
    np.fill_diagonal(weight, 0)
    accuracy, known = np.full(n_functions, share), np.zeros(n_functions)
    for function in range(n_functions):
        others = _partners(weight[function])
        first, second = (others[side] for side in np.triu_indices(len(others), 1))
        base = covariance[first, second]
        use = base > 1e-12
        first, second = first[use], second[use]
        times = np.minimum(
            np.minimum(weight[function, first], weight[function, second]), weight[first, second]
        )
        if times.sum() > 0:
            squares = covariance[function, first] * covariance[function, second] / base[use]
            gain = np.sqrt(_median(squares, times) * share * (1 - share)) / fired[function]
            accuracy[function] = min(share + gain, 1.0)
            known[function] = weight[function, others].sum()
    return accuracy, known


def _partners(weight: Floats) -> npt.NDArray[np.int64]:
    """The functions with most votes in common, with all that have as many as the last."""
    least = max(np.partition(weight, -PARTNERS)[-PARTNERS], 1) if len(weight) > PARTNERS else 1
    return np.flatnonzero(weight >= least)


def _median(values: Floats, weights: Floats) -> float:
    """The least value with at least half of the weight up to it."""
    order = np.argsort(values, kind="stable")
    up_to = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(up_to, up_to[-1] / 2)]])


def _logit(share: Floats | float) -> Floats:
    odds: Floats = np.log(share) - np.log1p(-np.asarray(share))
    return odds
