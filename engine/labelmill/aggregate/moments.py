"""Skills of functions and the balance of labels, from how often pairs of functions agree."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Floats
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

DENSE = 0.25
"""From this share of cells on that hold a vote, counting them densely is quicker."""
TOGETHER = 8_192
"""So many patterns are counted together densely."""
ROUNDS = 25
MEDIANS = 8
"""Rounds that take medians, which no single pair can move, before those that take means."""
SETTLED = 4
"""Rounds before the balance and the activity are estimated too."""
EXPECTED = 0.5
"""What is assumed of a skill, and worth as much as STRENGTH pairs of votes."""
STRENGTH = 10.0
MOST = 0.97
LEAST_SKILL = 0.05
"""By less than this nothing is divided."""
SATURATED = 400.0
"""No pair of functions tells more than so many expected meetings would."""
OUTLIER = 0.25
"""A pair that is further from what skills foretell, and significantly so, counts for less."""
SIGNIFICANT = 3.0
BALANCE_STRENGTH = 40.0
BALANCE_VOTES = 200.0
"""Votes of functions that know most labels show a balance, after so many of a uniform one."""
ACTIVITY_STRENGTH = 200.0
ACTIVITY = (0.8, 5.0)
STARTS = 2
"""So many of the strongest directions of agreement are tried as starts, both ways round."""
FIRST = 0.75
"""The skill that such a start gives to the function which agrees most."""
LABELS_THAT_TELL, FUNCTIONS_THAT_TELL = 3, 4
MOST_WRONG = 0.9
FEW = 0.5
"""Functions that know something are few below this share."""
CLEARLY = 0.5
"""Another start is taken if it leaves less than this share of what the usual one leaves."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """How often pairs of functions vote on the same item.

    `votes` [n_functions, n_labels] counts votes for single labels, `same` [n_functions ** 2,
    n_labels] (sparse) how often two functions vote for the same label, `both` [n_functions,
    n_functions] how often both vote for any; the diagonals are 0. `n_items` counts all items.
    Votes for one of several labels are left out.
    """

    votes: Floats
    same: Any
    both: Floats
    n_items: float

    @classmethod
    def of(cls, patterns: VotePatterns, n_functions: int, n_labels: int) -> "Meetings":
        """Count them; whole numbers, so the same whatever the order."""
        from scipy.sparse import csr_array, vstack  # noqa: PLC0415 (heavy)

        each = patterns.pattern_of_vote()
        single = patterns.label < n_labels
        each, function, label = each[single], patterns.function[single], patterns.label[single]
        times = patterns.counts.astype(np.float64)
        cell = function.astype(np.int64) * n_labels + label
        votes = np.bincount(cell, times[each], minlength=n_functions * n_labels)
        shape = (len(patterns), n_functions)
        together = []
        for value in range(n_labels):
            of = label == value
            gram = _gram(each[of], function[of], times, shape)
            np.fill_diagonal(gram, 0)
            together.append(csr_array(gram.reshape(1, -1)))
        both = _gram(each, function, times, shape)
        np.fill_diagonal(both, 0)
        same = csr_array(vstack(together).T)
        counted: Floats = votes.reshape(n_functions, n_labels).astype(np.float64)
        return cls(counted, same, both, float(times.sum()))

    def agreements(self) -> Floats:
        """How often two functions vote for the same label, [n_functions, n_functions]."""
        return self.of_same(np.ones(self.votes.shape[1]))

    def of_same(self, weight: Floats) -> Floats:
        """Sum agreements with a weight for each label, [n_functions, n_functions]."""
        sums: Floats = (self.same @ weight).reshape(self.both.shape)
        return sums

    def by_label(self, weight: Floats) -> Floats:
        """Sum agreements with a weight for each pair, [n_labels]."""
        sums: Floats = self.same.T @ weight.ravel()
        return sums


@dataclass(frozen=True, slots=True)
class Skills:
    """What agreements tell of functions and labels.

    `skill` [n_functions] is the probability that a vote of a function comes from knowing the
    truth, `known` [n_functions] by how much it is known (an information: one by the square root
    of it is about the standard error), `balance` [n_labels] the share of each label. `opposed` is
    the share, among votes of functions that clearly go with or against the others, of those that
    go against them. `unlike` is the share of what pairs tell that stands in pairs which agree much
    less than these skills foretell. `outnumbered`: the functions that know the truth are those
    that agree with each other, not the many.
    """

    skill: Floats
    known: Floats
    balance: Floats
    opposed: float
    unlike: float = 0.0
    outnumbered: bool = False


def skills_of(meetings: Meetings, space: VoteSpace) -> Skills:
    """Estimate skills and balance.

    A function either knows the label of an item, with probability u, or votes whatever it likes.
    So P(label = c | vote a) = u [a = c] + (1 - u) pi_c, with pi the balance, and for two functions
    i and j that are independent given the label

        N n_ij(a, b) / (n_i(a) n_j(b)) = 1 + u_i u_j ([a = b] / pi_a - 1)

    where n counts votes and N items: how often a function votes, and for what, cancels out, so
    functions that know one label and functions that know all are treated alike. Given pi, each
    pair tells u_i u_j by least squares; the u are the factors of that matrix, by alternating
    least squares that start with medians; given u, agreements on each label tell its pi. A common
    factor for all pairs, the activity, is estimated beside them: on long texts all functions fire
    more often.

    Most functions are taken to be sound at first. With three labels or more that can be tested:
    functions that know the truth agree on it, while those that are mostly wrong are wrong in
    different ways (for them u is above -1 / (number of labels - 1), so they hardly agree). So the
    strongest directions of agreement, the leading eigenvectors, are tried as starts too, and one
    of them is taken if it explains the pairs clearly better. With two labels nothing tells them
    apart.

    Nothing is believed without cause: skills are held at EXPECTED by STRENGTH meetings, the
    balance at that of functions which know most labels; a pair of functions that meets often
    tells no more than SATURATED meetings; pairs that agree, or differ, much more than skills
    foretell (copies, or functions for different kinds of one label) count for less.
    """
    start = space.prior if space.balance_given else _start_balance(meetings.votes)
    estimate = _Estimate(meetings, np.clip(start, 1e-4, 1.0), learn=not space.balance_given)
    other_start = estimate.start_better()
    first = SETTLED if other_start else 0
    for turn in range(first, first + ROUNDS):
        estimate.improve(turn)
    return estimate.skills(other_start=other_start)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Skills [n_functions] that explain what pairs tell, and how far each pair is believed.

    `least` is the lowest skill there can be: 0, or below for functions that are mostly wrong.
    """

    skill: Floats
    damping: Floats  # [n_functions, n_functions]
    least: float = 0.0

    def better(self, told: Floats, meant: Floats, *, early: bool) -> "_Fit":
        """One round of alternating least squares, with medians while it is early."""
        capped = np.minimum(meant, SATURATED)
        capped = np.where(told > 1, capped / np.maximum(told, 1) ** 4, capped)
        found = self._medians(told, capped) if early else self._means(told, capped * self.damping)
        skill = np.clip((self.skill + found) / 2, self.least, MOST)
        away = told - np.outer(skill, skill)
        significant = np.abs(away) * np.sqrt(meant) > SIGNIFICANT
        beyond = OUTLIER / np.maximum(np.abs(away), OUTLIER)
        return replace(self, skill=skill, damping=np.where(significant, beyond**2, 1.0))

    def left(self, told: Floats, meant: Floats) -> float:
        """What it leaves unexplained: a mean of squares, none of which counts beyond OUTLIER."""
        capped = np.minimum(meant, SATURATED)
        away = np.minimum(np.abs(told - np.outer(self.skill, self.skill)), OUTLIER)
        return float((capped * away**2).sum() / max(capped.sum(), 1e-9))

    def _medians(self, told: Floats, weight: Floats) -> Floats:
        sign = np.where(self.skill < 0, -1.0, 1.0)
        partner = sign * np.maximum(np.abs(self.skill), LEAST_SKILL)
        middle, total = _medians(told / partner, weight * self.skill**2)
        found: Floats = (total * middle + STRENGTH * EXPECTED) / (total + STRENGTH)
        return found

    def _means(self, told: Floats, weight: Floats) -> Floats:
        sums = (weight * told) @ self.skill + STRENGTH * EXPECTED
        found: Floats = sums / (weight @ self.skill**2 + STRENGTH)
        return found


