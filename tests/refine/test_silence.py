"""Probabilities of texts on which nobody spoke."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.refine.learning import odds_of, sigmoid
from labelmill.refine.silence import (
    LEAST,
    above_chance,
    base_of,
    left_over,
    slope_of,
)

SCORES = st.lists(st.floats(-30, 30), min_size=1, max_size=40).map(np.array)


@given(SCORES, st.floats(LEAST, 1 - LEAST))
def test_with_its_base_a_label_applies_to_the_share_that_is_wanted(
    raised: np.ndarray, share: float
) -> None:
    base = base_of(raised, share)

    assert sigmoid(raised + base).mean() == pytest.approx(share, abs=1e-6)


@given(SCORES, SCORES)
def test_what_is_above_chance_is_the_share_of_pairs_in_order(
    voted: np.ndarray, silent: np.ndarray
) -> None:
    pairs = np.sign(voted[:, None] - silent[None, :])

    value, error = above_chance(voted, silent)

    assert value == pytest.approx(pairs.mean())
    assert error > 0


@given(SCORES, SCORES)
def test_a_slope_is_never_negative_and_always_a_number(
    voted: np.ndarray, silent: np.ndarray
) -> None:
    slope = slope_of(voted, silent)

    assert np.isfinite(slope)
    assert slope >= 0


def test_the_slope_is_that_of_the_densities() -> None:
    rng = np.random.default_rng(0)
    voted, silent = rng.normal(2, 1, 20_000), rng.normal(0, 1, 20_000)

    # Of two normal distributions the log odds rise by the difference of their means.
    assert slope_of(voted, silent) == pytest.approx(2, abs=0.1)


def test_log_odds_and_probabilities_go_together() -> None:
    probs = np.array([0.001, 0.25, 0.5, 0.999])

    assert sigmoid(odds_of(probs)) == pytest.approx(probs)
    assert np.isfinite(odds_of(np.array([0.0, 1.0]))).all()
    assert sigmoid(np.array([-1e9, 1e9])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 0.5), (0.1, LEAST), (1.0, 1 - LEAST), (0.35, 0.2)]
)
def test_silent_texts_have_what_the_share_leaves(share: float, expected: float) -> None:
    probs = np.array([0.5, 0.5, 0.0, 0.0])
    voted = np.array([True, True, False, False])

    found = left_over(share, probs, voted)

    assert found == pytest.approx(expected)


def test_where_nobody_is_silent_nothing_is_left() -> None:
    assert left_over(0.3, np.array([0.3, 0.3]), np.array([True, True])) == LEAST
