"""Majority vote."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snorkel.labeling.model import MajorityLabelVoter
from tests.aggregate.worlds import patterns_of, space_of, world

from labelmill.aggregate.majority import Majority
from labelmill.core.labels import Not, OneOf
from labelmill.errors import BadParameter


def test_it_says_what_snorkels_majority_voter_says() -> None:
    seen = world([0.8, 0.7, 0.9, 0.6], [0.5, 0.6, 0.3, 0.9], balance=(0.2, 0.3, 0.5))
    voter = MajorityLabelVoter(cardinality=3)

    # snorkel gives all tied labels an equal part, where we give each label its share
    winners = voter.predict_proba(seen.votes) > 0
    patterns = seen.patterns()
    probs = Majority().fit(patterns, seen.space()).predict(patterns)[patterns.index]

    assert ((probs >= probs.max(axis=1, keepdims=True) - 1e-9) == winners).all()


def test_a_vote_for_one_of_several_counts_for_each_by_an_equal_part() -> None:
    space = space_of(4, 2, targets=[OneOf(("l0", "l1")), Not("l0")])
    patterns = patterns_of(np.array([[4, -1], [5, -1], [4, 1], [4, 5]]))

    probs = Majority().fit(patterns, space).predict(patterns)[patterns.index]

    expected = [
        [1 / 2, 1 / 2, 0, 0],
        [0, 1 / 3, 1 / 3, 1 / 3],
        [1 / 4, 3 / 4, 0, 0],
        [1 / 4, 5 / 12, 1 / 6, 1 / 6],
    ]
    np.testing.assert_allclose(probs, expected, atol=1e-15)


def test_a_class_balance_changes_only_items_without_votes() -> None:
    patterns = patterns_of(np.array([[0, 1, 1], [-1, -1, -1]]))

    given = Majority().fit(patterns, space_of(2, 3, balance=[0.9, 0.1]))

    probs = given.predict(patterns)[patterns.index]
    np.testing.assert_allclose(probs, [[1 / 3, 2 / 3], [0.9, 0.1]])


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 20), st.integers(2, 5))
def test_smoothing_adds_votes_and_keeps_order_and_ties(
    seed: int, smoothing: float, n_labels: int
) -> None:
    votes = np.random.default_rng(seed).integers(-1, n_labels, (20, 4))
    patterns, space = patterns_of(votes), space_of(n_labels, 4)
    plain = Majority().fit(patterns, space).predict(patterns)

    probs = Majority(smoothing=smoothing).fit(patterns, space).predict(patterns)

    n_votes = np.diff(patterns.indptr)[:, None]
    np.testing.assert_allclose(
        probs, (plain * n_votes + smoothing / n_labels) / (n_votes + smoothing)
    )
    best = plain >= plain.max(axis=1, keepdims=True) - 1e-9
    assert ((probs >= probs.max(axis=1, keepdims=True) - 1e-9) == best).all()


def test_smoothed_agreement_of_many_counts_for_more_than_a_lone_vote() -> None:
    patterns = patterns_of(np.array([[1, -1, -1], [1, 1, 1], [-1, -1, -1]]))

    fitted = Majority(smoothing=1.0).fit(patterns, space_of(2, 3, balance=[0.8, 0.2]))

    expected = [[0.4, 0.6], [0.2, 0.8], [0.8, 0.2]]
    np.testing.assert_allclose(fitted.predict(patterns)[patterns.index], expected)


@pytest.mark.parametrize("smoothing", [-0.1, float("nan"), float("inf")])
def test_smoothing_must_be_a_number_from_zero_up(smoothing: float) -> None:
    with pytest.raises(BadParameter, match=r"^smoothing: is .*; give 0 or more"):
        Majority(smoothing=smoothing)
