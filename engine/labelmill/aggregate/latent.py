"""Whether a model of labels and copies explains the votes, so that it may be believed."""

from dataclasses import dataclass

import numpy as np

from labelmill.aggregate.copying import Bools, Copying, Ints, learned, own_votes
from labelmill.aggregate.evidence import Cells, Floats
from labelmill.aggregate.leaders import leaders_of, roots
from labelmill.aggregate.moments import Meetings
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import FittedLabelModel, VoteSpace

MOST_ITEMS, MOST_CELLS = 50_000, 10_000_000
"""So many items, and votes with silences, are looked at, where there are more patterns."""
MOST_ENTRIES = 200_000
"""Functions times votes times labels: beyond so many the model would take minutes."""
FEWEST_FUNCTIONS = 4
FEWEST_ITEMS = 1_000
"""Below so many items with two votes or more nothing is believed."""
FEWEST_MEETINGS = 40
"""Nor where the votes of a function meet others on fewer items, on average."""
LOOKS = 3
"""So often functions are searched for copies; the last time from what was learned before."""
LIKELY = 1.15
"""Mean squared residual of pairs, 1 if the model is true, up to which it explains them."""
SMALL = 0.05
"""A misfit of this part of what is foretold is none, however sure it is."""
HARDLY_EXPECTED = 0.5
MOST_SQUARED = 100.0
CLEAR = 3.0
"""Standard errors from chance from which on the direction of a function is known."""
SIDES = 2.5
"""With fewer labels (of the same entropy) the world and its mirror image look alike."""
MANY_AGAINST = 0.34
"""From this share of functions or votes on that go against the others, they may be the ones that
are right: of so few labels nobody can tell."""
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Explanation:
    """A model that explains which functions agree, and how many it has go against the others.

    `against` is the share of functions, or of votes if that is more, that speak against what they
    say. `ambiguous`: it is so large, and labels are so few, that the model may well be the mirror
    image of the truth.
    """

    model: Copying
    against: float
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class Misfit:
    """How far pairs of functions meet otherwise than foretold.

    `squared` is the mean of (seen - foretold)^2 / foretold, which is 1 if pairs meet as often as
    foretold but for chance; `part` is the misfit by what is foretold, less what chance makes.
    """

    squared: float
    part: float

    @classmethod
    def of(cls, seen: Floats, foretold: Floats) -> "Misfit | None":
        """Compare counts [n_pairs]; None if nothing was expected of any pair.

        Example:
            >>> Misfit.of(np.array([9.0, 12.0]), np.array([9.0, 9.0]))
            Misfit(squared=0.5, part=0.0)
        """
        some = foretold > HARDLY_EXPECTED
        if not some.any():
            return None
        away, foretold = (seen[some] - foretold[some]) ** 2, foretold[some]
        beyond = max(float((away - foretold).sum()), 0.0)
        squared = np.minimum(away / foretold, MOST_SQUARED)
        return cls(float(squared.mean()), float(np.sqrt(beyond / (foretold**2).sum())))

    @property
    def negligible(self) -> bool:
        """Whether it is no more than chance, or too small to matter."""
        return self.squared <= LIKELY or self.part <= SMALL


