"""Logistic regression on soft labels."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from labelmill.refine.logistic import fit_linear


@pytest.mark.parametrize("n_labels", [2, 4])
def test_it_finds_what_scikit_learn_finds(n_labels: int) -> None:
    rng = np.random.default_rng(n_labels)
    rows = rng.normal(size=(300, 5))
    labels = (rows @ rng.normal(size=(5, n_labels)) + rng.normal(size=(300, n_labels))).argmax(1)
    weights = rng.random(300) + 0.5
    # scikit-learn has one weight vector for two labels, where ours has two opposite ones.
    strength = 1.0 if n_labels > 2 else 2.0

    ours = fit_linear(csr_array(rows), np.eye(n_labels)[labels], weights, 1.0).scores(rows)
    theirs = LogisticRegression(C=strength, max_iter=1000, tol=1e-8)
    theirs.fit(rows, labels, sample_weight=weights)
    probs = np.exp(ours) / np.exp(ours).sum(axis=1, keepdims=True)

    assert np.abs(probs - theirs.predict_proba(rows)).max() < 0.01


def test_rows_without_weight_take_no_part() -> None:
    rng = np.random.default_rng(0)
    rows, labels = csr_array(rng.normal(size=(60, 3))), np.eye(2)[rng.integers(0, 2, 60)]
    weights = np.repeat([1.0, 0.0], 30)

    whole = fit_linear(rows, labels, weights)
    part = fit_linear(rows[:30], labels[:30], weights[:30])

    assert np.array_equal(whole.weight, part.weight)


def test_soft_labels_pull_both_ways() -> None:
    rows = csr_array(np.ones((10, 1)))
    targets = np.tile([0.3, 0.7], (10, 1))

    scores = fit_linear(rows, targets, np.ones(10)).scores(rows)

    assert np.allclose(scores[:, 1] - scores[:, 0], np.log(0.7 / 0.3), atol=1e-3)
