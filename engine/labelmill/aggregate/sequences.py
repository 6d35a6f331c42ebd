"""Forward and backward over many sequences at once, for label models that read tokens in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from labelmill.core.patterns import VotePatterns

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NUMBERS = 4_000_000
"""About so many probabilities of items are held together."""
FLOOR = -80.0
"""The least log likelihood of a state, seen from an item's best state."""


@dataclass(frozen=True, slots=True)
class Chains:
    """Some sequences, longest first, with their items in the order in which they are read.

    First come the first items of all sequences, then the second ones, and so on. The sequences
    that have an item at a step are the first so many of those that had one at the step before,
    so each step is a slice, and nothing is padded.
    """

    item: Ints  # [n_items], the item at each place
    offsets: Ints  # [n_steps + 1], where each step begins

    @classmethod
    def of(cls, first: Ints, length: Ints) -> "Chains":
        """Sequences that begin at item `first` and have `length` items, longest first."""
        n_steps = int(length.max(initial=0))
        size = len(length) - np.searchsorted(length[::-1], np.arange(n_steps), side="right")
        offsets = np.append(0, np.cumsum(size)).astype(np.int64)
        step = np.repeat(np.arange(n_steps), size)
        place = np.arange(int(offsets[-1])) - offsets[step]
        return cls(first[place] + step, offsets)

    @property
    def n_sequences(self) -> int:
        """The number of sequences, which is that of first items."""
        return int(self.offsets[1]) if len(self.offsets) > 1 else 0

    @property
    def before(self) -> Ints:
        """The place of the item before each item that is not the first of its sequence."""
        size = np.diff(self.offsets)
        places = np.arange(self.n_sequences, len(self.item))
        before: Ints = places - np.repeat(size[:-1], size[1:])
        return before


def chains_of(patterns: VotePatterns, n_states: int) -> Iterator[Chains]:
    """The sequences of some patterns in parts, so that memory does not grow with their number."""
    bounds = np.zeros(1, dtype=np.int64) if patterns.sequences is None else patterns.sequences
    length = np.diff(bounds)
    order = np.argsort(-length, kind="stable")
    order = order[length[order] > 0]
    part = np.cumsum(length[order]) * n_states // NUMBERS
    for some in np.split(order, np.flatnonzero(np.diff(part)) + 1):
        yield Chains.of(bounds[some], length[some])


@dataclass(frozen=True, slots=True)
class Expected:
    """What forward and backward expect of some chains.

    `probs` [n_items, k] are the posteriors of the states of the items, in the order of the
    chains' places; `moves` [k, k] says how often each state is followed by each.
    """

    probs: Floats
    moves: Floats


def likelihoods(scores: Floats) -> Floats:
    """Log likelihoods [n, k] as likelihoods whose best in each row is 1, and none below FLOOR's.

    So no item is impossible, whatever the states around it.

    Example:
        >>> likelihoods(np.array([[-1000.0, -1000.0], [0.0, -9999.0]])).round(3).tolist()
        [[1.0, 1.0], [1.0, 0.0]]
    """
    best = scores.max(axis=1, keepdims=True, initial=-np.inf)
    likely: Floats = np.exp(np.maximum(scores - best, FLOOR))
    return likely


def expected(chains: Chains, start: Floats, transition: Floats, likely: Floats) -> Expected:
    """Run forward and backward (Rabiner 1989, equations 19, 20, 25, 27 and 37) over chains.

    Likelihoods come from log scores, scaled by the best state of each item, and each step is
    scaled to sum to 1 (Rabiner's section V.A). So nothing under- or overflows whatever the
    length, and a step of all sequences is one product of matrices, [n_sequences, k] x [k, k].

    Args:
        chains: the sequences.
        start: probabilities of the first state, [k].
        transition: probabilities of the state that follows each state, [k, k].
        likely: `likelihoods` of the item at each of the chains' places, [n_items, k].

    Example:
        >>> chains = Chains.of(np.array([0]), np.array([2]))
        >>> stay = np.array([[0.9, 0.1], [0.1, 0.9]])
        >>> seen = np.array([[0.9, 0.1], [0.5, 0.5]])
        >>> expected(chains, np.array([0.5, 0.5]), stay, seen).probs.round(2).tolist()
        [[0.9, 0.1], [0.82, 0.18]]
    """
    forward, scale = _forward(chains, start, transition, likely)
    scaled = likely / scale
    backward = _backward(chains, transition, scaled)
    n_first = chains.n_sequences
    scaled *= backward
    moves = transition * (forward[chains.before].T @ scaled[n_first:])
    forward *= backward
    forward /= forward.sum(axis=1, keepdims=True)
    return Expected(forward, moves)


def independent(chains: Chains, probs: Floats) -> Expected:
    """The same where each item has its own probabilities, [n_items, k], whatever is beside it."""
    return Expected(probs, probs[chains.before].T @ probs[chains.n_sequences :])


def added_up(at: Ints, values: Floats, n: int) -> Floats:
    """Sum the rows of `values` [n_rows, k] by their places, [n, k], in the order given."""
    sums: Floats = np.stack([np.bincount(at, column, n) for column in values.T], axis=1)
    return sums


def _forward(
    chains: Chains, start: Floats, transition: Floats, likely: Floats
) -> tuple[Floats, Floats]:
    """P(state | items so far) at each place, and the scale of each, [n_items, 1]."""
    forward = likely.copy()
    scale = np.empty((len(likely), 1))
    bounds = chains.offsets.tolist()
    for step, (first, last) in enumerate(pairwise(bounds)):
        here = forward[first:last]
        if step == 0:
            here *= start
        else:
            before = bounds[step - 1]
            here *= forward[before : before + last - first] @ transition
        total = here.sum(axis=1, keepdims=True)
        here /= total
        scale[first:last] = total
    return forward, scale


def _backward(chains: Chains, transition: Floats, likely: Floats) -> Floats:
    """P(items to come | state), scaled like `likely`, at each place."""
    backward = np.ones_like(likely)
    bounds = chains.offsets.tolist()
    turned = np.ascontiguousarray(transition.T)
    for step in range(len(bounds) - 2, 0, -1):
        first, last, before = bounds[step], bounds[step + 1], bounds[step - 1]
        ahead = likely[first:last] * backward[first:last]
        backward[before : before + last - first] = ahead @ turned
    return backward
