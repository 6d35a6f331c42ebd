"""Labeling functions against each other: which of them agree no better than chance, or worse."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats, member_shares
from labelmill.aggregate.seen import Seen
from labelmill.aggregate.story import Finding
from labelmill.core.protocols import VoteSpace

ENOUGH = 30
"""With fewer items nothing is said: a handful of them can look like anything."""
SURE = 4.0
"""Standard errors beyond which agreement is not chance; with hundreds of functions, three are
reached by luck."""
CHANCE = 2.0
"""Standard errors within which agreement is no better than chance."""
WEAK = 0.1
"""Agreement beyond chance, as a share of what is possible, of functions that are of little use:
two functions that are right on two of three texts have it."""
MANY = 1 / 3
"""Beyond this share of all votes the functions at odds with the rest are no exceptions."""
MOST = 0.5
"""Beyond this share of the functions that can be judged, dead ones are the rule."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often each function's votes agree with others on the same item; all [n_functions].

    `items` counts the items that it shares with another function, `agreed` the share of the
    others' votes there that agree with its own, added up, `expected` what that would be if its
    votes lay where they lie by chance, and `variance` that of such a sum.
    """

    items: Floats
    agreed: Floats
    expected: Floats
    variance: Floats

    @classmethod
    def of(cls, seen: Seen, space: VoteSpace) -> "Agreement":
        """Count, over all patterns.

        What others say by chance is what they say on average over all items, those without a
        vote of the function among them: so a function that knows a single label is judged too,
        by how much more often others see that label where it fires.
        """
        patterns, n = seen.patterns, len(space.functions)
        table, members = member_shares(space.labels), space.labels.membership().astype(np.float64)
        each = patterns.pattern_of_vote()
        size = np.diff(patterns.indptr).astype(np.float64)
        others = np.maximum(size[each] - 1, 0)
        weight = np.where(others > 0, seen.weight[each], 0.0)
        share = weight / np.maximum(others, 1)
        said = seen.votes * size[:, None]
        if len(members) > len(space.labels):
            said = said @ members.T
        said = said[each, patterns.label]
        agreed = np.clip(said - 1, 0, None) * share  # its own vote is not the others'
        chance = np.clip(members @ _others(seen, space, table).T, 0, 1)  # [n_sets, n_functions]
        expected = chance[patterns.label, patterns.function]
        sums_of = (weight, agreed, expected * weight, expected * (1 - expected) * weight)
        return cls(*(_counted(patterns.function, each, n) for each in sums_of))

    def score(self) -> Floats:
        """Standard errors above chance; 0 where nothing can be said."""
        excess = self.agreed - self.expected
        noise = np.sqrt(self.variance)
        return np.divide(excess, noise, out=np.zeros_like(excess), where=noise > 0)

    def kappa(self) -> Floats:
        """Agreement beyond chance as a share of what was possible; 0 where nothing was."""
        room = self.items - self.expected
        excess = self.agreed - self.expected
        return np.divide(excess, room, out=np.zeros_like(excess), where=room > 1e-9)

    def error(self) -> Floats:
        """Standard error of `kappa`, infinite where nothing can be said."""
        room = self.items - self.expected
        noise = np.sqrt(self.variance)
        told = (room > 1e-9) & (self.items >= ENOUGH) & (noise > 0)
        return np.divide(noise, room, out=np.full_like(noise, np.inf), where=told)


def _others(seen: Seen, space: VoteSpace, table: Floats) -> Floats:
    """What the other functions say on average, over all items, [n_functions, n_labels]."""
    patterns, n = seen.patterns, len(space.functions)
    size = np.diff(patterns.indptr).astype(np.float64)
    spoken = Cells.of_functions(patterns, n)
    cells = Cells.of(patterns, n, len(space.labels.sets))
    left = np.maximum(size - 1, 1)
    alone = (size <= 1)[:, None]
    everywhere = (seen.weight[:, None] * seen.votes).sum(axis=0)
    here = spoken.counted(seen.weight[:, None] * seen.votes)[:, 0]
    scale = np.where(alone, 0.0, (seen.weight / left)[:, None])
    rest = spoken.counted(scale * seen.votes * size[:, None])[:, 0]
    own = cells.counted(scale)[..., 0] @ table
    others = np.clip(everywhere - here + rest - own, 0, None)
    total = others.sum(axis=1, keepdims=True)
    means: Floats = np.divide(others, total, out=np.zeros_like(others), where=total > 0)
    return means


def _counted(function: npt.NDArray[np.int32], values: Floats, n_functions: int) -> Floats:
    """Values of votes added up by function, [n_functions]."""
    sums: Floats = np.bincount(function, values, minlength=n_functions).astype(np.float64)
    return sums


def sources_found(seen: Seen, space: VoteSpace) -> tuple[Finding, ...]:
    """Functions at odds with the others, and functions that have nothing to do with them.

    A function is judged where it shares so many items with others that agreement as usual among
    them (at least WEAK) would be seen beyond doubt; of others nothing is said. None of this is
    fatal: it is about the votes, and majority vote copes with bad ones worse than most models.
    """
    agreement = Agreement.of(seen, space)
    kappa, error, score = agreement.kappa(), agreement.error(), agreement.score()
    seen_to_agree = np.isfinite(error) & (score > SURE)
    usual = float(np.median(kappa[seen_to_agree])) if seen_to_agree.any() else 0.0
    judged = _usual_score(usual, error) > SURE
    against = np.isfinite(error) & (score < -SURE)
    dead = judged & ~against & (score < CHANCE) & (kappa + CHANCE * error < max(usual, WEAK))
    found = [
        *(_against(space.functions[i], float(score[i])) for i in np.flatnonzero(against)),
        *(_dead(space.functions[i], float(score[i])) for i in np.flatnonzero(dead)),
    ]
    votes = seen.votes_of_functions(len(kappa))
    at_odds = float(votes[against].sum() / max(votes.sum(), 1.0))
    if at_odds > MANY:
        message = f"{at_odds:.0%} of the votes are of functions that contradict the others"
        found.append(Finding("mostly_contradictory", message, value=at_odds))
    useless, known = int((dead | against).sum()), int((judged | against).sum())
    if useless > MOST * known:
        message = (
            f"{useless} of {known} functions that can be judged agree with the others no more "
            "often than by chance"
        )
        found.append(Finding("mostly_dead", message, value=useless / known))
    return tuple(found)


def _usual_score(usual: float, error: Floats) -> Floats:
    """How many standard errors above chance a function would stand that agrees as is usual."""
    score: Floats = max(usual, WEAK) / error
    return score


def _against(function: str, score: float) -> Finding:
    message = f"{function} contradicts the other functions more often than chance would"
    return Finding("contradicts", message, function, score)


def _dead(function: str, score: float) -> Finding:
    message = f"{function} agrees with the other functions no more often than by chance"
    return Finding("dead", message, function, score)