def explained(
    patterns: VotePatterns, space: VoteSpace, start: FittedLabelModel
) -> Explanation | None:
    """Fit a model of labels and copies, and take it if it explains the votes.

    EM finds the true model where there is one and the start is fair, and walks far away from the
    truth where there is none: real functions depend on each other in ways that are no copies. So
    the model must foretell how often each two functions (that do not copy each other) vote on
    the same item, and say the same there. It foretells this by the labels alone; what it leaves
    over is chance if it is true. Of few functions, items, or meetings nobody can tell.

    Args:
        patterns: the votes; of more than MOST_ITEMS patterns an even part is looked at, always
            the same.
        space: what is known of them.
        start: a model to start from.

    Returns:
        The model, or None if there is none to be believed.
    """
    n_functions, members = len(space.functions), space.labels.membership()
    entries = n_functions * (1 + len(members)) * members.shape[1]
    if n_functions < FEWEST_FUNCTIONS or entries > MOST_ENTRIES:
        return None
    if not patterns.first_of_function().all():
        return None
    some = sampled(patterns, min(MOST_ITEMS, MOST_CELLS // n_functions))
    if _too_few(some, n_functions):
        return None
    meetings = Meetings.of(some, n_functions, len(members))
    first = beliefs = start.predict(some)
    given = space.prior if space.balance_given else None
    for look in range(LOOKS):
        leader = leaders_of(some, beliefs, meetings)
        fair = beliefs if look == LOOKS - 1 else first
        model, beliefs = learned(some, fair, leader, members, given)
    misfits = _misfits(some, beliefs, meetings, leader)
    if not all(found is not None and found.negligible for found in misfits):
        return None
    against = _against(own_votes(model, some, beliefs), model.balance, members)
    sides = np.exp(-(model.balance * np.log(model.balance + SMALLEST)).sum())
    return Explanation(model, against, bool(sides < SIDES and against >= MANY_AGAINST))


def sampled(patterns: VotePatterns, n_items: int) -> VotePatterns:
    """So many items, evenly from all patterns, and only the patterns that they have.

    All items where there are no more patterns than that: the work grows with these alone.

    Example:
        >>> votes = VotePatterns.of_matrix(np.array([[0]] * 6 + [[1]] * 3 + [[2]] * 3), 3)
        >>> sampled(votes, 2).counts.tolist(), sampled(votes, 3).counts.tolist()
        ([1, 1], [6, 3, 3])
    """
    counts, total = patterns.counts, int(patterns.counts.sum())
    if len(patterns) > n_items:
        places = (np.arange(n_items) + 0.5) * (total / n_items)
        chosen = np.searchsorted(np.cumsum(counts), places, side="right")
        counts = np.bincount(chosen, minlength=len(counts)).astype(np.int64)
    there = counts > 0
    lengths = np.diff(patterns.indptr)
    votes = np.repeat(there, lengths)
    offsets = np.append(0, np.cumsum(lengths[there]))
    return VotePatterns(
        offsets, patterns.function[votes], patterns.label[votes], counts[there], patterns.index[:0]
    )


def _too_few(patterns: VotePatterns, n_functions: int) -> bool:
    """Whether too few items have several votes."""
    met = np.diff(patterns.indptr) > 1
    if patterns.counts[met].sum() < FEWEST_ITEMS:
        return True
    each = patterns.pattern_of_vote()
    items = np.bincount(patterns.function, (patterns.counts * met)[each], n_functions)
    alive = np.bincount(patterns.function, minlength=n_functions) > 0
    return float(items[alive].mean()) < FEWEST_MEETINGS


def _misfits(
    patterns: VotePatterns, beliefs: Floats, meetings: Meetings, leader: Ints
) -> tuple[Misfit | None, Misfit | None]:
    """Of pairs that do not copy each other: how often they say the same, and say anything."""
    weight = beliefs * patterns.counts.astype(np.float64)[:, None]
    cast = Cells.of(patterns, *meetings.votes.shape).counted(weight)
    cast = cast / np.sqrt(np.maximum(weight.sum(axis=0), SMALLEST))
    alike, anything = cast.reshape(len(leader), -1), cast.sum(axis=1)
    group = roots(leader)
    apart = np.triu(group[:, None] != group, 1)
    return (
        Misfit.of(meetings.agreements()[apart], (alike @ alike.T)[apart]),
        Misfit.of(meetings.both[apart], (anything @ anything.T)[apart]),
    )


def _against(own: Floats, balance: Floats, members: Bools) -> float:
    """The share of functions, or of votes if that is more, that speak against what they say.

    A function speaks against what it says if the labels that it votes for are clearly rarer where
    it does than elsewhere; `own` [n_functions, n_sets, n_labels] are its votes that are no copies.
    """
    cast, within = own.sum(axis=2), members @ balance
    right = (own * members).sum(axis=(1, 2)) - cast @ within
    noise = np.sqrt(np.maximum(cast @ (within * (1 - within)), SMALLEST))
    turned, votes = right < -CLEAR * noise, cast.sum(axis=1)
    of_functions = float(turned.sum() / max(int((votes > 0).sum()), 1))
    return max(of_functions, float(votes[turned].sum() / max(float(votes.sum()), SMALLEST)))
