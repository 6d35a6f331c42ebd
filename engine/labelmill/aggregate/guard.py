"""The guard: what a fitted label model must not do, looked for after every fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Floats
from labelmill.aggregate.seen import Bools, Seen
from labelmill.aggregate.sources import MANY, sources_found
from labelmill.aggregate.story import Finding
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import FittedLabelModel, Gold, VoteSpace
from labelmill.core.soft import TIE_TOLERANCE

ENOUGH = 50
"""With fewer items that have votes only the form of the answers is looked at: a model may well
answer a handful of items all alike."""
SUM_TOLERANCE = 1e-6
"""Probabilities of an item may miss 1 by this: some models count in single precision."""
SUPPORTED = 0.02
"""A label that majority vote gives to this share of the items is not there by accident."""
LOST = 0.1
"""A label is lost that is best on less than this part of the items that ought to have it."""
LOST_MASS = 0.25
"""It is not lost while it still has this part of the probability: it may be rare, not forgotten."""
NEARLY_ALL = 0.98
"""A label that is best on this share of the items has taken all."""
NOT_ALL = 0.9
"""A label below this share has not taken all."""
MANY_USELESS, A_LOT_USELESS = 0.2, 1 / 3
"""From this share on several functions that say nothing, or the opposite, are no exceptions; from
the second on one alone."""
USELESS = frozenset({"silent", "constant", "dead", "contradicts"})
BELOW = -4.0
"""Standard errors below chance from which on a function's votes are taken for their opposite."""
FAR = 0.25
"""From this distance on a balance, or the labels, have little to do with the votes' majority."""
TOO_FAR = 0.5
"""From this distance on the model says something else than the votes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at: answers and majority votes side by side.

    `best` shares an answer among its best labels; `decided` marks answers on items whose votes
    have one majority, and `majority` is that label. `known` is the true balance, where a job or
    gold tells it. `doubtful` says that many functions do not go with the others.
    """

    seen: Seen
    space: VoteSpace
    best: Floats  # [n_answers, n_labels]
    majority: npt.NDArray[np.int64]  # [n_answers]
    decided: Bools  # [n_answers]
    known: Floats | None  # [n_labels]
    doubtful: bool

    @classmethod
    def of(cls, seen: Seen, space: VoteSpace, gold: Gold | None, *, doubtful: bool) -> "Facts":
        """Put them side by side."""
        votes = seen.votes[seen.pattern]
        top = _best(votes)
        best = _best(seen.answers)
        return cls(
            seen,
            space,
            best / best.sum(axis=1, keepdims=True),
            votes.argmax(axis=1),
            top.sum(axis=1) == 1,
            _known_balance(space, gold),
            doubtful,
        )

    def by_majority(self) -> Floats:
        """The share of items that majority vote gives each label; those of a tie are shared."""
        best = _best(self.seen.votes).astype(np.float64)
        best /= best.sum(axis=1, keepdims=True)
        shares: Floats = self.seen.weight @ best / self.seen.n_items
        return shares


def examine(
    fitted: FittedLabelModel, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
) -> tuple[Finding, ...]:
    """Look at what a fitted model says of the votes that it learned from.

    Whoever has many items is looked at by a sample of them, always the same. With fewer than
    ENOUGH items that have votes, only the form of the answers is checked. Where the job gives a
    class balance, or gold shows one, a label may be as rare as that says, and a model may
    contradict the votes.

    Args:
        fitted: the model.
        patterns: what it was fitted on; of a sequential model with sequences.
        space: what it was told about the votes.
        gold: items with known labels, if it had some.

    Returns:
        What was found, the most important first; a fatal finding is a reason not to use it.
    """
    seen = Seen.of(fitted, patterns, space)
    broken = _broken(seen, space)
    if broken:
        return broken
    found = [*_idle(seen, patterns, space)]
    if not getattr(fitted, "converged", True):
        message = "the fit ended before it had settled; allow more iterations"
        found.append(Finding("not_converged", message))
    if seen.n_items >= ENOUGH:
        sources = sources_found(seen, space)
        facts = Facts.of(seen, space, gold, doubtful=any(f.function is None for f in sources))
        for check in CHECKS:
            found += check(facts)
        found += sources
        found += _useless(found, len(space.functions))
    return tuple(sorted(found, key=lambda finding: (not finding.fatal, bool(finding.function))))


