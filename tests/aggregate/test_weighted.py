"""Weighted vote."""

import math

import numpy as np
import pytest
from tests.aggregate.worlds import patterns_of, space_of, world

from labelmill.aggregate.majority import Majority
from labelmill.aggregate.weighted import Weighted
from labelmill.errors import BadParameter


def test_without_weights_it_is_majority_vote() -> None:
    seen = world([0.8, 0.7, 0.9], [0.5, 0.6, 0.3])
    patterns = seen.patterns()

    weighted = Weighted().fit(patterns, seen.space()).predict(patterns)

    assert (weighted == Majority().fit(patterns, seen.space()).predict(patterns)).all()


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
