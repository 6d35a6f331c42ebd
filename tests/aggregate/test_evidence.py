"""Sums over the votes of patterns."""

import numpy as np
import pytest
from tests.aggregate.worlds import world

from labelmill.aggregate.evidence import MANY, Cells, softmax
from labelmill.core.patterns import VotePatterns

SEEN = world([0.7] * 20, [0.5] * 20, n_items=25_000, balance=(0.5, 0.3, 0.2))


def test_sums_through_a_sparse_matrix_are_the_same_to_the_last_bit() -> None:
    patterns = SEEN.patterns()
    rng = np.random.default_rng(0)
    table, weights = rng.random((20, 3, 3)), rng.random((len(patterns), 3))
    pattern, cell = patterns.pattern_of_vote(), patterns.function * 3 + patterns.label

    cells = Cells.of(patterns, 20, 3)

    assert len(cell) > MANY
    for column in range(3):
        values = table.reshape(60, 3)[cell, column]
        sums = np.bincount(pattern, weights=values, minlength=len(patterns))
        counts = np.bincount(cell, weights=weights[pattern, column], minlength=60)
        assert np.array_equal(cells.summed(table)[:, column], sums)
        assert np.array_equal(cells.counted(weights)[..., column].ravel(), counts)


def test_a_function_counts_once_in_a_pattern_however_often_it_voted() -> None:
    item, function, label = np.array([[0, 0, 0], [0, 1, 1], [0, 0, 2]])
    patterns = VotePatterns.of(item, function, label, 2)

    spoken = Cells.of_functions(patterns, 2).counted(np.array([[1.0], [5.0]]))

    assert spoken.ravel().tolist() == [5.0, 5.0]


@pytest.mark.parametrize("n_labels", [2, 3, 9])
def test_a_softmax_sums_to_one_and_leaves_its_argument_alone(n_labels: int) -> None:
    scores = np.asfortranarray(np.random.default_rng(1).normal(0, 300, (50, n_labels)))
    before = scores.copy()

    probs = softmax(scores, np.zeros(n_labels))

    np.testing.assert_allclose(probs.sum(axis=1), 1.0, atol=1e-12)
    assert np.array_equal(scores, before)
