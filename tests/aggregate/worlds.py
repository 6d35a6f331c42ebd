"""Worlds with a known truth: true labels, and functions that vote on them in a known way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.core.labels import LabelSpace, Target
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

ABSTAIN = -1

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """True labels [n_items] and votes [n_items, n_functions], -1 where a function is silent."""

    truth: Ints
    votes: Ints
    n_labels: int

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        voted: npt.NDArray[np.bool_] = (self.votes != ABSTAIN).any(axis=1)
        return voted

    def patterns(self) -> VotePatterns:
        return patterns_of(self.votes)

    def space(self, balance: Sequence[float] | None = None, seed: int = 0) -> VoteSpace:
        return space_of(self.n_labels, self.votes.shape[1], balance=balance, seed=seed)

    def accuracy(self, probs: Floats) -> float:
        """Share of covered items whose best label is the true one."""
        right = probs.argmax(axis=1) == self.truth
        return float(right[self.covered].mean())


def world(
    accuracies: Sequence[float],
    coverages: Sequence[float],
    *,
    n_items: int = 1000,
    balance: Sequence[float] = (0.5, 0.5),
    seed: int = 0,
) -> World:
    """Functions that err independently: right with their accuracy, else any other label."""
    rng = np.random.default_rng(seed)
    n_labels = len(balance)
    truth = rng.choice(n_labels, size=n_items, p=balance)
    columns = []
    for accuracy, coverage in zip(accuracies, coverages, strict=True):
        wrong = (truth + rng.integers(1, n_labels, n_items)) % n_labels
        vote = np.where(rng.random(n_items) < accuracy, truth, wrong)
        columns.append(np.where(rng.random(n_items) < coverage, vote, ABSTAIN))
    return World(truth, np.stack(columns, axis=1).astype(np.int64), n_labels)


def one_sided_world(
    hit_rates: Sequence[tuple[int, float, float]],
    *,
    n_items: int = 4000,
    balance: Sequence[float] = (0.5, 0.5),
    seed: int = 0,
) -> World:
    """Functions that know one label: (label, how often it fires there, how often elsewhere)."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(balance), size=n_items, p=balance)
    columns = []
    for label, hit, false_alarm in hit_rates:
        rate = np.where(truth == label, hit, false_alarm)
        columns.append(np.where(rng.random(n_items) < rate, label, ABSTAIN))
    return World(truth, np.stack(columns, axis=1).astype(np.int64), len(balance))


def with_copies(of: World, function: int, copies: int) -> World:
    """The same world with exact copies of one function, perfectly correlated with it."""
    copied = np.repeat(of.votes[:, [function]], copies, axis=1)
    return World(of.truth, np.hstack([of.votes, copied]), of.n_labels)


def patterns_of(votes: Ints) -> VotePatterns:
    """Patterns of a matrix of label-set indices, -1 where silent."""
    item, function = np.nonzero(votes != ABSTAIN)
    return VotePatterns.of(item, function, votes[item, function], len(votes))


def space_of(
    n_labels: int,
    n_functions: int,
    *,
    balance: Sequence[float] | None = None,
    seed: int = 0,
    targets: Sequence[Target] = (),
) -> VoteSpace:
    """Labels l0, l1, … and functions f0, f1, …"""
    labels = LabelSpace(tuple(f"l{i}" for i in range(n_labels))).including(targets)
    prior = np.full(n_labels, 1 / n_labels) if balance is None else np.array(balance)
    names = tuple(f"f{i}" for i in range(n_functions))
    return VoteSpace(names, labels, prior, seed, balance is not None)
