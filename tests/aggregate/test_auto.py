"""The label model that can be left alone."""

import json

import numpy as np
import pytest
from benchmarks.worlds import Terms, World, right, score

import labelmill
from labelmill.aggregate.artifact import from_json
from labelmill.aggregate.auto import Auto
from labelmill.core.labels import LabelSpace, Not, OneOf
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

ROWS = 20_000


def gains(terms: Terms, seed: int = 7) -> tuple[float, float, labelmill.LabelModel]:
    """How much better than majority vote auto and the true model are on fresh rows."""
    world = World(terms, seed)
    train, _ = world.sample(ROWS, 1)
    votes, truth = world.sample(ROWS, 2)
    covered = (votes >= 0).any(axis=1)
    votes, truth = votes[covered], truth[covered]
    model = labelmill.LabelModel("auto", terms.n_classes).fit(train)
    majority = labelmill.LabelModel("majority", terms.n_classes).fit(train)
    base = right(majority.predict_proba(votes), truth).mean()
    ours = right(model.predict_proba(votes), truth).mean()
    true = right(world.posterior(votes), truth).mean()
    return float(ours - base), float(true - base), model


def test_it_takes_most_of_what_can_be_gained_where_some_functions_are_wrong() -> None:
    ours, true, _ = gains(Terms(5, 30, 0.2, 0.0, 0.5, 0.2, (0.3, 0.0)))
    assert true > 0.1
    assert ours > 0.6 * true


def test_it_loses_nothing_where_there_is_little_to_learn() -> None:
    ours, _, _ = gains(Terms(3, 3, 0.05, 0.5, 0.5, 0.01, (0.0, 0.0)))
    assert ours > -0.01


def test_two_percent_of_positives_are_found() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(ROWS) < 0.02
    votes = np.full((ROWS, 6), -1)
    for j in range(3):
        votes[rng.random(ROWS) < np.where(truth, 0.6, 0.002), j] = 1
    for j in range(3, 6):
        votes[rng.random(ROWS) < np.where(truth, 0.02, 0.5), j] = 0
    found = labelmill.LabelModel("auto", 2).fit(votes).predict(votes)
    both = ((found == 1) & truth).sum()
    assert 2 * both / (truth.sum() + (found == 1).sum()) > 0.8


def test_it_falls_back_where_nobody_can_tell_which_side_is_right() -> None:
    ours, _, model = gains(Terms(3, 200, 0.01, 0.5, 0.0, 0.05, (0.6, 0.0)), seed=1)
    assert ours >= -0.01
    story = model.story
    assert story is not None
    assert story.asked == "auto"


def test_of_three_labels_it_finds_the_few_that_are_right() -> None:
    world = World(Terms(5, 40, 0.5, 0.0, 0.0, 0.5, (0.6, 0.0)), 3)
    found = score(world, ["auto"], 4_000)["auto"]
    assert found.majority < found.true - 0.05
    assert found.accuracy > found.true - 0.02
    assert "outnumbered" in found.fired


def test_rows_on_which_all_agree_keep_their_label_unless_much_is_known() -> None:
    votes = np.array([[0, -1, -1], [-1, 1, -1], [-1, -1, 1], [0, 0, -1]] * 10)
    assert labelmill.LabelModel("auto", 2).fit(votes).predict(votes)[:4].tolist() == [0, 1, 1, 0]


def test_sets_of_labels_are_votes_too() -> None:
    labels = LabelSpace(("a", "b", "c")).including([Not("c"), OneOf(("b", "c"))])
    space = VoteSpace(("f", "g", "h"), labels, np.full(3, 1 / 3))
    item = np.repeat(np.arange(60), 2)
    function = np.tile([0, 1], 60)
    votes = VotePatterns.of(item, function, np.tile([3, 1, 3, 0, 4, 2], 20), 60)
    probs = Auto().fit(votes, space).predict(votes)[votes.index]
    assert probs.sum(axis=1) == pytest.approx(np.ones(60))
    assert probs.argmax(axis=1)[:3].tolist() == [1, 0, 2]


def test_gold_corrects_a_function_that_is_mostly_wrong() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 4_000)
    votes = np.full((4_000, 2), -1)
    votes[:, 0] = np.where(rng.random(4_000) < 0.9, 1 - truth, truth)
    votes[rng.random(4_000) < 0.3, 0] = -1
    votes[rng.random(4_000) < 0.1, 1] = 1
    gold = slice(0, 300)
    model = labelmill.LabelModel("auto", 2).fit(votes[300:], votes[gold], truth[gold])
    voted = votes[300:, 0] >= 0
    assert (model.predict(votes[300:]) == truth[300:])[voted].mean() > 0.8
    story = model.story
    assert story is not None
    assert story.why.startswith("gold corrects")
    assert story.tried[0].name == "without gold"


def test_gold_that_shows_nothing_changes_no_label() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 3_000)
    votes = np.stack([np.where(rng.random(3_000) < 0.85, truth, 1 - truth) for _ in range(5)], 1)
    free = labelmill.LabelModel("auto", 2).fit(votes)
    told = labelmill.LabelModel("auto", 2).fit(votes, votes[:200], truth[:200])
    assert told.story is not None
    assert told.story.why.startswith("gold changes no label")
    assert (free.predict(votes) == told.predict(votes)).mean() > 0.99


def test_what_gold_taught_is_kept_in_the_file() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 2_000)
    votes = np.where(rng.random((2_000, 3)) < 0.8, (truth[:, None] + 1) % 3, -1)
    model = labelmill.LabelModel("auto", 3).fit(votes, votes[:300], truth[:300])
    done = model._done
    assert done is not None
    assert json.loads(done.to_json())["parameters"]["correction"] is not None
    patterns = VotePatterns.of_matrix(votes, 3)
    again = from_json(done.to_json())
    assert (again.predict(patterns) == done.predict(patterns)).all()


def test_gold_tells_which_side_is_right() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 3_000)
    knows = np.arange(12) < 5  # the other seven say the opposite, as one
    right = np.where(knows, 0.9, 0.1)
    votes = np.where(rng.random((3_000, 12)) < right, truth[:, None], 1 - truth[:, None])
    votes[rng.random(votes.shape) < 0.5] = -1
    gold, rest = slice(0, 150), slice(150, None)

    model = labelmill.LabelModel("auto", 2).fit(votes[rest], votes[gold], truth[gold])

    assert (model.predict(votes[rest]) == truth[rest]).mean() > 0.95
    assert model.story is not None
    assert model.story.used == "auto"
