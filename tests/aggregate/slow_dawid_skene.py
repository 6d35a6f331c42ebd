"""Dawid & Skene one pattern and one vote at a time: what the fast one must equal."""

import math

import numpy as np
from tests.aggregate.worlds import Floats, Ints
from tests.core.slow_patterns import Key, keys_of

from labelmill.aggregate.dawid_skene import TRUST, DawidSkene
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

LEAST = 1e-300


def fit_and_predict(
    model: DawidSkene,
    patterns: VotePatterns,
    space: VoteSpace,
    gold: tuple[VotePatterns, Ints] | None = None,
) -> Floats:
    """Probabilities of the patterns that the model is fitted on; gold is taken item by item."""
    labels, members = range(len(space.labels)), [set(m) for m in space.labels.sets]
    told = [] if gold is None else [keys_of(gold[0])[pattern] for pattern in gold[0].index]
    known = np.eye(len(labels))[[] if gold is None else gold[1]]
    n_free = len(patterns)
    keys = keys_of(patterns) + told
    weight = [
        float(count) if key or model.abstain_as_evidence else 0.0
        for key, count in zip(keys, [*patterns.counts.tolist(), *(1 for _ in told)], strict=True)
    ]
    beliefs = np.array([_majority(key, members, space) for key in keys]).reshape(-1, len(labels))
    beliefs[n_free:] = known
    start = _smoothed(weight @ beliefs, np.full(len(labels), 1 / len(labels)))
    assumed = _assumed(keys, weight, members, space)
    for _ in range(model.max_iter):
        total = weight @ beliefs
        counts = np.zeros(assumed.shape)
        for key, times, belief in zip(keys, weight, beliefs, strict=True):
            for function, label in key:
                counts[function, label] += times * belief
        if model.confusion == "one_coin":
            votes = _one_coin(model, counts, members)
        else:
            votes = (counts + model.smoothing * start * assumed) / (total + model.smoothing * start)
        share = space.prior if space.balance_given else _smoothed(total, space.prior)
        silence = np.maximum(1 - votes.sum(axis=1), 0) if model.abstain_as_evidence else None
        moved = np.array([_posterior(key, share, votes, silence) for key in keys]).reshape(
            -1, len(labels)
        )
        moved[n_free:] = known
        change = sum(
            w * np.abs(a - b).sum() for w, a, b in zip(weight, moved, beliefs, strict=True)
        )
        beliefs = moved
        if change <= model.tol * sum(weight):
            break
    final = [b if key else space.prior for key, b in zip(keys, moved, strict=True)]
    return np.array(final[:n_free])


def _one_coin(model: DawidSkene, counts: Floats, members: list[set[int]]) -> Floats:
    votes = np.zeros(counts.shape)
    n_labels = counts.shape[2]
    for function, table in enumerate(counts):
        right = sum(table[v, y] for v, m in enumerate(members) for y in m)
        accuracy = (right + model.smoothing * TRUST) / (table.sum() + model.smoothing)
        for v, m in enumerate(members):
            for y in range(n_labels):
                votes[function, v, y] = accuracy if y in m else (1 - accuracy) / (n_labels - 1)
    return votes


def _majority(key: Key, members: list[set[int]], space: VoteSpace) -> Floats:
    if not key:
        return space.prior
    scores = np.zeros(len(space.labels))
    for _, label in key:
        for member in members[label]:
            scores[member] += 1 / len(members[label])
    probs: Floats = scores / scores.sum()
    return probs


def _assumed(
    keys: list[Key], weight: list[float], members: list[set[int]], space: VoteSpace
) -> Floats:
    n_labels = len(space.labels)
    trusting = np.array(
        [
            [TRUST if y in m else (1 - TRUST) / max(n_labels - 1, 1) for y in range(n_labels)]
            for m in members
        ]
    )
    trusting /= trusting.sum(axis=0).max()
    fired = np.zeros(len(space.functions))
    for key, times in zip(keys, weight, strict=True):
        for function in {function for function, _ in key}:
            fired[function] += times
    rate = (fired + 1) / (sum(weight) + 2)
    assumed: Floats = rate[:, None, None] * trusting
    return assumed


def _posterior(key: Key, share: Floats, votes: Floats, silence: Floats | None) -> Floats:
    scores = np.array([math.log(max(p, LEAST)) for p in share])
    for function, label in key:
        scores += np.log(np.maximum(votes[function, label], LEAST))
    if silence is not None:
        spoke = {function for function, _ in key}
        for function in set(range(len(silence))) - spoke:
            scores += np.log(np.maximum(silence[function], LEAST))
    scores = np.exp(scores - scores.max())
    probs: Floats = scores / scores.sum()
    return probs


def _smoothed(total: Floats, prior: Floats) -> Floats:
    shares: Floats = (total + len(prior) * prior) / (total.sum() + len(prior))
    return shares
