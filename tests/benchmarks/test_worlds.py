"""Worlds with known truth say what they say they do."""

import numpy as np
import pytest
from benchmarks.worlds import Score, Terms, World, calibration_error, drawn, score, summary


def test_a_seed_draws_the_same_worlds_again_and_another_draws_others() -> None:
    assert [w.terms for w in drawn(0, 20)] == [w.terms for w in drawn(0, 20)]
    assert [w.terms for w in drawn(0, 20)] != [w.terms for w in drawn(1, 20)]


@pytest.mark.parametrize("number", range(5))
def test_the_true_posterior_is_calibrated_and_majority_vote_is_not_better(number: int) -> None:
    world = drawn(0, 5)[number]
    votes, truth = world.sample(20_000, 3)

    probs = world.posterior(votes)

    assert np.allclose(probs.sum(axis=1), 1)
    assert calibration_error(probs, truth) < 0.02
    assert abs((probs.argmax(axis=1) == truth).mean() - probs.max(axis=1).mean()) < 0.02
    assert all(s.true > s.majority - 0.01 for s in score(world, ["majority"], 20_000).values())


def test_members_of_a_group_do_what_their_leader_does() -> None:
    world = World(Terms(2, 10, 0.5, 1.0, 0.0, 0.5, (0.0, 0.0)), 7)
    votes, _ = world.sample(5000, 1)

    together = (votes[:, 0] == votes[:, 1]).mean()

    assert world.leader.tolist() == [-1, 0, 0, 0, 0, -1, 5, 5, 5, 5]
    assert together > 0.7


def test_tables_are_distributions_and_keep_to_the_terms() -> None:
    world = World(Terms(5, 100, 0.05, 0.0, 1.0, 0.2, (0.3, 0.1)), 3)

    assert np.allclose(world.tables.sum(axis=2), 1)
    assert (world.kinds == "adversarial").sum() == 30
    assert (world.kinds == "dead").sum() == 10
    assert all(((table[:, 1:] > 0).any(axis=0)).sum() <= 1 for table in world.tables)


def test_a_summary_counts_the_worlds_in_which_a_model_is_clearly_worse() -> None:
    scores = [Score(0.8, 0.9, 1.0, 0.01, 0.1), Score(0.95, 0.9, 1.0, 0.01, 0.2)]

    told = summary(scores)

    assert told["worse"] == 1
    assert told["gain"] == pytest.approx(-2.5)
    assert told["true_gain"] == pytest.approx(10.0)
