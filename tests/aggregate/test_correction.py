"""What gold teaches a model that was fitted without it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import labelmill
from labelmill.aggregate.correction import PENALTIES, Correction, Regression, correction_of
from labelmill.aggregate.evidence import Floats
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold

SHAPE = (3, 3)


def patterns_of(votes: list[list[int]]) -> VotePatterns:
    return VotePatterns.of_matrix(np.array(votes), SHAPE[1])


def even(patterns: VotePatterns) -> Floats:
    return np.full((len(patterns), SHAPE[1]), 1 / SHAPE[1])


def turned(n_items: int, seed: int = 0) -> Gold:
    """Items on which a vote for a label means the next one."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n_items)
    votes = np.where(rng.random((n_items, 3)) < 0.7, (truth[:, None] + 2) % 3, -1)
    return Gold(VotePatterns.of_matrix(votes, 3), truth)


def test_without_any_gold_a_regression_says_what_was_believed() -> None:
    patterns = patterns_of([[0, 1, -1], [2, 2, 2]])
    probs = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])

    fitted = Regression.fit(patterns, np.zeros((2, 3)), probs, SHAPE, 1.0)

    assert fitted.predict(patterns, probs) == pytest.approx(probs)


def test_the_stronger_the_penalty_the_less_a_vote_is_reweighed() -> None:
    gold = turned(60)
    times = np.zeros((len(gold.patterns), 3))
    np.add.at(times, (gold.patterns.index, gold.labels), 1)

    free, held = (
        Regression.fit(gold.patterns, times, even(gold.patterns), SHAPE, penalty)
        for penalty in (1.0, 100.0)
    )

    assert 0 < np.abs(held.votes).max() < np.abs(free.votes).max()


def test_a_regression_is_where_its_loss_is_lowest() -> None:
    gold = turned(80)
    times = np.zeros((len(gold.patterns), 3))
    np.add.at(times, (gold.patterns.index, gold.labels), 1)
    probs = even(gold.patterns)

    fitted = Regression.fit(gold.patterns, times, probs, SHAPE, 2.0)

    # The slope of the penalty holds that of the likelihood in balance, for each vote.
    said = fitted.predict(gold.patterns, probs)
    surplus = said * times.sum(axis=1, keepdims=True) - times
    each = gold.patterns.pattern_of_vote()
    cell = gold.patterns.function * 3 + gold.patterns.label
    pulled = np.zeros((9, 3))
    np.add.at(pulled, cell, surplus[each])
    assert pulled == pytest.approx(-2.0 * fitted.votes, abs=1e-2)


def test_gold_turns_votes_over_that_are_always_wrong() -> None:
    gold = turned(200)

    verdict = correction_of(gold, even, SHAPE)

    assert verdict.correction is not None
    fresh = turned(500, seed=1)
    said = verdict.correction.applied(fresh.patterns, even(fresh.patterns))[fresh.patterns.index]
    voted = (np.diff(fresh.patterns.indptr) > 0)[fresh.patterns.index]
    assert (said.argmax(axis=1) == fresh.labels)[voted].mean() > 0.95


def test_what_was_tried_is_told_with_scores_out_of_sample() -> None:
    verdict = correction_of(turned(200), even, SHAPE)

    names = [trial.name for trial in verdict.tried]
    assert names[0] == "without gold"
    assert len(names) == len(PENALTIES) + 2
    assert all(f"{trial.name} {trial.score:.1%}" in verdict.why for trial in verdict.tried)


def test_gold_that_contradicts_itself_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    votes = np.where(rng.random((200, 3)) < 0.7, rng.integers(0, 3, (200, 3)), -1)
    gold = Gold(VotePatterns.of_matrix(votes, 3), rng.integers(0, 3, 200))

    verdict = correction_of(gold, even, SHAPE)

    assert verdict.correction is None
    assert verdict.why.startswith("gold changes no label")


def test_gold_whose_voted_items_share_a_label_teaches_nothing() -> None:
    gold = Gold(patterns_of([[0, 0, -1]] * 60 + [[-1, -1, -1]] * 60), np.repeat([0, 1], 60))

    verdict = correction_of(gold, even, SHAPE)

    assert verdict.correction is None
    assert verdict.tried == ()


