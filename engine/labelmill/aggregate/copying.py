"""Latent labels seen through functions that may copy each other, learned by EM."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats, favouring, log, softmax
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ROUNDS = 20
"""Rounds of EM."""
FIRST_SHARES, SHARES = 5, 2
"""So often the shares of copies and the tables are fitted to each other, at first and later."""
RIGHT_STRENGTH, EXPECTED = 20.0, 0.5
"""A function is taken to know its labels half of the time, which weighs as much as 20 votes."""
SPREAD_STRENGTH = 100.0
"""What a wrong vote says of the labels is taken from their balance, as if so many votes said so."""
BALANCE_STRENGTH = 20.0
SHARE_STRENGTH = 20.0
TALKATIVE = 0.999
"""No function is taken to speak more often than this, so that silence is never impossible."""
MOST_SHARE = 0.99
SMALLEST = 1e-9
TOGETHER = 8_192
"""So many patterns are laid out densely at a time."""


@dataclass(frozen=True, slots=True)
class Copying:
    """Functions that vote by the label of an item, or do exactly what their leader did.

    A function j without a leader has P(v | y) = t_j(v, y) for each vote v (silence is one) and
    label y; one that follows i has

        P(v | y, v_i) = f_j [v = v_i] + (1 - f_j) t_j(v, y)

    as in the copy detection of Dong, Berti-Equille and Srivastava, "Integrating conflicting data:
    the role of source dependence" (PVLDB 2(1), 2009), section 3, with the confusion tables of
    Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
    algorithm" (Applied Statistics 28(1), 1979). There, two sources that share false values are
    dependent; here silence in the same places tells as well.

    `table` [n_functions, 1 + n_sets, n_labels] holds t, silence first, `balance` [n_labels] P(y),
    `share` [n_functions] f, and `leader` [n_functions] who is followed, -1 for nobody. `members`
    [n_sets, n_labels] says which labels a vote allows.

    Example:
        >>> table = np.array([[[0.5, 0.5], [0.4, 0.1], [0.1, 0.4]]] * 2)
        >>> model = Copying(
        ...     table,
        ...     np.array([0.5, 0.5]),
        ...     np.array([0.0, 0.9]),
        ...     np.array([-1, 0]),
        ...     np.eye(2, dtype=bool),
        ... )
        >>> votes = VotePatterns.of_matrix(np.array([[0, 0], [0, -1]]), 2)
        >>> model.predict(votes)[votes.index].round(2).tolist()
        [[0.81, 0.19], [0.8, 0.2]]
    """

    table: Floats
    balance: Floats
    share: Floats
    leader: Ints
    members: Bools

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """P(label | votes), [n_patterns, n_labels]."""
        return self.posterior_of(deeds(patterns, self.leader, self.table.shape[1] - 1))

    def posterior_of(self, cells: Cells) -> Floats:
        """The same from what functions did beside their leaders (see `deeds`)."""
        logs = self._logs()
        silent = logs[np.arange(len(logs)), quiet(self.leader, self.table.shape[1] - 1)]
        scores = cells.summed(logs - silent[:, None, :]) + silent.sum(axis=0) + log(self.balance)
        voted = (self.table[:, 1:] * self.balance).sum(axis=(0, 2)) @ self.members > 0
        possible = voted & (self.balance > SMALLEST)  # a balance of 0 was given as that
        return softmax(favouring(scores, np.broadcast_to(possible, scores.shape)))

    def weights(self) -> Floats:
        """How often a vote of a function is right, its own or a copy, [n_functions]."""
        votes = self.table[:, 1:] * self.balance
        cast = votes.sum(axis=(1, 2))
        lucky = float((self.members @ self.balance).mean())
        right = (votes * self.members).sum(axis=(1, 2)) / np.maximum(cast, SMALLEST)
        own = weights = np.where(cast > 0, right, lucky)
        for _ in range(len(own)):  # as long as the longest chain of leaders at the most
            copied = self.share * weights[self.leader] + (1 - self.share) * own
            weights = np.where(self.leader >= 0, copied, own)
        return weights

    def parameters(self) -> dict[str, Any]:
        """Everything that was learned."""
        return {
            "table": self.table.tolist(),
            "balance": self.balance.tolist(),
            "share": self.share.tolist(),
            "leader": self.leader.tolist(),
        }

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "Copying":
        """Rebuild it from its parameters."""
        members = space.labels.membership()
        shape = (len(space.functions), 1 + len(members), members.shape[1])
        told = {name: np.array(parameters[name]) for name in ("balance", "share", "leader")}
        table = np.array(parameters["table"], dtype=np.float64).reshape(shape)
        return cls(table, members=members, **told)

    def _logs(self) -> Floats:
        """Of each deed the log probability, [n_functions, 2 * (1 + n_sets), n_labels]."""
        table = np.clip(self.table, SMALLEST, 1.0)
        share = np.where(self.leader >= 0, np.minimum(self.share, MOST_SHARE), 0.0)[:, None, None]
        other, same = np.log1p(-share) + np.log(table), np.log(share + (1 - share) * table)
        return np.concatenate([other, same], axis=1)


def deeds(patterns: VotePatterns, leader: Ints, n_sets: int) -> Cells:
    """What each function did beside its leader, as cells of [n_functions, 2 * (1 + n_sets)].

    The first half of a row is for what differs from the leader's vote (and for all that functions
    without a leader do), the second for what is the same; silence stands first in each. What a
    function does when all are silent (`quiet`) is left out.

    Example:
        >>> votes = VotePatterns.of_matrix(np.array([[-1, -1], [0, -1], [0, 0]]), 1)
        >>> deeds(votes, np.array([-1, 0]), 1).cell.tolist()
        [1, 4, 1, 7]
    """
    n_functions, width = len(leader), 2 * (1 + n_sets)
    cells, lengths = [], []
    for votes in laid_out(patterns, n_functions):
        same = (leader >= 0) & (votes == votes[:, leader])
        deed = np.where(same, 1 + n_sets, 0) + 1 + votes
        told = deed != quiet(leader, n_sets)
        cells.append((deed + width * np.arange(n_functions))[told])
        lengths.append(told.sum(axis=1))
    offsets = np.append(0, np.cumsum(np.concatenate([*lengths, np.zeros(0, np.int64)])))
    cell = np.concatenate([*cells, np.zeros(0, np.int64)]).astype(np.int64)
    return Cells.at(cell, offsets.astype(np.int64), (n_functions, width))


def quiet(leader: Ints, n_sets: int) -> Ints:
    """What each function does when all are silent, [n_functions]."""
    return np.where(leader >= 0, 1 + n_sets, 0)


def laid_out(patterns: VotePatterns, n_functions: int) -> Iterator[npt.NDArray[np.int32]]:
    """Votes [some patterns, n_functions], -1 for silence, a part at a time."""
    for start in range(0, len(patterns), TOGETHER):
        indptr = patterns.indptr[start : start + TOGETHER + 1]
        votes = slice(indptr[0], indptr[-1])
        part = VotePatterns(
            indptr - indptr[0],
            patterns.function[votes],
            patterns.label[votes],
            patterns.counts[start : start + TOGETHER],
            patterns.index[:0],
        )
        yield part.dense(n_functions)


def learned(
    patterns: VotePatterns, beliefs: Floats, leader: Ints, members: Bools, given: Floats | None
) -> tuple[Copying, Floats]:
    """Fit a model by EM that starts from beliefs.

    The M step is a posterior mean: how often a vote is right is held where a function knows half
    of its labels, what a wrong vote says near the balance of the other labels.

    Args:
        patterns: the votes, with at most one of a function in each pattern.
        beliefs: probabilities to start from, [n_patterns, n_labels].
        leader: whom each function follows, -1 for nobody, without circles.
        members: which labels a vote allows, [n_sets, n_labels].
        given: the balance, [n_labels], where it is known.

    Returns:
        The model and its beliefs, [n_patterns, n_labels].
    """
    cells = deeds(patterns, leader, len(members))
    counts = patterns.counts.astype(np.float64)[:, None]
    n_functions, n_labels = len(leader), members.shape[1]
    even = np.full(n_labels, 1 / n_labels) if given is None else np.maximum(given, SMALLEST)
    table = np.full((n_functions, 1 + len(members), n_labels), 0.5)
    model = Copying(table, even, np.where(leader >= 0, 0.5, 0.0), leader, members)
    for turn in range(ROUNDS + 1):
        seen = _Seen.of(cells, beliefs * counts, leader, len(members))
        model = seen.fitted(model, FIRST_SHARES if turn == 0 else SHARES, given)
        beliefs = model.posterior_of(cells)
    return model, beliefs


def own_votes(model: Copying, patterns: VotePatterns, beliefs: Floats) -> Floats:
    """How often each function cast which vote by itself, [n_functions, n_sets, n_labels].

    Args:
        model: says how likely a vote is a copy.
        patterns: the votes.
        beliefs: probabilities, [n_patterns, n_labels].
    """
    n_sets = len(model.members)
    weight = beliefs * patterns.counts.astype(np.float64)[:, None]
    seen = _Seen.of(deeds(patterns, model.leader, n_sets), weight, model.leader, n_sets)
    return seen.own(model)[:, 1:]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Expected counts of each deed under each label, [n_functions, 1 + n_sets, n_labels]."""

    other: Floats
    same: Floats
    total: Floats  # [n_labels]

    @classmethod
    def of(cls, cells: Cells, weight: Floats, leader: Ints, n_sets: int) -> "_Seen":
        counts, total = cells.counted(weight), weight.sum(axis=0)
        rest = np.maximum(total - counts.sum(axis=1), 0.0)
        counts[np.arange(len(leader)), quiet(leader, n_sets)] += rest
        return cls(counts[:, : 1 + n_sets], counts[:, 1 + n_sets :], total)

    def fitted(self, model: Copying, turns: int, given: Floats | None) -> Copying:
        """The M step."""
        n_items, n_labels = self.total.sum(), len(self.total)
        balance = (self.total + BALANCE_STRENGTH / n_labels) / (n_items + BALANCE_STRENGTH)
        balance = model.balance if given is not None else balance
        for _ in range(turns):
            own = self.own(model)
            copied = self.other + self.same - own
            share = (copied.sum(axis=(1, 2)) + 1) / (n_items + SHARE_STRENGTH)
            share = np.where(model.leader >= 0, share, 0.0)
            model = replace(model, share=share, table=_table(own, balance, model.members))
        return replace(model, balance=balance)

    def own(self, model: Copying) -> Floats:
        """What functions did by themselves, not as their leaders did."""
        share = model.share[:, None, None]
        alone = share + (1 - share) * np.clip(model.table, SMALLEST, 1.0)
        return self.other + self.same * (1 - share / alone)


def _table(own: Floats, balance: Floats, members: Bools) -> Floats:
    """P(vote | label) from expected counts of what is not copied, both silence first."""
    inside = members * balance
    within = np.clip(inside.sum(axis=1), SMALLEST, 1 - SMALLEST)  # [n_sets]
    votes = own[:, 1:]
    cast = votes.sum(axis=2)  # [n_functions, n_sets]
    expected = within + EXPECTED * (1 - within)
    right = (votes * members).sum(axis=2) + RIGHT_STRENGTH * expected
    right = (right / (cast + RIGHT_STRENGTH))[:, :, None]
    outside = ~members * balance / (1 - within)[:, None]
    usual = right * inside / within[:, None] + (1 - right) * outside
    truth = (votes + SPREAD_STRENGTH * usual) / (cast + SPREAD_STRENGTH)[:, :, None]
    rate = cast / np.maximum(own.sum(axis=(1, 2)), SMALLEST)[:, None]
    like = rate[:, :, None] * truth / balance
    like = like / np.maximum(like.sum(axis=1, keepdims=True) / TALKATIVE, 1.0)
    return np.concatenate([1 - like.sum(axis=1, keepdims=True), like], axis=1)
