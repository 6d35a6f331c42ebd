"""Votes on texts that can have several labels, read as yes and no for one label at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

NO, YES = 0, 1
BINARY = LabelSpace(("no", "yes"))
"""The labels of the question whether one label applies."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Statements:
    """What functions say of single labels: parallel arrays, [n_statements].

    `answer` is YES or NO. `pattern` is the place of the pattern that it was said in. They are
    sorted by (pattern, function, label), and each of these stands once.
    """

    pattern: Ints
    function: Ints
    label: Ints
    answer: Ints

    @classmethod
    def of(cls, patterns: VotePatterns, labels: LabelSpace, able: Bools) -> "Statements":
        """Read them off votes.

        A vote that includes a label says yes to it, one that denies it says no. A function that
        says yes to some labels says no to the others that it is able to vote for. That one of
        several labels applies says nothing of any one of them. A function that says yes and no to
        one label says nothing of it.

        Args:
            patterns: the votes.
            labels: the labels, and what votes can stand for.
            able: the labels that each function can vote for, [n_functions, n_labels].

        Example:
            >>> labels = LabelSpace(("sport", "money", "art"), multi_label=True)
            >>> patterns = VotePatterns.of(np.zeros(2, int), np.array([0, 1]), np.array([0, 5]), 1)
            >>> able = np.array([[True, True, False], [False, False, False]])
            >>> said = Statements.of(patterns, labels, able)
            >>> list(zip(said.function.tolist(), said.label.tolist(), said.answer.tolist()))
            [(0, 0, 1), (0, 1, 0), (1, 2, 0)]
        """
        stances = labels.stances()[patterns.label]
        vote, label = np.nonzero(stances)
        speaker = patterns.pattern_of_vote() * len(able) + patterns.function
        said = speaker[vote] * len(labels) + label
        says_yes = stances[vote, label] > 0
        yes, no = np.unique(said[says_yes]), np.unique(said[~says_yes])
        speakers = np.unique(speaker[vote[says_yes]])
        row, other = np.nonzero(able[speakers % max(len(able), 1)])
        implied = np.setdiff1d(speakers[row] * len(labels) + other, said)
        denied = np.union1d(np.setdiff1d(no, yes), implied)
        cell = np.concatenate([np.setdiff1d(yes, no), denied])
        answer = np.repeat([YES, NO], [len(cell) - len(denied), len(denied)])
        order = np.argsort(cell)
        who, label = np.divmod(cell[order], len(labels))
        pattern, function = np.divmod(who, max(len(able), 1))
        return cls(pattern, function, label, answer[order])

    def about(self, label: int, patterns: VotePatterns) -> VotePatterns:
        """Those on one label, as votes on the question whether it applies.

        Its items are the patterns; it counts the items of these.
        """
        here = self.label == label
        found = VotePatterns.of(
            self.pattern[here], self.function[here], self.answer[here], len(patterns)
        )
        counts = np.zeros(len(found), dtype=np.int64)
        np.add.at(counts, found.index, patterns.counts)
        return VotePatterns(found.indptr, found.function, found.label, counts, found.index)

    def on_items(self, label: int, patterns: VotePatterns) -> VotePatterns:
        """The same, with the items that have those patterns."""
        votes = self.about(label, patterns)
        index = votes.index[patterns.index]
        counts = np.bincount(index, minlength=len(votes)).astype(np.int64)
        return VotePatterns(votes.indptr, votes.function, votes.label, counts, index)


def able_of(space: VoteSpace, patterns: VotePatterns) -> Bools:
    """The labels that each function can vote for, [n_functions, n_labels].

    They are those that it declares, and those that it says yes to.
    """
    n_functions, yes = len(space.functions), space.labels.stances() > 0
    able = np.zeros((n_functions, len(space.labels)), dtype=np.bool_)
    for function, targets in enumerate(space.targets):
        able[function] = yes[list(targets)].any(axis=0)
    cell = np.unique(patterns.function.astype(np.int64) * len(yes) + patterns.label)
    np.logical_or.at(able, cell // len(yes), yes[cell % len(yes)])
    return able
