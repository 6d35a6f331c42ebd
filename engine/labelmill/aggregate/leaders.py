"""Which function copies which: pairs that do the same more often than any labels explain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats
from labelmill.aggregate.moments import Meetings
from labelmill.core.patterns import VotePatterns

Ints = npt.NDArray[np.int64]

NEAREST = 4
"""So many functions are looked at as leaders of each, by either measure."""
SIGNIFICANT = 3.0
"""Standard errors by which two functions must agree too often to be looked at."""
LEAST_ALIKE = 0.05
LEAST_SHARE = 0.1
"""Who does less than this as its leader does, has none."""
LEAST_GAIN = 10.0
"""By so much, in logarithms, the votes must be likelier with a leader than without."""
ROUNDS = 15
FIRST_SHARE = 0.3
SMOOTHING = 1.0
SMALLEST = 1e-300


def leaders_of(patterns: VotePatterns, beliefs: Floats, meetings: Meetings) -> Ints:
    """Find whom each function follows, [n_functions], -1 for nobody.

    For each pair (i, j) that agrees more often than beliefs explain, j is taken to do what i does
    with some probability and else to vote by itself (labelmill.aggregate.copying). What that
    adds to the expected log likelihood of what j does, given the beliefs, is the gain of the pair.
    Pairs are taken in the order of their gains, as long as each function has one leader and none
    follows itself: a greedy maximum forest, in the way of Chow and Liu, "Approximating discrete
    probability distributions with dependence trees" (IEEE Trans. Inf. Theory 14(3), 1968).

    Args:
        patterns: the votes, with at most one of a function in each pattern.
        beliefs: probabilities, [n_patterns, n_labels].
        meetings: how often functions cast the same vote, of whatever set of labels.
    """
    met = _Met.of(patterns, beliefs, *meetings.votes.shape)
    leader = np.full(len(met.cast), -1, dtype=np.int64)
    pairs = met.pairs(meetings.agreements())
    if not pairs:
        return leader
    same = np.stack([met.same(*pair) for pair in pairs])
    both_ways = [*pairs, *((j, i) for i, j in pairs)]
    alone = met.alone()[[j for _, j in both_ways]]
    gain, share = _gains(alone, np.concatenate([same, same]))
    for at in np.argsort(-gain, kind="stable"):
        first, second = both_ways[at]
        free = leader[second] < 0 and share[at] >= LEAST_SHARE and gain[at] >= LEAST_GAIN
        if free and not _follows(first, second, leader):
            leader[second] = first
    return leader


def roots(leader: Ints) -> Ints:
    """The function that each one follows in the end, [n_functions]; itself without a leader.

    Example:
        >>> roots(np.array([-1, 0, 1, -1])).tolist()
        [0, 0, 0, 3]
    """
    found = np.arange(len(leader))
    while (leader[found] >= 0).any():
        found = np.where(leader[found] >= 0, leader[found], found)
    return found


@dataclass(frozen=True, slots=True)
class _Met:
    """What functions did, and how often under each label."""

    votes: npt.NDArray[np.int32]  # [n_patterns, n_functions], -1 for silence
    weight: Floats  # [n_patterns, n_labels], counts times beliefs
    cast: Floats  # [n_functions, n_sets, n_labels]

    @classmethod
    def of(cls, patterns: VotePatterns, beliefs: Floats, n_functions: int, n_sets: int) -> "_Met":
        weight = beliefs * patterns.counts.astype(np.float64)[:, None]
        cast = Cells.of(patterns, n_functions, n_sets).counted(weight)
        return cls(patterns.dense(n_functions), weight, cast)

    def alone(self) -> Floats:
        """How often each function does what, [n_functions, 1 + n_sets, n_labels]."""
        silent = np.maximum(self.weight.sum(axis=0) - self.cast.sum(axis=1), 0.0)
        return np.concatenate([silent[:, None], self.cast], axis=1)

    def pairs(self, agreed: Floats) -> list[tuple[int, int]]:
        """Pairs worth a look, the lower number first: those who agree more often than foretold."""
        total, spoken = self.weight.sum(axis=0), self.cast.sum(axis=(1, 2))
        flat = (self.cast / np.sqrt(np.maximum(total, SMALLEST))).reshape(len(spoken), -1)
        fewer = np.minimum.outer(spoken, spoken)
        chosen: set[tuple[int, int]] = set()
        chance = np.outer(spoken, spoken) / max(float(total.sum()), 1.0)
        for foretold, most in ((flat @ flat.T, fewer), (chance, fewer + chance)):
            alike = (agreed - foretold) / np.maximum(most - foretold, 1.0)
            alike[agreed - foretold <= SIGNIFICANT * np.sqrt(foretold + 1)] = 0.0
            np.fill_diagonal(alike, 0.0)
            for j, near in enumerate(np.argsort(-alike, axis=1, kind="stable")[:, :NEAREST]):
                chosen |= {
                    (min(i, j), max(i, j)) for i in near.tolist() if alike[j, i] > LEAST_ALIKE
                }
        return sorted(chosen)

    def same(self, first: int, second: int) -> Floats:
        """How often two do the same, [1 + n_sets, n_labels], silence first."""
        n_sets, n_labels = self.cast.shape[1:]
        one, other = self.votes[:, first], self.votes[:, second]
        both = np.flatnonzero((one >= 0) & (other >= 0))
        weight = self.weight[both]
        spoken = self.cast[first].sum(axis=0) + self.cast[second].sum(axis=0)
        silent = self.weight.sum(axis=0) - spoken + weight.sum(axis=0)
        equal = one[both] == other[both]
        label, weight = one[both][equal], weight[equal]
        columns = [np.bincount(label, weight[:, y], n_sets) for y in range(n_labels)]
        return np.concatenate([np.maximum(silent, 0.0)[None], np.stack(columns, axis=1)])


def _gains(alone: Floats, same: Floats) -> tuple[Floats, Floats]:
    """What a leader adds to the log likelihood of each pair, and the share of copies, [n_pairs].

    Args:
        alone: how often the one who follows does what, [n_pairs, 1 + n_sets, n_labels].
        same: how often both do so.
    """
    other = np.maximum(alone - same, 0.0)
    n_items = alone.sum(axis=(1, 2))
    table = without = _shares(alone)
    share = np.full(len(alone), FIRST_SHARE)
    for _ in range(ROUNDS):
        each = share[:, None, None]
        copied = same * each / (each + (1 - each) * table)
        share = np.clip(copied.sum(axis=(1, 2)) / n_items, 1e-6, 0.98)
        table = _shares(np.maximum(other + same - copied, 0.0))
    each = share[:, None, None]
    gained = other * (np.log1p(-each) + np.log(table + SMALLEST))
    gained += same * np.log(each + (1 - each) * table)
    gained -= alone * np.log(without + SMALLEST)
    return gained.sum(axis=(1, 2)), share


def _shares(counts: Floats) -> Floats:
    """Counts [..., n_votes, n_labels] as P(vote | label), held near what is usual for a vote."""
    usual = counts.sum(axis=2, keepdims=True)
    usual = usual / np.maximum(usual.sum(axis=1, keepdims=True), SMALLEST)
    shares: Floats = (counts + SMOOTHING * usual) / (counts.sum(axis=1, keepdims=True) + SMOOTHING)
    return shares


def _follows(function: int, other: int, leader: Sequence[int] | Ints) -> bool:
    """Whether a function is the other one, or follows it in the end."""
    while function >= 0 and function != other:
        function = int(leader[function])
    return function == other
