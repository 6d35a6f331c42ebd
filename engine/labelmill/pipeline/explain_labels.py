"""Explaining a row that can have several labels: how each label came to apply to it or not."""

from collections.abc import Callable, Mapping, Sequence
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.soft import TIE_TOLERANCE, Status
from labelmill.core.votes import Votes
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.explanation import Belief, Decision, ExplainedVote

LEAST = 1e-12
"""For log odds no probability is taken to be smaller than this."""
MATTERS = 1e-9
"""A vote that changes a probability by less than this says nothing of the label."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def effects(
    bound: BoundJob, votes: Votes, answer: Floats, without: Callable[[int], Floats]
) -> tuple[Floats, Bools]:
    """What each vote leaves behind when it is gone, and which labels it speaks of.

    Args:
        bound: the job.
        votes: the votes on one row.
        answer: the probability of each label with all votes, [n_labels].
        without: the probabilities without one of the votes, [n_labels].

    Returns:
        The probabilities without each vote, and which labels it names or moves, both
        [n_votes, n_labels].
    """
    left = np.array([without(vote) for vote in range(len(votes))])
    left = left.reshape(-1, len(answer))
    speaks: Bools = bound.space.membership()[votes.label] | (np.abs(left - answer) > MATTERS)
    return left, speaks


def label_decisions(
    bound: BoundJob, length: int, shown: Bools, steps: Sequence[tuple[str, Floats]]
) -> tuple[Decision, ...]:
    """How each label came to apply or not that is `shown` [n_labels], in the order of the labels.

    Those are the labels that some vote speaks of, and those that the text brings.
    """
    return tuple(
        Decision(
            0,
            length,
            name,
            None,
            tuple(
                Belief(step, {name: float(probs[i]), f"not {name}": 1 - float(probs[i])})
                for step, probs in steps
                if not np.isnan(probs[i])
            ),
        )
        for i, name in enumerate(bound.space.names)
        if shown[i]
    )


def label_votes(
    told: Sequence[Mapping[str, Any]],
    order: Sequence[int],
    answer: Floats,
    left: Floats,
    speaks: Bools,
    shown: Bools,
) -> tuple[ExplainedVote, ...]:
    """The votes, each once for every label that it speaks of.

    Args:
        told: the votes as the labels table has them.
        order: the place of each of them among the votes.
        answer: the probability of each label with all votes, [n_labels].
        left: the same without each vote, [n_votes, n_labels].
        speaks: which labels each vote speaks of, [n_votes, n_labels].
        shown: the labels that have a decision, [n_labels].
    """
    decision = np.cumsum(shown) - 1
    return tuple(
        ExplainedVote.of(
            row,
            int(decision[label]),
            _log_odds(float(answer[label])) - _log_odds(float(left[vote, label])),
            float(left[vote, label]),
        )
        for vote, row in zip(order, told, strict=True)
        for label in np.flatnonzero(speaks[vote]).tolist()
    )


def why_labels(row: Mapping[str, Any], decisions: Sequence[Decision], least: float) -> str:
    """Why a readable row has its status; `least` is the confidence that the job asks for."""
    if row["status"] == Status.UNCOVERED:
        return "no function votes on it"
    probs = {each.label: each.beliefs[-1].probs[each.label] for each in decisions}
    if row["status"] == Status.TIE:
        even = [name for name, prob in probs.items() if abs(prob - 0.5) <= TIE_TOLERANCE]
        if even:
            return f"{' and '.join(even)} apply as likely as not"
        return "one of several labels applies, and nothing says which"
    unsure = min(probs, key=lambda name: max(probs[name], 1 - probs[name]))
    told = f"its least sure label is '{unsure}', which applies with {probs[unsure]:.3f}"
    if row["status"] == Status.LOW_CONFIDENCE:
        return f"{told}; {least:g} or more is asked for, or as much for not (select.min_confidence)"
    return told


def _log_odds(prob: float) -> float:
    return log(max(prob, LEAST)) - log(max(1 - prob, LEAST))
