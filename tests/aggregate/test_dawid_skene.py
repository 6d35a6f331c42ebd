"""Dawid & Skene."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aggregate import slow_dawid_skene
from tests.aggregate.worlds import (
    ABSTAIN,
    Floats,
    Ints,
    World,
    one_sided_world,
    patterns_of,
    space_of,
    with_copies,
    world,
)

from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.evidence import MANY
from labelmill.aggregate.majority import Majority
from labelmill.core.labels import Not, OneOf
from labelmill.core.protocols import Gold
from labelmill.errors import BadParameter

DENSE = world([0.95, 0.9, 0.6, 0.6, 0.55], [1.0] * 5, n_items=2000, balance=(0.7, 0.3), seed=1)
SPARSE = world([0.9, 0.8, 0.7, 0.6], [0.9, 0.5, 0.5, 0.7], n_items=500, balance=(0.2, 0.5, 0.3))


def naive(votes: Ints, n_labels: int, n_iter: int) -> Floats:
    """The textbook: item by item, every value of the matrix a symbol, in probabilities."""
    symbols = sorted(set(votes.ravel().tolist()))
    beliefs = np.zeros((len(votes), n_labels))
    for row, belief in zip(votes, beliefs, strict=True):
        cast = row[row != ABSTAIN]
        belief[:] = np.bincount(cast, minlength=n_labels) / len(cast) if len(cast) else 1 / n_labels
    for _ in range(n_iter):
        share = beliefs.mean(axis=0)
        tables = [
            {s: beliefs[column == s].sum(axis=0) / beliefs.sum(axis=0) for s in symbols}
            for column in votes.T
        ]
        for item, row in enumerate(votes.tolist()):
            beliefs[item] = share
            for table, symbol in zip(tables, row, strict=True):
                beliefs[item] *= table[symbol]
        beliefs /= beliefs.sum(axis=1, keepdims=True)
    return beliefs


def fitted_probs(model: DawidSkene, seen: World) -> Floats:
    patterns = seen.patterns()
    return model.fit(patterns, seen.space()).predict(patterns)[patterns.index]


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 4),
    st.integers(1, 6),
    st.floats(0.05, 1.0),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
)
def test_it_is_the_same_pattern_by_pattern_and_vote_by_vote(  # noqa: PLR0917 (drawn)
    seed: int,
    n_labels: int,
    n_functions: int,
    coverage: float,
    n_iter: int,
    silence: bool,
    balance_given: bool,
) -> None:
    rng = np.random.default_rng(seed)
    space = space_of(
        n_labels,
        n_functions,
        targets=[OneOf(("l0", "l1"))] if n_labels > 2 else [],
        balance=rng.dirichlet(np.full(n_labels, 3.0)).tolist() if balance_given else None,
    )
    votes = rng.integers(0, len(space.labels.sets), (80, n_functions))
    patterns = patterns_of(np.where(rng.random(votes.shape) < coverage, votes, ABSTAIN))
    confusion: Literal["full", "one_coin"] = "one_coin" if seed % 3 == 0 else "full"
    model = DawidSkene(
        max_iter=n_iter, abstain_as_evidence=silence and confusion == "full", confusion=confusion
    )
    told, labels = patterns_of(votes[:15]), rng.integers(0, n_labels, 15)
    with_gold = seed % 2 == 0

    fitted = model.fit(patterns, space, Gold(told, labels) if with_gold else None)
    probs = fitted.predict(patterns)

    gold = (told, labels) if with_gold else None
    expected = slow_dawid_skene.fit_and_predict(model, patterns, space, gold)
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("silence", [False, True])
def test_it_is_the_same_where_many_votes_go_through_a_sparse_matrix(silence: bool) -> None:
    seen = world([0.52] * 500, [0.9] * 500, n_items=500, seed=5)
    patterns = seen.patterns()
    model = DawidSkene(max_iter=1, abstain_as_evidence=silence)

    probs = model.fit(patterns, seen.space()).predict(patterns)

    expected = slow_dawid_skene.fit_and_predict(model, patterns, seen.space())
    assert len(patterns.label) > MANY
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_iter", [1, 2, 30])
def test_on_dense_votes_it_is_the_textbook(n_iter: int) -> None:
    model = DawidSkene(max_iter=n_iter, tol=0, smoothing=1e-9)

    # the share of each label is smoothed by one item for each label, so a little is left over
    np.testing.assert_allclose(
        fitted_probs(model, DENSE), naive(DENSE.votes, 2, n_iter), atol=0.005
    )


@pytest.mark.parametrize("n_iter", [1, 3, 20])
def test_with_silence_as_evidence_it_is_the_textbook_with_silence_as_a_symbol(n_iter: int) -> None:
    model = DawidSkene(max_iter=n_iter, tol=0, smoothing=1e-9, abstain_as_evidence=True)

    expected = naive(SPARSE.votes, 3, n_iter)

    covered = SPARSE.covered
    np.testing.assert_allclose(fitted_probs(model, SPARSE)[covered], expected[covered], atol=0.02)


def test_it_finds_the_accuracies_of_a_known_world() -> None:
    patterns = DENSE.patterns()

    weights = DawidSkene(max_iter=100).fit(patterns, DENSE.space()).weights()

    np.testing.assert_allclose(weights, [0.95, 0.9, 0.6, 0.6, 0.55], atol=0.03)


def test_it_is_better_than_majority_vote_where_accuracies_differ() -> None:
    patterns = DENSE.patterns()
    majority = Majority().fit(patterns, DENSE.space()).predict(patterns)[patterns.index]

    ours = DENSE.accuracy(fitted_probs(DawidSkene(), DENSE))

    assert ours > DENSE.accuracy(majority) + 0.02


def test_functions_that_know_one_label_each_still_tell_labels_apart() -> None:
    seen = one_sided_world(
        [(1, 0.6, 0.02), (1, 0.4, 0.1), (0, 0.5, 0.05), (0, 0.3, 0.3), (0, 0.4, 0.1)], seed=3
    )
    patterns = seen.patterns()
    majority = Majority().fit(patterns, seen.space()).predict(patterns)[patterns.index]

    ours = seen.accuracy(fitted_probs(DawidSkene(), seen))

    assert ours > seen.accuracy(majority) - 0.005
    assert ours > 0.85


def test_copies_of_a_bad_function_do_not_take_over() -> None:
    seen = with_copies(world([0.9, 0.9, 0.9, 0.6], [0.9] * 4, n_items=2000, seed=4), 3, 1)

    assert seen.accuracy(fitted_probs(DawidSkene(), seen)) > 0.9


def test_a_lone_vote_keeps_its_label_in_a_balanced_world() -> None:
    seen = world([0.8, 0.75, 0.7, 0.8], [0.5] * 4, n_items=2000, seed=6)
    lone = np.full((8, 4), ABSTAIN)
    lone[np.arange(8), np.arange(8) % 4] = np.arange(8) // 4
    asked = patterns_of(lone)

    probs = DawidSkene().fit(seen.patterns(), seen.space()).predict(asked)[asked.index]

    assert probs.argmax(axis=1).tolist() == [0] * 4 + [1] * 4


def test_a_class_balance_that_is_given_stays() -> None:
    patterns = DENSE.patterns()

    given = DawidSkene(max_iter=50).fit(patterns, DENSE.space(balance=[0.9, 0.1]))
    learned = DawidSkene(max_iter=50).fit(patterns, DENSE.space())

    assert given.share.tolist() == [0.9, 0.1]
    np.testing.assert_allclose(learned.share, [0.7, 0.3], atol=0.03)


def test_a_vote_that_was_never_cast_in_the_fit_leans_to_its_label() -> None:
    patterns = patterns_of(np.array([[0, 0, -1]] * 90 + [[1, 1, -1]] * 10))
    asked = patterns_of(np.array([[-1, -1, 1]]))

    fitted = DawidSkene().fit(patterns, space_of(2, 3, balance=[0.5, 0.5]))

    np.testing.assert_allclose(fitted.predict(asked), [[0.3, 0.7]], atol=0.02)


def test_a_vote_for_one_of_several_is_learned_as_a_symbol_of_its_own() -> None:
    seen = world([0.9, 0.9, 0.9], [0.9] * 3, n_items=3000, balance=(0.4, 0.3, 0.3), seed=7)
    vague = np.where(seen.truth == 2, ABSTAIN, 3)  # fires on l0 and l1, mostly on l1
    rng = np.random.default_rng(0)
    vague = np.where((seen.truth == 0) & (rng.random(3000) < 0.8), ABSTAIN, vague)
    votes = np.column_stack([seen.votes, vague])
    asked = patterns_of(np.array([[-1, -1, -1, 3]]))

    told = space_of(3, 4, targets=[OneOf(("l0", "l1"))])
    probs = DawidSkene().fit(patterns_of(votes), told).predict(asked)[0]

    assert probs.argmax() == 1
    assert probs[2] < 0.05


def test_a_vote_against_one_of_many_labels_lowers_it() -> None:
    patterns = patterns_of(np.array([[10], [-1], [3]]))

    probs = DawidSkene().fit(patterns, space_of(10, 1, targets=[Not("l0")])).predict(patterns)

    assert probs[patterns.index[0]].argmin() == 0


def test_one_coin_finds_the_accuracies_of_a_known_world() -> None:
    seen = world([0.95, 0.8, 0.6, 0.7], [0.5] * 4, n_items=4000, balance=(0.4, 0.3, 0.3), seed=2)

    fitted = DawidSkene(confusion="one_coin", max_iter=100).fit(seen.patterns(), seen.space())

    np.testing.assert_allclose(fitted.weights(), [0.95, 0.8, 0.6, 0.7], atol=0.04)


def test_gold_says_what_agreement_cannot() -> None:
    """Three functions of which two are copies and wrong: only gold tells which are right."""
    seen = with_copies(world([0.95, 0.3], [1.0] * 2, n_items=600, seed=8), 1, 1)
    patterns = seen.patterns()
    gold = Gold(patterns_of(seen.votes[:200]), seen.truth[:200])
    rest = patterns_of(seen.votes[200:])
    model = DawidSkene(max_iter=2)

    blind = model.fit(rest, seen.space()).predict(patterns)[patterns.index]
    told = model.fit(rest, seen.space(), gold).predict(patterns)[patterns.index]

    assert seen.accuracy(told) > seen.accuracy(blind) + 0.1


def test_gold_alone_is_enough() -> None:
    seen = world([0.1, 0.2], [1.0, 1.0], n_items=500, seed=9)
    none = patterns_of(seen.votes[:0])
    patterns = seen.patterns()

    fitted = DawidSkene().fit(none, seen.space(), Gold(patterns, seen.truth))

    assert seen.accuracy(fitted.predict(patterns)[patterns.index]) > 0.85


def test_one_coin_and_silence_as_evidence_exclude_each_other() -> None:
    with pytest.raises(BadParameter, match=r"^abstain_as_evidence: .*one coin says nothing"):
        DawidSkene(confusion="one_coin", abstain_as_evidence=True)


def test_many_functions_do_not_underflow() -> None:
    votes = np.tile([[0, 1] * 1000], (3, 1))
    votes[0] = 0
    patterns = patterns_of(votes)

    probs = DawidSkene(abstain_as_evidence=True).fit(patterns, space_of(2, 2000)).predict(patterns)

    assert np.isfinite(probs).all()


@pytest.mark.parametrize(
    ("field", "value"), [("max_iter", 0), ("tol", -1.0), ("smoothing", 0.0), ("tol", float("nan"))]
)
def test_a_parameter_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"^{field}: "):
        DawidSkene(**{field: value})  # type: ignore[arg-type]
