"""The lift model."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aggregate import slow_lift
from tests.aggregate.worlds import (
    ABSTAIN,
    Floats,
    World,
    one_sided_world,
    patterns_of,
    space_of,
    world,
)

from labelmill.aggregate.evidence import MANY
from labelmill.aggregate.lift import Lift
from labelmill.aggregate.majority import Majority
from labelmill.core.labels import Not, OneOf
from labelmill.core.protocols import Gold
from labelmill.errors import BadParameter

ONE_SIDED = one_sided_world(
    [(1, 0.6, 0.01), (1, 0.5, 0.02), (0, 0.5, 0.3), (0, 0.4, 0.3), (0, 0.5, 0.05)], seed=3
)


def fitted_probs(model: Any, seen: World) -> Floats:
    patterns = seen.patterns()
    probs: Floats = model.fit(patterns, seen.space()).predict(patterns)[patterns.index]
    return probs


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_labels=st.integers(1, 5),
    n_functions=st.integers(1, 5),
    coverage=st.floats(0.0, 1.0),
    strength=st.sampled_from([0.0, 0.5, 2.0]),
    balance_given=st.booleans(),
    n_gold=st.integers(0, 12),
)
def test_it_is_the_same_item_by_item_and_vote_by_vote(  # noqa: PLR0917 (drawn)
    seed: int,
    n_labels: int,
    n_functions: int,
    coverage: float,
    strength: float,
    balance_given: bool,
    n_gold: int,
) -> None:
    rng = np.random.default_rng(seed)
    space = space_of(
        n_labels,
        n_functions,
        targets=[OneOf(("l0", "l1")), Not("l0")] if n_labels > 2 else [],
        balance=rng.dirichlet(np.full(n_labels, 0.5)).tolist() if balance_given else None,
    )
    votes = rng.integers(0, len(space.labels.sets), (40 + n_gold, n_functions))
    votes = np.where(rng.random(votes.shape) < coverage, votes, ABSTAIN)
    patterns, labels = patterns_of(votes[n_gold:]), rng.integers(0, n_labels, n_gold)
    gold = Gold(patterns_of(votes[:n_gold]), labels) if n_gold else None
    model = Lift(max_iter=3, strength=strength)

    probs = model.fit(patterns, space, gold).predict(patterns)[patterns.index]

    expected = slow_lift.fit_and_predict(model, votes[n_gold:], space, votes[:n_gold], labels)
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-9)


def test_it_is_the_same_where_many_votes_go_through_a_sparse_matrix() -> None:
    seen = world([0.55] * 500, [0.9] * 500, n_items=500, seed=5)
    patterns = seen.patterns()

    probs = Lift(max_iter=1).fit(patterns, seen.space()).predict(patterns)[patterns.index]

    assert len(patterns.label) > MANY
    expected = slow_lift.fit_and_predict(Lift(max_iter=1), seen.votes, seen.space())
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-9)


def test_it_is_better_than_majority_vote_where_functions_know_one_label_each() -> None:
    ours = ONE_SIDED.accuracy(fitted_probs(Lift(), ONE_SIDED))

    assert ours > ONE_SIDED.accuracy(fitted_probs(Majority(), ONE_SIDED)) + 0.02


def test_a_rare_label_is_found_where_its_functions_fire_rarely_elsewhere() -> None:
    seen = one_sided_world(
        [(1, 0.7, 0.002), (1, 0.6, 0.005), (0, 0.3, 0.1), (0, 0.4, 0.3)],
        balance=(0.98, 0.02),
        n_items=20_000,
    )
    said = fitted_probs(Lift(), seen).argmax(axis=1)[seen.covered]
    truth = seen.truth[seen.covered]

    f1 = 2 * (said & truth).sum() / (said.sum() + truth.sum())

    assert f1 > 0.75


@pytest.mark.parametrize("balance", [None, (0.98, 0.01, 0.01)])
def test_a_label_that_all_votes_agree_on_is_the_most_probable(balance: Any) -> None:
    rng = np.random.default_rng(0)
    votes = np.where(rng.random((300, 4)) < 0.5, rng.choice(3, (300, 4), p=[0.9, 0.05, 0.05]), -1)
    asked = np.array([[2, -1, -1, -1], [1, 1, -1, -1], [-1, -1, 2, 2], [0, 0, 0, 0]])
    question = patterns_of(asked)

    fitted = Lift().fit(patterns_of(votes), space_of(3, 4, balance=balance))

    said = fitted.predict(question)[question.index].argmax(axis=1)
    assert said.tolist() == [2, 1, 2, 0]


def test_a_label_of_no_share_stays_impossible() -> None:
    patterns = patterns_of(np.array([[2], [1], [1]]))

    fitted = Lift().fit(patterns, space_of(3, 1, balance=(0.0, 1.0, 0.0)))

    assert fitted.predict(patterns)[patterns.index].argmax(axis=1).tolist() == [1, 1, 1]


def test_a_tie_stays_a_tie() -> None:
    votes = np.array([[0, 1], [1, 0], [0, 0], [1, 1], [0, -1], [1, -1], [-1, 0], [-1, 1]])
    patterns = patterns_of(votes)

    probs = Lift(max_iter=5).fit(patterns, space_of(2, 2)).predict(patterns)[patterns.index]

    np.testing.assert_allclose(probs[:2], 0.5, rtol=0, atol=1e-9)


def test_a_function_of_which_nothing_is_known_is_trusted_as_told() -> None:
    asked = patterns_of(np.array([[2]]))

    fitted = Lift(trust=0.8).fit(patterns_of(np.array([[-1]])), space_of(5, 1))

    np.testing.assert_allclose(fitted.predict(asked), [[0.05, 0.05, 0.8, 0.05, 0.05]])
    np.testing.assert_allclose(fitted.weights(), [0.8])


def test_a_label_that_nobody_votes_for_stays_behind() -> None:
    seen = one_sided_world([(0, 0.5, 0.02), (1, 0.5, 0.02), (1, 0.01, 0.0)], n_items=5000)

    fitted = Lift().fit(seen.patterns(), space_of(4, 3))

    assert fitted.predict(seen.patterns())[1:, 2:].max() < 0.2


def test_gold_says_what_agreement_cannot() -> None:
    """Two functions that contradict each other always: only gold tells which is right."""
    votes = np.tile([[0, 1], [1, 0]], (50, 1))
    patterns, truth = patterns_of(votes), votes[:, 0]
    gold = Gold(patterns, truth)

    blind = Lift().fit(patterns, space_of(2, 2)).predict(patterns)[patterns.index]
    told = Lift().fit(patterns, space_of(2, 2), gold).predict(patterns)[patterns.index]

    np.testing.assert_allclose(blind, 0.5, atol=1e-9)
    assert (told.argmax(axis=1) == truth).all()


def test_many_labels_and_functions_do_not_underflow() -> None:
    rng = np.random.default_rng(0)
    patterns = patterns_of(rng.integers(-1, 200, (30, 60)))

    probs = Lift().fit(patterns, space_of(200, 60)).predict(patterns)

    np.testing.assert_allclose(probs.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("field", "value"), [("max_iter", 0), ("strength", -1.0), ("trust", 0.5), ("trust", 1.0)]
)
def test_a_parameter_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"^{field}: "):
        Lift(**{field: value})  # type: ignore[arg-type]
