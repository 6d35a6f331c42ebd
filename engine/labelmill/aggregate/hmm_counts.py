"""What a hidden Markov model counts in texts: moves between tags, and votes under them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats, covered, member_shares, shares_of
from labelmill.aggregate.redundancy import together
from labelmill.aggregate.sequences import (
    Chains,
    Expected,
    added_up,
    chains_of,
    expected,
    independent,
)
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.errors import UsageError

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Likely(Protocol):
    """A model as far as counting needs it."""

    @property
    def start(self) -> Floats:
        """Probability of each tag at the beginning of a text, [n_tags]."""
        ...

    @property
    def transition(self) -> Floats:
        """Probability of each move, [n_tags, n_tags]."""
        ...

    def likely(self, patterns: VotePatterns, cells: Cells, spoken: Cells) -> Floats:
        """Likelihood of each pattern under each tag, [n_patterns, n_tags], up to a factor."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """What is expected of some texts; each token is counted as often as it occurs.

    `moves` [n_tags, n_tags] are of neighbours; `nobody` [n_tags] of tokens that
    no function touches, `touched` of the others with a vote; `votes` [n_functions, n_sets,
    n_tags], `fired` [n_functions, n_tags] and `together` [n_functions, n_functions] of votes on
    these; the last only under tags other than "O".
    """

    moves: Floats
    nobody: Floats
    touched: Floats
    votes: Floats
    fired: Floats
    together: Floats

    def plus(self, other: "Counts", weight: float) -> "Counts":
        """These counts and some others, weighed."""
        names = self.__slots__
        return Counts(*(getattr(self, n) + weight * getattr(other, n) for n in names))


@dataclass(frozen=True, slots=True)
class Sample:
    """What EM counts: patterns in sequences, and their votes."""

    patterns: VotePatterns
    cells: Cells
    spoken: Cells
    untouched: Bools  # [n_patterns]
    n_tags: int

    @classmethod
    def of(cls, patterns: VotePatterns, space: VoteSpace) -> "Sample":
        """Some texts, with what has to be known of their votes."""
        check_sequences(patterns)
        n_functions = len(space.functions)
        return cls(
            patterns,
            Cells.of(patterns, n_functions, len(space.labels.sets)),
            Cells.of_functions(patterns, n_functions),
            untouched_by_any(patterns, n_functions),
            len(space.labels),
        )

    def majority(self, space: VoteSpace, trust: float) -> Floats:
        """Majority vote of each pattern, [n_patterns, n_tags]; nothing where there is no vote.

        Each vote on a touched token leaves a share of 1 - trust of what is left to "O".
        """
        shares = np.broadcast_to(member_shares(space.labels), (*self.cells.shape, self.n_tags))
        beliefs = shares_of(self.cells.summed(shares), np.zeros(self.n_tags))
        n_votes = np.diff(self.patterns.indptr)
        left = np.where((n_votes == 0) | self.untouched, 0.0, (1.0 - trust) ** n_votes)
        beliefs *= 1.0 - left[:, None]
        beliefs[:, 0] += left
        return beliefs

    def given(self, probs_of: Callable[[Ints], Floats]) -> Counts:
        """Count under probabilities of tags that are given for each item on its own."""
        return self._counted(lambda chains: independent(chains, probs_of(chains.item)))

    def expect(self, fitted: Likely) -> Counts:
        """Count under the posteriors of a model: the E step."""
        likely = fitted.likely(self.patterns, self.cells, self.spoken)
        index, start, transition = self.patterns.index, fitted.start, fitted.transition
        return self._counted(
            lambda chains: expected(chains, start, transition, likely[index[chains.item]])
        )

    def _counted(self, expect: Callable[[Chains], Expected]) -> Counts:
        probs = np.zeros((len(self.patterns), self.n_tags))
        moves = np.zeros((self.n_tags, self.n_tags))
        for chains in chains_of(self.patterns, self.n_tags):
            found = expect(chains)
            at = self.patterns.index[chains.item]
            probs += added_up(at, found.probs, len(probs))
            moves += found.moves
        probs[~covered(self.patterns)] = 0.0
        nobody = probs[self.untouched].sum(axis=0)
        probs[self.untouched] = 0.0
        return Counts(
            moves,
            nobody,
            probs.sum(axis=0),
            self.cells.counted(probs),
            self.spoken.counted(probs)[:, 0],
            together(self.patterns, probs[:, 1:].sum(axis=1), self.cells.shape[0]),
        )


def check_sequences(patterns: VotePatterns) -> None:
    """Make sure that patterns are those of tokens in their order.

    Raises:
        UsageError: if they are not.
    """
    if patterns.sequences is None or patterns.sequences[-1] != len(patterns.index):
        raise UsageError("hmm reads tokens in their order; give patterns with sequences")


def untouched_by_any(patterns: VotePatterns, n_functions: int) -> Bools:
    """Which patterns are those of tokens that no function touches: all vote for "O"."""
    outside = np.bincount(patterns.pattern_of_vote(), patterns.label == 0, len(patterns))
    everyone: Bools = (outside == n_functions) & (np.diff(patterns.indptr) == n_functions)
    return everyone & (n_functions > 0)
