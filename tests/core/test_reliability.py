"""Confidence in bins."""

import numpy as np
import pytest

from labelmill.core.reliability import N_BINS, Reliability


def slow_error(confidence: np.ndarray, correct: np.ndarray) -> float:
    """Naeini et al. 2015, bin by bin."""
    total = 0.0
    for b in range(N_BINS):
        low, high = b / N_BINS, (b + 1) / N_BINS
        inside = [
            i for i, p in enumerate(confidence) if low <= p < high or (p == 1 and b == N_BINS - 1)
        ]
        if inside:
            gap = abs(np.mean(correct[inside]) - np.mean(confidence[inside]))
            total += len(inside) / len(confidence) * gap
    return total


@pytest.mark.parametrize("seed", range(5))
def test_the_error_is_that_of_the_paper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = np.append(rng.random(200), [0.0, 1.0])
    correct = rng.random(202) < 0.7

    found = Reliability.of(confidence, correct)

    assert found.error == pytest.approx(slow_error(confidence, correct))


def test_shards_add_up() -> None:
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(300), rng.random(300) < 0.5

    whole = Reliability.of(confidence, correct)
    both = Reliability.of(confidence[:100], correct[:100]) + Reliability.of(
        confidence[100:], correct[100:]
    )

    assert both.error == pytest.approx(whole.error)
    assert both.n_items == 300


def test_nothing_has_no_error() -> None:
    assert Reliability().error is None
    assert Reliability.of([], []).rows() == []


def test_only_bins_with_items_are_told() -> None:
    (row,) = Reliability.of([0.95, 1.0], [True, False]).rows()

    assert (row["items"], row["accuracy"], row["to"]) == (2, 0.5, 1.0)
    assert row["confidence"] == pytest.approx(0.975)