def _broken(seen: Seen, space: VoteSpace) -> tuple[Finding, ...]:
    """Answers that are no distributions."""
    answers = seen.answers
    if answers.shape[1:] != (len(space.labels),) or not np.isfinite(answers).all():
        return (Finding("not_finite", "some probabilities are not numbers", fatal=True),)
    off = float(np.abs(answers.sum(axis=1) - 1).max(initial=0.0))
    if off > SUM_TOLERANCE or answers.min(initial=0.0) < 0:
        message = "the probabilities of some items do not sum to 1"
        return (Finding("not_a_distribution", message, value=off, fatal=True),)
    return ()


def _lost(facts: Facts) -> Iterator[Finding]:
    """Labels that majority vote gives and the model hardly ever does."""
    times, n_items = facts.seen.times, facts.seen.n_items
    names = facts.space.labels.names
    given = np.bincount(facts.majority, times * facts.decided, minlength=len(names))
    due = given if facts.known is None else np.minimum(given, facts.known * n_items)
    got, mass = times @ facts.best, times @ facts.seen.answers
    supported = (given >= max(ENOUGH / 2, SUPPORTED * n_items)) & (due >= ENOUGH / 2)
    for i in np.flatnonzero(supported & (got < LOST * due) & (mass < LOST_MASS * due)):
        message = (
            f"the label '{names[i]}' is lost: majority vote gives it to "
            f"{given[i] / n_items:.1%} of the items with votes, the model to {got[i] / n_items:.1%}"
        )
        yield Finding("lost_label", message, value=float(got[i] / n_items), fatal=True)


def _single(facts: Facts) -> Iterator[Finding]:
    """One label for everything, by the model alone or by the votes too."""
    names, n_items = facts.space.labels.names, facts.seen.n_items
    share = facts.seen.times @ facts.best / n_items
    i = int(share.argmax())
    by_votes = float(facts.by_majority()[i])
    expected = max(by_votes, 0.0 if facts.known is None else float(facts.known[i]))
    if share[i] >= NEARLY_ALL and expected <= NOT_ALL:
        message = (
            f"nearly all items ({share[i]:.1%}) get the label '{names[i]}', which majority vote "
            f"gives to {by_votes:.1%}"
        )
        yield Finding("one_label", message, value=float(share[i]), fatal=True)
    elif share[i] == 1 and names[0] != "O":
        message = f"every item with votes gets the label '{names[i]}'"
        yield Finding("single_label", message, value=1.0)


def _flipped(facts: Facts) -> Iterator[Finding]:
    """Functions whose label is less likely where they vote for it than elsewhere."""
    seen, space = facts.seen, facts.space
    patterns, n = seen.patterns, len(space.functions)
    members = space.labels.membership().astype(np.float64)
    means = seen.means()
    base = np.clip(members @ (seen.weight @ means / seen.n_items), 0, 1)[patterns.label]
    each = patterns.pattern_of_vote()
    weight = seen.weight[each]
    taken = (means @ members.T)[each, patterns.label]
    count = seen.votes_of_functions(n)
    excess = np.bincount(patterns.function, (taken - base) * weight, minlength=n)
    noise = np.sqrt(np.bincount(patterns.function, base * (1 - base) * weight, minlength=n))
    below = (count >= ENOUGH / 2) & (excess < BELOW * np.maximum(noise, 1e-9))
    share = float(count[below].sum() / count.sum())
    if share > MANY:
        message = f"{share:.0%} of the votes are taken for something else than what they say"
        # Of two labels the world and its mirror image look alike; of more they do not, since
        # functions that err seldom err alike.
        fatal = len(space.labels) == 2 and facts.known is None
        yield Finding("mostly_flipped", message, value=share, fatal=fatal)
    for i in np.flatnonzero(below):
        message = f"the model takes the votes of {space.functions[i]} for a sign of the opposite"
        yield Finding("below_chance", message, space.functions[i], float(excess[i] / count[i]))


