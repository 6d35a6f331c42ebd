"""The lift model one item and one vote at a time: what the fast one must equal."""

import math

import numpy as np
from tests.aggregate.worlds import ABSTAIN, Floats, Ints

from labelmill.aggregate.evidence import MARGIN
from labelmill.aggregate.lift import LEAST_WEIGHT, Lift
from labelmill.core.protocols import VoteSpace

Row = list[tuple[int, int]]


def fit_and_predict(
    model: Lift,
    votes: Ints,
    space: VoteSpace,
    gold_votes: Ints | None = None,
    gold_labels: Ints | None = None,
) -> Floats:
    """Probabilities of the items that the model is fitted on."""
    members = [set(m) for m in space.labels.sets]
    rows = _rows(votes)
    told = [] if gold_votes is None else _rows(gold_votes)
    known = [] if gold_labels is None else [np.eye(len(space.labels))[y] for y in gold_labels]
    beliefs = [_majority(row, members, space) for row in rows]
    for _ in range(model.max_iter):
        lifts = _lifts(model, rows + told, beliefs + known, space)
        beliefs = [_posterior(row, lifts, members, space) for row in rows]
    return np.array(beliefs).reshape(len(rows), len(space.labels))


def _rows(votes: Ints) -> list[Row]:
    return [[(j, v) for j, v in enumerate(row) if v != ABSTAIN] for row in votes.tolist()]


def _majority(row: Row, members: list[set[int]], space: VoteSpace) -> Floats:
    if not row:
        return space.prior
    scores = np.zeros(len(space.labels))
    for _, vote in row:
        for label in members[vote]:
            scores[label] += 1 / len(members[vote])
    probs: Floats = scores / scores.sum()
    return probs


def _lifts(model: Lift, rows: list[Row], beliefs: list[Floats], space: VoteSpace) -> Floats:
    """Logarithms of the lifts, [n_functions, n_sets, n_labels]."""
    n_labels, sets = len(space.labels), space.labels.sets
    share = np.ones(n_labels)
    for row, belief in zip(rows, beliefs, strict=True):
        share += belief if row else 0.0
    share /= share.sum()
    lifts = np.zeros((len(space.functions), len(sets), n_labels))
    for function in range(len(space.functions)):
        for vote, members in enumerate(sets):
            inside = [q for row, q in zip(rows, beliefs, strict=True) if (function, vote) in row]
            odds = [
                model.trust if y in members else (1 - model.trust) / max(n_labels - 1, 1)
                for y in range(n_labels)
            ]
            assumed = share * odds / (share * odds).sum()
            strength = LEAST_WEIGHT + model.strength * len(inside)
            p = (sum(inside, np.zeros(n_labels)) + strength * assumed) / (len(inside) + strength)
            lift = np.log(p / share)
            most = max(lift[y] for y in members)
            lifts[function, vote] = [
                lift[y] if y in members else min(lift[y], most) for y in range(n_labels)
            ]
    return lifts


def _posterior(row: Row, lifts: Floats, members: list[set[int]], space: VoteSpace) -> Floats:
    if not row:
        return space.prior
    scores = np.array([math.log(max(p, 1e-300)) for p in space.prior])
    for function, vote in row:
        scores += lifts[function, vote]
    allowed = [
        y
        for y in range(len(scores))
        if space.prior[y] > 0 and all(y in members[vote] for _, vote in row)
    ]
    others = [y for y in range(len(scores)) if y not in allowed]
    if allowed and others:
        scores[allowed] += max(0.0, max(scores[others]) + MARGIN - max(scores[allowed]))
    scores = np.exp(scores - scores.max())
    probs: Floats = scores / scores.sum()
    return probs
