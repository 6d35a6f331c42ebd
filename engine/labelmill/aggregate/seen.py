"""What a fitted label model says of the votes it learned from, beside what the votes say."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats, covered, member_shares, shares_of
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import FittedLabelModel, VoteSpace

MOST = 20_000
"""Of so many items a guard can tell what it has to tell; of more it takes an even sample."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Seen:
    """The patterns with votes, what their votes say, and what a fitted model says of them.

    Of several votes of a function in a pattern the first is there. In ner the tokens that no
    function touches, which all of them take for "O", are not. An answer is what the model says of
    a pattern, or in a sequential model of an item.
    """

    patterns: VotePatterns
    weight: Floats  # [n_patterns], items
    votes: Floats  # [n_patterns, n_labels], shares of the votes
    answers: Floats  # [n_answers, n_labels]
    pattern: Ints  # [n_answers]
    times: Floats  # [n_answers], items
    asked: float  # items, those without votes among them

    @classmethod
    def of(cls, fitted: FittedLabelModel, patterns: VotePatterns, space: VoteSpace) -> "Seen":
        """Ask a fitted model about the items that it learned from, or a sample of them."""
        some = _some_texts(patterns) if fitted.sequential else _some_patterns(patterns)
        answers = fitted.predict(some)
        there = has_votes(some, space) & (some.counts > 0)
        kept = _selected(_first_votes(some), there)
        place = np.full(len(some), -1, dtype=np.int64)
        place[there] = np.arange(len(kept))
        pattern = place[some.index] if fitted.sequential else place
        asked = pattern >= 0
        weight = kept.counts.astype(np.float64)
        cells = Cells.at(kept.label, kept.indptr, (1, len(space.labels.sets)))
        return cls(
            kept,
            weight,
            shares_of(cells.summed(member_shares(space.labels)), space.prior),
            answers[asked],
            pattern[asked],
            np.ones(asked.sum()) if fitted.sequential else weight[pattern[asked]],
            float(some.counts.sum()),
        )

    @property
    def n_items(self) -> float:
        """How many items have votes."""
        return float(self.weight.sum())

    def votes_of_functions(self, n_functions: int) -> Floats:
        """How many votes each function gave, [n_functions]."""
        times = np.repeat(self.weight, np.diff(self.patterns.indptr))
        count = np.bincount(self.patterns.function, times, minlength=n_functions)
        return count.astype(np.float64)

    def means(self) -> Floats:
        """What the model says of each pattern on average, [n_patterns, n_labels]."""
        columns = [
            np.bincount(self.pattern, weights=column * self.times, minlength=len(self.weight))
            for column in self.answers.T
        ]
        total = np.bincount(self.pattern, weights=self.times, minlength=len(self.weight))
        means: Floats = np.stack(columns, axis=1) / np.maximum(total, 1.0)[:, None]
        return means


def has_votes(patterns: VotePatterns, space: VoteSpace) -> Bools:
    """Which patterns have a vote, [n_patterns]; a token that no function touches has none."""
    some: Bools = covered(patterns) & ~_voiced(patterns, space)
    return some


def _some_patterns(patterns: VotePatterns) -> VotePatterns:
    """The patterns of MOST items that stand at even distances, or all."""
    total = int(patterns.counts.sum())
    if total <= MOST or len(patterns) <= MOST // 10:
        return patterns
    ends = np.cumsum(patterns.counts)
    drawn = np.searchsorted(ends, np.arange(MOST) * (total / MOST), side="right")
    chosen, counts = np.unique(drawn, return_counts=True)
    mask = np.zeros(len(patterns), dtype=np.bool_)
    mask[chosen] = True
    some = _selected(patterns, mask)
    return VotePatterns(some.indptr, some.function, some.label, counts, some.index)


def _some_texts(patterns: VotePatterns) -> VotePatterns:
    """Every n-th text, so that about MOST items are left, or all."""
    step = -(-len(patterns.index) // MOST)
    if step <= 1 or patterns.sequences is None:
        return patterns
    lengths = np.diff(patterns.sequences)
    return patterns.kept(np.repeat(np.arange(len(lengths)) % step == 0, lengths))


def _voiced(patterns: VotePatterns, space: VoteSpace) -> Bools:
    """Which patterns are the silence of all functions on a token, told as votes for "O"."""
    if space.labels.names[0] != "O":
        return np.zeros(len(patterns), dtype=np.bool_)
    outside = np.append(0, np.cumsum(patterns.label == 0))[patterns.indptr]
    full: Bools = np.diff(patterns.indptr) == len(space.functions)
    voiced: Bools = full & (np.diff(outside) == np.diff(patterns.indptr))
    return voiced


def _first_votes(patterns: VotePatterns) -> VotePatterns:
    """Each function's first vote in each pattern."""
    first = patterns.first_of_function()
    indptr = np.append(0, np.cumsum(first))[patterns.indptr]
    function, label = patterns.function[first], patterns.label[first]
    return VotePatterns(indptr, function, label, patterns.counts, patterns.index)


def _selected(patterns: VotePatterns, mask: Bools) -> VotePatterns:
    """Some of the patterns, without items."""
    lengths = np.diff(patterns.indptr)
    votes = np.repeat(mask, lengths)
    indptr = np.append(0, np.cumsum(lengths[mask]))
    function, label = patterns.function[votes], patterns.label[votes]
    return VotePatterns(indptr, function, label, patterns.counts[mask], patterns.index[:0])
