"""Who copies whom."""

import numpy as np
from benchmarks.made_up import Terms, World
from tests.aggregate.worlds import Floats, Ints, patterns_of

from labelmill.aggregate.leaders import leaders_of, roots
from labelmill.aggregate.moments import Meetings

ROWS = 6_000


def found(votes: Ints, beliefs: Floats) -> Ints:
    """Leaders by beliefs of each row."""
    patterns = patterns_of(votes)
    told = np.zeros((len(patterns), beliefs.shape[1]))
    np.add.at(told, patterns.index, beliefs)
    told /= patterns.counts[:, None]
    return leaders_of(patterns, told, Meetings.of(patterns, votes.shape[1], beliefs.shape[1]))


def test_groups_are_found_by_what_their_members_do() -> None:
    world = World(Terms(3, 20, 0.2, 0.5, 0.5, 0.2, (0.1, 0.0)), 3)
    votes, truth = world.sample(ROWS, 1)
    leader = found(votes.astype(np.int64), np.eye(3)[truth])
    wanted = np.where(world.leader < 0, np.arange(20), world.leader)
    assert (roots(leader)[:, None] == roots(leader)).tolist() == (
        wanted[:, None] == wanted
    ).tolist()


def test_functions_that_agree_because_they_know_the_label_follow_nobody() -> None:
    world = World(Terms(3, 20, 0.2, 0.0, 0.5, 0.2, (0.0, 0.0)), 3)
    votes, truth = world.sample(ROWS, 1)
    assert (found(votes.astype(np.int64), np.eye(3)[truth]) == -1).all()


def test_without_beliefs_what_the_label_explains_looks_like_copies() -> None:
    world = World(Terms(3, 20, 0.2, 0.0, 0.0, 0.5, (0.0, 0.0)), 3)
    votes, _ = world.sample(ROWS, 1)
    assert (found(votes.astype(np.int64), np.full((ROWS, 3), 1 / 3)) >= 0).any()


def test_two_that_do_the_same_do_not_follow_each_other() -> None:
    rng = np.random.default_rng(0)
    first = np.where(rng.random(ROWS) < 0.3, rng.integers(0, 2, ROWS), -1)
    votes = np.stack([first, first, first], axis=1)
    leader = found(votes, np.full((ROWS, 2), 0.5))
    assert (leader < 0).sum() == 1
    assert (roots(leader) == roots(leader)[0]).all()


def test_functions_that_never_meet_follow_nobody() -> None:
    votes = np.full((90, 3), -1)
    for function in range(3):
        votes[30 * function : 30 * function + 30, function] = 0
    assert found(votes, np.full((90, 2), 0.5)).tolist() == [-1, -1, -1]
