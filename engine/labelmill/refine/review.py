"""The review of what was learned from texts: a refinement that does not hold stays out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labelmill.refine.learning import Bools, covered_items, margins, targets_of
from labelmill.refine.logistic import fit_linear
from labelmill.refine.reading import Floats, Ints, Known, Reading, Review, Setting

ENOUGH = 5
"""So many rows of a label teach something, if not much."""
LEAST_ROWS = 50
"""With fewer rows that have votes nothing is learned."""
GROUPS = 5
"""Labeling functions are held out in so many groups."""
MEANT = 10
"""Of labels with fewer held-out votes nothing is said."""
CARRIES = 0.1
"""A text that says so much of held-out votes, from 0 (chance) to 1, follows a common cause."""
AGREES = 0.2
"""The same for the labels that a model was trained on, in rows that it has not seen."""
CLEAR = 2.0
"""Standard errors from which on a difference is one."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share between chance (0) and always (1), with its standard error; None of nothing."""

    value: float | None
    error: float = 0.0


def too_little(probs: Floats, covered: Bools) -> str:
    """Why nothing can be learned, or an empty string."""
    n_rows = int(covered.sum())
    if n_rows < LEAST_ROWS:
        return f"only {n_rows} rows of the sample have votes, and {LEAST_ROWS} are needed"
    counts = np.bincount(probs[covered].argmax(axis=1), minlength=probs.shape[1])
    if (counts >= ENOUGH).sum() < 2:
        return "the votes give all rows the same label, so there is nothing to tell apart"
    return ""


@dataclass(frozen=True, slots=True)
class Carried:
    """How well texts tell the votes of functions that nothing was learned from.

    `lifts` [n, n_labels] are what they say of the rows that those voted on.
    """

    share: Share
    lifts: Floats


def carry_over(reading: Reading, matrix: Any, n_functions: int) -> Carried:
    """Ask the texts for the votes of functions that nothing was learned from.

    The functions are held out group by group. A model learns from the rows on which none of a
    group voted, and is asked for the rows on which one did. Words that a function looks for give
    nothing away then: who tells its votes has learned something of the label itself. Functions
    that do not speak of one thing stay at chance.
    """
    n_labels = reading.probs.shape[1]
    votes = reading.patterns.dense(n_functions)[reading.patterns.index].astype(np.int64)
    votes[votes >= n_labels] = -1
    hits, total = np.zeros((2, n_labels))
    lifts = [np.zeros((0, n_labels))]
    for group in _groups(votes):
        found = _held_out(reading, matrix, votes, group)
        if found is not None:
            said, function = np.nonzero(votes[:, group] >= 0)
            label = votes[said, group[function]]
            total += np.bincount(label, minlength=n_labels)
            hits += np.bincount(label[found[said].argmax(axis=1) == label], minlength=n_labels)
            lifts.append(found[np.unique(said)])
    return Carried(_above_chance(hits, total), np.concatenate(lifts))


def reviewed(scores: Floats, probs: Floats, carried: Share, setting: Setting) -> Review:
    """Whether the text follows the votes, in rows and in functions that it has not seen.

    Args:
        scores: what the text says of the rows with votes, out of fold, [n_rows, n_labels].
        probs: what majority vote says of them.
        carried: what `carry_over` found.
        setting: may ask for more agreement.
    """
    n_labels = probs.shape[1]
    decided = margins(probs) > 0
    scores, labels = scores[decided], probs[decided].argmax(axis=1)
    total = np.bincount(labels, minlength=n_labels).astype(np.float64)
    hits = np.bincount(labels[scores.argmax(axis=1) == labels], minlength=n_labels)
    agreement = _above_chance(hits.astype(np.float64), total)
    measures = {
        "rows": float(len(probs)),
        "agreement": _number(agreement),
        "carries": _number(carried),
    }
    wanted = max(AGREES, setting.min_agreement)
    if _number(agreement) < wanted or agreement.value is None:
        why = (
            f"the text does not follow the votes: on rows kept out it agrees with them by "
            f"{_number(agreement):.2f} (0 is chance, 1 always), and {wanted:.2f} is wanted"
        )
        return Review(why, measures)
    if carried.value is not None and carried.value < max(CARRIES, CLEAR * carried.error):
        why = (
            "what the text learns of some labeling functions does not hold for others "
            f"({carried.value:.2f}, where 0 is chance and 1 always)"
        )
        return Review(why, measures)
    why = f"on rows kept out it agrees with the votes by {_number(agreement):.2f} (0 is chance)"
    return Review(why, measures, used=True)


def checked(refined: Floats, known: Known, review: Review) -> Review:
    """The review after a look at rows with known labels: what makes them worse stays out.

    `refined` [n_rows, n_labels] is what is said of them after reading.
    """
    rows = known.labels >= 0
    before = known.reading.probs.argmax(axis=1)[rows] == known.labels[rows]
    after = refined.argmax(axis=1)[rows] == known.labels[rows]
    fixes, breaks = int((after & ~before).sum()), int((before & ~after).sum())
    gold = {"gold": float(rows.sum()), "fixes": float(fixes), "breaks": float(breaks)}
    measures = dict(review.measures) | gold
    if breaks - fixes > CLEAR * np.sqrt(fixes + breaks):
        why = f"on gold it makes {breaks} labels wrong and {fixes} right"
        return Review(why, measures)
    return replace(review, measures=measures)


def _groups(votes: Ints) -> Iterator[Ints]:
    """Functions in groups that vote about equally often, [n_of_group]."""
    order = np.argsort(-(votes >= 0).sum(axis=0), kind="stable")
    for group in range(min(GROUPS, len(order))):
        yield order[group::GROUPS]


def _held_out(reading: Reading, matrix: Any, votes: Ints, group: Ints) -> Floats | None:
    """What a model that knows nothing of a group of functions says, [n_rows, n_labels]."""
    silent = (votes[:, group] < 0).all(axis=1)
    usable = covered_items(reading.patterns) & silent
    if silent.all() or too_little(reading.probs, usable):
        return None
    labels, weight, balance = targets_of(reading.probs, usable)
    lifts = fit_linear(matrix, labels, weight).scores(matrix) - np.log(balance)
    centred: Floats = lifts - lifts.mean(axis=1, keepdims=True)
    return centred


def _above_chance(hits: Floats, total: Floats) -> Share:
    """The mean share of hits over the labels, from chance to always."""
    meant = total >= MEANT
    if meant.sum() < 2:
        return Share(None)
    share = hits[meant] / total[meant]
    chance = 1 / len(total)
    error = np.sqrt((share * (1 - share) / total[meant]).sum()) / meant.sum()
    return Share(float((share.mean() - chance) / (1 - chance)), float(error / (1 - chance)))


def _number(share: Share) -> float:
    return 0.0 if share.value is None else round(share.value, 4)