def _directions(told: Floats, meant: Floats, least: float) -> Iterator[Floats]:
    """Skills [n_functions] along the strongest directions of agreement, both ways round."""
    weight = np.minimum(meant, SATURATED)
    weight = np.where(told > 1, weight / np.maximum(told, 1) ** 4, weight)
    scale = np.sqrt(weight.sum(axis=1) + STRENGTH)
    agreement = weight * told / np.outer(scale, scale)
    _, vectors = np.linalg.eigh((agreement + agreement.T) / 2)
    for vector in vectors[:, : -1 - STARTS : -1].T:
        direction = vector / scale
        direction *= FIRST / max(np.abs(direction).max(), 1e-12)
        for way in (direction, -direction):
            if way.max() > LEAST_SKILL:
                yield np.maximum(way, least)


class _Estimate:
    """Skills, balance and activity on their way."""

    def __init__(self, meetings: Meetings, balance: Floats, *, learn: bool) -> None:
        self._meetings, self._learn = meetings, learn
        self._start = self._balance = balance / balance.sum()
        self._fit = _first(np.full(len(meetings.votes), EXPECTED))
        self._activity = 1.0
        self._fired = meetings.votes.sum(axis=1)
        self._chance = np.outer(self._fired, self._fired) / max(meetings.n_items, 1.0)
        np.fill_diagonal(self._chance, 0)
        self._look()

    def start_better(self) -> bool:
        """Start from functions that agree, if that explains pairs better than trust in all does."""
        n_labels, n_functions = len(self._balance), len(self._fired)
        if n_labels < LABELS_THAT_TELL or n_functions < FUNCTIONS_THAT_TELL:
            return False
        told, meant, least = self._told, self._meant, -MOST_WRONG / (n_labels - 1)
        usual = self._settled(self._fit, 0)
        others = [
            self._settled(_first(skill, least), SETTLED)
            for skill in _directions(told, meant, least)
        ]
        best = min(others, key=lambda fit: fit.left(told, meant), default=usual)
        if best.left(told, meant) >= CLEARLY * usual.left(told, meant):
            return False
        self._fit = best
        return True

    def improve(self, turn: int) -> None:
        """One round."""
        self._fit = self._fit.better(self._told, self._meant, early=turn < MEDIANS)
        if turn >= SETTLED:
            expected = np.outer(self._fit.skill, self._fit.skill)
            trusted = self._fit.damping * np.minimum(1, SATURATED / np.maximum(self._meant, 1e-9))
            np.fill_diagonal(trusted, 0)
            if self._learn:
                self._rebalance(trusted, expected)
            self._measure_activity(trusted, expected)
        self._look()

    def skills(self, *, other_start: bool) -> Skills:
        """What came out."""
        skill = np.maximum(self._fit.skill, 0.0)
        capped = np.minimum(self._meant, SATURATED)
        sums, information = (capped * self._told) @ skill, capped @ skill**2
        direction = sums / np.maximum(information, 1e-9)
        clear = np.abs(sums) > (SIGNIFICANT + 1) * np.sqrt(np.maximum(information, 1e-9))
        against, along = clear & (direction < -0.1), clear & (direction > 0.1)
        total = self._fired[against | along].sum()
        opposed = float(self._fired[against].sum() / total) if total else 0.0
        away = self._told - np.outer(skill, skill)
        low = (away < -OUTLIER) & (-away * np.sqrt(self._meant) > SIGNIFICANT)
        unlike = float((capped * low).sum() / max(capped.sum(), 1e-9))
        few = other_start and float((skill > LEAST_SKILL).mean()) < FEW
        return Skills(skill, information + STRENGTH, self._balance, opposed, unlike, few)

    def _settled(self, fit: _Fit, first: int) -> _Fit:
        """The same after all rounds, while balance and activity stand still."""
        for turn in range(first, ROUNDS + first):
            fit = fit.better(self._told, self._meant, early=turn < MEDIANS)
        return fit

    def _look(self) -> None:
        """What each pair tells of the product of its skills, and by how many meetings."""
        inverse = 1 / self._balance
        self._seen = self._meetings.of_same(inverse) - self._meetings.both
        self._foreseen = self._by_chance(inverse) - self._chance
        self._meant = self._by_chance((inverse - 1) ** 2 - 1) + self._chance
        excess = self._seen / self._activity - self._foreseen
        self._told = excess / np.maximum(self._meant, 1e-12)

    def _by_chance(self, weight: Floats) -> Floats:
        """Agreements by chance, with a weight for each label, [n_functions, n_functions]."""
        votes = self._meetings.votes
        sums: Floats = (votes * weight) @ votes.T / max(self._meetings.n_items, 1.0)
        np.fill_diagonal(sums, 0)
        return sums

    def _rebalance(self, trusted: Floats, expected: Floats) -> None:
        """Agreements on a label are the more telling the rarer it is: that shows how rare."""
        meetings, votes = self._meetings, self._meetings.votes
        first, second = trusted * expected, trusted * expected**2
        seen = meetings.by_label(first) / self._activity
        n_items = max(meetings.n_items, 1.0)
        excess = seen - np.einsum("ia,ij,ja->a", votes, first, votes, optimize=True) / n_items
        meant = np.einsum("ia,ij,ja->a", votes, second, votes, optimize=True) / n_items
        assumed = 1 / self._start - 1
        rarity = (excess + BALANCE_STRENGTH * assumed) / (meant + BALANCE_STRENGTH)
        share = 1 / (1 + np.clip(rarity, 0.02, 500.0))
        balance = np.sqrt(self._balance * share / share.sum())
        self._balance = balance / balance.sum()

    def _measure_activity(self, trusted: Floats, expected: Floats) -> None:
        """How much more often functions meet than skills foretell."""
        met = (trusted * (self._meetings.both + expected * self._seen)).sum()
        terms = self._chance + 2 * expected * self._foreseen + expected**2 * self._meant
        meant = (trusted * terms).sum()
        activity = (met + ACTIVITY_STRENGTH) / (meant + ACTIVITY_STRENGTH)
        self._activity = float(np.clip(activity, *ACTIVITY))