def _drifted(facts: Facts) -> Iterator[Finding]:
    """Far from the votes in single items and in sum, which is how EM walks away from them."""
    found = [*_unbalanced(facts), *_disagreeing(facts)]
    yield from found
    if len(found) == 2 and facts.known is None and not any(each.fatal for each in found):
        message = "the model left the votes behind: " + " and ".join(f.message for f in found)
        yield Finding("drifted", message, fatal=True)


def _unbalanced(facts: Facts) -> Iterator[Finding]:
    """A balance of labels far from that of the votes, and from what is known of it.

    It must be far however it is counted, by shares or by the best label: a model that is unsure
    of much, or sure of all, is not to blame for that.
    """
    seen = facts.seen
    both = [seen.times @ each / seen.n_items for each in (seen.answers, facts.best)]
    wanted = [seen.weight @ seen.votes / seen.n_items, facts.by_majority()]
    if facts.known is not None:
        wanted.append(facts.known)
    away = float(min(np.abs(one - other).sum() / 2 for one in both for other in wanted))
    if away > FAR:
        message = f"it moves {away:.0%} of the items to other labels than the votes' balance has"
        yield Finding("balance", message, value=away, fatal=away > TOO_FAR)


def _disagreeing(facts: Facts) -> Iterator[Finding]:
    """Other labels than majority vote where that has no tie."""
    times = facts.seen.times * facts.decided
    if times.sum() < ENOUGH:
        return
    agrees = facts.best[np.arange(len(times)), facts.majority] > 0
    share = float(times[~agrees].sum() / times.sum())
    if share > FAR:
        message = f"it contradicts majority vote on {share:.0%} of the items that this decides"
        # Of two labels one camp of functions is as likely as its opposite; majority vote is wrong
        # so often only where most of them say nothing.
        unlikely = len(facts.space.labels) == 2 and not facts.doubtful
        fatal = (share > TOO_FAR or unlikely) and facts.known is None
        yield Finding("disagreement", message, value=share, fatal=fatal)


def _idle(seen: Seen, patterns: VotePatterns, space: VoteSpace) -> Iterator[Finding]:
    """Functions that never vote, and functions that always vote the same on everything."""
    n, n_sets = len(space.functions), len(space.labels.sets)
    cell = seen.patterns.function.astype(np.int64) * n_sets + seen.patterns.label
    times = np.repeat(seen.weight, np.diff(seen.patterns.indptr))
    votes = np.bincount(cell, times, minlength=n * n_sets).reshape(n, n_sets)
    silent = votes.sum(axis=1) == 0
    if silent.any():  # in the sample
        there = np.repeat(patterns.counts > 0, np.diff(patterns.indptr))
        silent &= np.bincount(patterns.function[there], minlength=n) == 0
    for i in np.flatnonzero(silent) if patterns.counts.any() else ():
        yield Finding("silent", f"{space.functions[i]} never votes", space.functions[i], 0.0)
    for i in np.flatnonzero(votes.max(axis=1) >= max(seen.asked, ENOUGH)):
        message = f"{space.functions[i]} votes the same on everything, which says nothing"
        yield Finding("constant", message, space.functions[i], 1.0)


def _useless(found: Sequence[Finding], n_functions: int) -> Iterator[Finding]:
    """Too many functions of no use."""
    useless = len({each.function for each in found if each.code in USELESS})
    enough = MANY_USELESS if useless > 1 else A_LOT_USELESS
    if useless and useless >= enough * n_functions:
        message = (
            f"{useless} of {n_functions} functions say nothing: they never vote, always vote the "
            "same, or agree with the others no more often than by chance"
        )
        yield Finding("many_useless", message, value=useless / n_functions)


def _best(shares: Floats) -> Bools:
    """Which labels are best, [n_rows, n_labels]; several in a tie."""
    best: Bools = shares >= shares.max(axis=1, keepdims=True, initial=0.0) - TIE_TOLERANCE
    return best


def _known_balance(space: VoteSpace, gold: Gold | None) -> Floats | None:
    """The balance that the job gives, else that of gold."""
    if space.balance_given:
        return space.prior
    if gold is None or len(gold.labels) < ENOUGH:
        return None
    counts = np.bincount(gold.labels, minlength=len(space.labels)).astype(np.float64)
    shares: Floats = counts / counts.sum()
    return shares


CHECKS = (_lost, _single, _flipped, _drifted)
"""What is looked for, in this order, where there are items enough."""