def test_a_correction_is_restored_to_the_last_bit_and_leaves_silence_alone() -> None:
    verdict = correction_of(turned(200), even, SHAPE)
    assert verdict.correction is not None
    again = Correction.of(json.loads(json.dumps(verdict.correction.parameters())))
    patterns = patterns_of([[0, 1, 2], [1, -1, -1], [-1, -1, -1]])
    probs = even(patterns)
    probs[-1] = [0.2, 0.3, 0.5]

    said = again.applied(patterns, probs)

    assert (said == verdict.correction.applied(patterns, probs)).all()
    silent = np.diff(patterns.indptr) == 0
    assert said[silent].tolist() == probs[silent].tolist()


def test_labels_stay_where_fewer_would_be_right_though_confidence_is_corrected() -> None:
    # Beliefs are always right and far too shy: any label but theirs would be wrong.
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 300)
    votes = np.stack([truth, rng.integers(0, 3, 300), rng.integers(0, 3, 300)], axis=1)
    gold = Gold(VotePatterns.of_matrix(votes, 3), truth)

    def believe(patterns: VotePatterns) -> Floats:
        known = patterns.label[patterns.indptr[:-1]]
        return np.where(np.eye(3, dtype=bool)[known], 0.36, 0.32)

    verdict = correction_of(gold, believe, SHAPE)

    assert verdict.correction is not None
    probs = believe(gold.patterns)
    kept = replace(verdict.correction, relabels=False).applied(gold.patterns, probs)
    assert (kept.argmax(axis=1) == probs.argmax(axis=1)).all()
    assert kept.max(axis=1).mean() > 0.8
    against = np.roll(probs, 1, axis=1)
    assert (
        replace(verdict.correction, relabels=False).applied(gold.patterns, against).argmax(axis=1)
        == against.argmax(axis=1)
    ).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n_items=st.integers(1, 40), certain=st.booleans())
def test_whatever_gold_says_there_are_probabilities(
    seed: int, n_items: int, *, certain: bool
) -> None:
    rng = np.random.default_rng(seed)
    votes = np.where(rng.random((n_items, 3)) < 0.6, rng.integers(0, 3, (n_items, 3)), -1)
    gold = Gold(VotePatterns.of_matrix(votes, 3), rng.integers(0, 3, n_items))

    def believe(patterns: VotePatterns) -> Floats:
        return np.eye(3)[np.arange(len(patterns)) % 3] if certain else even(patterns)

    verdict = correction_of(gold, believe, SHAPE)

    times = np.eye(3)[rng.integers(0, 3, len(gold.patterns))]
    probs = believe(gold.patterns)
    fitted = Regression.fit(gold.patterns, times, probs, SHAPE, 1.0)
    correction = verdict.correction or Correction((fitted,), (1.0,), relabels=certain)
    said = correction.applied(gold.patterns, probs)
    assert np.isfinite(said).all()
    assert said.sum(axis=1) == pytest.approx(np.ones(len(said)))


@pytest.mark.slow
def test_a_hundred_and_twenty_rows_of_gold_are_worth_points(corpora: Path) -> None:
    table = pq.read_table(corpora / "youtube" / "train.parquet")
    votes = np.array(table["votes"].to_pylist(), dtype=np.int64)
    truth = np.array([int(label == "spam") for label in table["label"].to_pylist()])
    free = labelmill.LabelModel("auto", 2).fit(votes).predict(votes, "first")

    gains = []
    for seed in range(5):
        gold = np.random.default_rng(seed).permutation(len(truth))[:120]
        rest = np.setdiff1d(np.flatnonzero((votes >= 0).any(axis=1)), gold)
        model = labelmill.LabelModel("auto", 2).fit(votes, votes[gold], truth[gold])
        told = model.predict(votes[rest], "first") == truth[rest]
        gains.append(float(told.mean() - (free[rest] == truth[rest]).mean()))

    assert np.mean(gains) > 0.03
    assert min(gains) > -0.01
