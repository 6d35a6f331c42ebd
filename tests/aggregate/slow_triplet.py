"""The triplet model one item and one triplet at a time: what the fast one must equal."""

from itertools import combinations

import numpy as np
from tests.aggregate.worlds import ABSTAIN, Floats, Ints

from labelmill.aggregate.evidence import MARGIN
from labelmill.aggregate.triplet import EDGE, LEAST_WEIGHT, MOST, Triplet
from labelmill.core.protocols import VoteSpace


def fit_and_predict(model: Triplet, votes: Ints, space: VoteSpace) -> Floats:
    """Probabilities of the items that the model is fitted on (at most 24 functions)."""
    n_labels = len(space.labels)
    odds = np.array(
        [
            [_log_odds(model, votes, space, function, vote) for vote in range(n_labels)]
            for function in range(votes.shape[1])
        ]
    )
    trusted = np.log(model.trust / (1 - model.trust) * max(n_labels - 1, 1))
    probs = []
    for row in votes.tolist():
        scores = np.log(np.maximum(space.prior, 1e-300))
        allowed = set(np.flatnonzero(space.prior > 0).tolist())
        for function, vote in enumerate(row):
            if vote == ABSTAIN:
                continue
            members = space.labels.sets[vote]
            allowed &= set(members)
            for label in members:
                scores[label] += odds[function, vote] if vote < n_labels else trusted
        others = [label for label in range(n_labels) if label not in allowed]
        if allowed and others:
            best = max(scores[label] for label in allowed)
            scores[list(allowed)] += max(0.0, max(scores[others]) + MARGIN - best)
        scores = np.exp(scores - scores.max())
        silent = all(vote == ABSTAIN for vote in row)
        probs.append(space.prior if silent else scores / scores.sum())
    return np.array(probs)


def _log_odds(model: Triplet, votes: Ints, space: VoteSpace, function: int, vote: int) -> float:
    n_items = len(votes)
    share = min(max(space.prior[vote], EDGE), 1 - EDGE)
    odds = model.trust / (1 - model.trust) * max(len(space.labels) - 1, 1) * share / (1 - share)
    assumed = odds / (1 + odds)
    fires = (votes == vote).T
    own = fires[function].sum()

    def covariance(i: int, j: int) -> float:
        together = (fires[i] & fires[j]).mean()
        return max(float(together - fires[i].mean() * fires[j].mean()), 0.0)

    def weight(i: int, j: int) -> float:
        together = (fires[i] & fires[j]).sum()
        return max(float(together), float(np.rint(fires[i].sum() * fires[j].sum() / n_items)))

    others = [j for j in range(len(fires)) if j != function and weight(function, j) >= 1]
    squares = []
    for j, k in combinations(others, 2):
        if covariance(j, k) > 1e-12:
            square = covariance(function, j) * covariance(function, k) / covariance(j, k)
            times = min(weight(function, j), weight(function, k), weight(j, k))
            squares += [square] * int(times)
    accuracy = assumed
    if squares:
        square = sorted(squares)[(len(squares) - 1) // 2]
        gain = np.sqrt(square * share * (1 - share)) / fires[function].mean()
        known = min(sum(weight(function, j) for j in others), own)
        found = min(share + gain, 1.0)
        strength = LEAST_WEIGHT + model.strength * n_items
        accuracy = (known * found + strength * assumed) / (known + strength)
    accuracy = min(max(accuracy, share), max(MOST, share))
    return float(np.log(accuracy / (1 - accuracy)) - np.log(share / (1 - share)))
