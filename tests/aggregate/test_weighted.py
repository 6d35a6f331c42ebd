"""Weighted vote."""

import math

import numpy as np
import pytest
from tests.aggregate.worlds import patterns_of, space_of, world

from labelmill.aggregate.majority import Majority
from labelmill.aggregate.weighted import Weighted
from labelmill.errors import BadParameter


@pytest.mark.parametrize("smoothing", [0.0, 1.5])
def test_without_weights_it_is_majority_vote(smoothing: float) -> None:
    seen = world([0.8, 0.7, 0.9], [0.5, 0.6, 0.3])
    patterns = seen.patterns()
    majority = Majority(smoothing).fit(patterns, seen.space())

    weighted = Weighted(smoothing=smoothing).fit(patterns, seen.space())

    assert (weighted.predict(patterns) == majority.predict(patterns)).all()


def test_a_label_gets_its_share_of_the_weight() -> None:
    patterns = patterns_of(np.array([[1, 0, 0]]))

    fitted = Weighted(weights={"f0": 6.0, "f1": 1.5}).fit(patterns, space_of(2, 3))

    np.testing.assert_allclose(fitted.predict(patterns), [[2.5 / 8.5, 6 / 8.5]])
    assert fitted.weights().tolist() == [6.0, 1.5, 1.0]


def test_votes_that_weigh_nothing_are_no_votes() -> None:
    patterns = patterns_of(np.array([[1, -1]]))

    fitted = Weighted(weights={"f0": 0.0}).fit(patterns, space_of(2, 2, balance=[0.7, 0.3]))

    np.testing.assert_allclose(fitted.predict(patterns), [[0.7, 0.3]])


def test_an_unknown_function_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadParameter, match=r"weights\.f_0: .*did you mean 'f0'"):
        Weighted(weights={"f_0": 2.0}).fit(patterns_of(np.zeros((1, 2), int)), space_of(2, 2))


@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf])
def test_a_weight_must_be_a_number_from_zero_up(weight: float) -> None:
    with pytest.raises(BadParameter, match=r"weights\.f0: is .*; give a weight of 0 or more"):
        Weighted(weights={"f0": weight})


def test_smoothing_is_weight_added_by_the_class_balance() -> None:
    patterns = patterns_of(np.array([[1, 0, -1]]))
    space = space_of(2, 3, balance=[0.75, 0.25])

    fitted = Weighted(weights={"f0": 6.0}, smoothing=4.0).fit(patterns, space)

    np.testing.assert_allclose(fitted.predict(patterns), [[4 / 11, 7 / 11]])


def test_smoothing_must_be_a_number_from_zero_up() -> None:
    with pytest.raises(BadParameter, match=r"^smoothing: is -1; give 0 or more"):
        Weighted(smoothing=-1)