def _first(skill: Floats, least: float = 0.0) -> _Fit:
    """Where to start from: every pair is believed."""
    return _Fit(skill, np.ones((len(skill), len(skill))), least)


def _gram(
    each: npt.NDArray[np.integer],
    function: npt.NDArray[np.integer],
    times: Floats,
    shape: tuple[int, int],
) -> Floats:
    """How often two functions vote in the same pattern, [n_functions, n_functions]."""
    from scipy.sparse import csr_array  # noqa: PLC0415 (heavy)

    ones = np.ones(len(each))
    fired = csr_array((ones, (each, function)), shape=shape)
    if len(each) < DENSE * shape[0] * shape[1]:
        gram: Floats = (fired.multiply(times[:, None]).tocsr().T @ fired).toarray()
        return gram
    total = np.zeros((shape[1], shape[1]))
    for first in range(0, shape[0], TOGETHER):
        block = fired[first : first + TOGETHER].toarray()
        total += (block * times[first : first + TOGETHER, None]).T @ block
    return total


def _start_balance(votes: Floats) -> Floats:
    """The balance that functions which know most labels show, near uniform if they say little.

    What others vote for says only who wrote them, and whom they copy.
    """
    most = votes[(votes > 0).sum(axis=1) > votes.shape[1] / 2].sum(axis=0)
    counts = most + BALANCE_VOTES / votes.shape[1]
    shares: Floats = counts / counts.sum()
    return shares


def _medians(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The weighted median of each row, and the weight of the row."""
    order = np.argsort(values, axis=1, kind="stable")
    up_to = np.cumsum(np.take_along_axis(weights, order, 1), axis=1)
    total = up_to[:, -1]
    middle = (up_to >= total[:, None] / 2).argmax(axis=1)
    rows = np.arange(len(values))
    return values[rows, order[rows, middle]], total
