"""The triplet model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aggregate import slow_triplet
from tests.aggregate.worlds import ABSTAIN, Ints, one_sided_world, patterns_of, space_of, world

from labelmill.aggregate.majority import Majority
from labelmill.aggregate.triplet import Triplet
from labelmill.core.labels import Not, OneOf
from labelmill.errors import BadParameter


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_labels=st.integers(1, 4),
    n_functions=st.integers(1, 6),
    coverage=st.floats(0.0, 1.0),
    agreement=st.floats(0.0, 1.0),
    strength=st.sampled_from([0.0, 0.3]),
    balance_given=st.booleans(),
)
def test_it_is_the_same_triplet_by_triplet_and_vote_by_vote(  # noqa: PLR0917 (drawn)
    seed: int,
    n_labels: int,
    n_functions: int,
    coverage: float,
    agreement: float,
    strength: float,
    balance_given: bool,
) -> None:
    rng = np.random.default_rng(seed)
    space = space_of(
        n_labels,
        n_functions,
        targets=[OneOf(("l0", "l1")), Not("l0")] if n_labels > 2 else [],
        balance=rng.dirichlet(np.full(n_labels, 0.5)).tolist() if balance_given else None,
    )
    votes = rng.integers(0, len(space.labels.sets), (40, n_functions))
    truth = rng.integers(0, n_labels, (40, 1))
    votes = np.where(rng.random(votes.shape) < agreement, truth, votes)
    votes = np.where(rng.random(votes.shape) < coverage, votes, ABSTAIN)
    patterns = patterns_of(votes)

    probs = Triplet(strength=strength).fit(patterns, space).predict(patterns)[patterns.index]

    expected = slow_triplet.fit_and_predict(Triplet(strength=strength), votes, space)
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-9)


def test_it_finds_the_accuracies_of_a_known_world() -> None:
    accuracies = [0.95, 0.9, 0.8, 0.7, 0.6]
    seen = world(accuracies, [0.6] * 5, n_items=40_000, seed=1)

    weights = Triplet(strength=0).fit(seen.patterns(), seen.space()).weights()

    np.testing.assert_allclose(weights, accuracies, atol=0.02)


def test_it_finds_the_accuracies_of_functions_that_know_one_label() -> None:
    rates = [
        (1, 0.6, 0.05),
        (1, 0.4, 0.1),
        (1, 0.3, 0.2),
        (0, 0.5, 0.02),
        (0, 0.5, 0.1),
        (0, 0.3, 0.1),
    ]
    seen = one_sided_world(rates, n_items=40_000, balance=(0.7, 0.3), seed=2)
    share = [0.7, 0.3]

    weights = Triplet(strength=0).fit(seen.patterns(), seen.space(share)).weights()

    expected = [
        hit * share[label] / (hit * share[label] + alarm * (1 - share[label]))
        for label, hit, alarm in rates
    ]
    np.testing.assert_allclose(weights, expected, atol=0.03)


def test_it_finds_the_accuracies_of_many_labels() -> None:
    seen = world([0.9, 0.7, 0.5, 0.8], [0.8] * 4, n_items=40_000, balance=[0.2] * 5, seed=3)

    weights = Triplet(strength=0).fit(seen.patterns(), seen.space()).weights()

    np.testing.assert_allclose(weights, [0.9, 0.7, 0.5, 0.8], atol=0.03)


def test_it_is_better_than_majority_vote_where_accuracies_differ() -> None:
    seen = world([0.95, 0.9, 0.6, 0.6, 0.55], [1.0] * 5, n_items=2000, seed=1)
    patterns = seen.patterns()
    majority = Majority().fit(patterns, seen.space()).predict(patterns)[patterns.index]

    ours = Triplet().fit(patterns, seen.space()).predict(patterns)[patterns.index]

    assert seen.accuracy(ours) > seen.accuracy(majority) + 0.02


@pytest.mark.parametrize("n_functions", [1, 2])
def test_fewer_than_three_functions_are_trusted_as_told(n_functions: int) -> None:
    votes = world([0.9] * 2, [0.8] * 2, seed=4).votes[:, :n_functions]

    fitted = Triplet(trust=0.8).fit(patterns_of(votes), space_of(2, n_functions))

    np.testing.assert_allclose(fitted.weights(), 0.8)


@pytest.mark.parametrize(
    "votes",
    [
        np.zeros((30, 5), dtype=np.int64),
        np.tile([0, 1, 0, 1, 0], (30, 1)),
        np.eye(5, dtype=np.int64) - 1,
        np.random.default_rng(0).integers(-1, 2, (3, 50)),
    ],
    ids=["constant", "constant and opposed", "never together", "more functions than rows"],
)
def test_moments_that_say_nothing_give_no_nan(votes: Ints) -> None:
    patterns = patterns_of(votes)

    fitted = Triplet().fit(patterns, space_of(2, votes.shape[1]))

    assert np.isfinite(fitted.weights()).all()
    np.testing.assert_allclose(fitted.predict(patterns).sum(axis=1), 1)


def test_a_function_that_is_mostly_wrong_says_nothing_rather_than_the_opposite() -> None:
    seen = world([0.9, 0.85, 0.9, 0.2], [0.9] * 4, n_items=5000, seed=6)

    fitted = Triplet().fit(seen.patterns(), seen.space())

    assert 0.5 <= fitted.weights()[3] < 0.65


def test_a_tie_stays_a_tie() -> None:
    halves = [[0, 1, -1], [0, 0, 0], [0, -1, 1], [-1, 0, 1], [1, -1, 1], [-1, 1, 1]]
    votes = np.array(halves + [[v if v < 0 else 1 - v for v in row] for row in halves])
    patterns = patterns_of(votes)

    probs = Triplet().fit(patterns, space_of(2, 3)).predict(patterns)[patterns.index]

    np.testing.assert_allclose(probs[[0, 6]], 0.5, rtol=0, atol=1e-9)


def test_many_labels_and_functions_do_not_underflow() -> None:
    rng = np.random.default_rng(0)
    patterns = patterns_of(rng.integers(-1, 200, (30, 60)))

    probs = Triplet().fit(patterns, space_of(200, 60)).predict(patterns)

    np.testing.assert_allclose(probs.sum(axis=1), 1)


@pytest.mark.parametrize(("field", "value"), [("strength", -0.1), ("trust", 0.4), ("trust", 1.0)])
def test_a_parameter_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"^{field}: "):
        Triplet(**{field: value})
