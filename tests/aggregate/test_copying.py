"""Labels and functions that copy each other."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aggregate import slow_copying
from tests.aggregate.worlds import Floats, Ints, patterns_of, space_of

from labelmill.aggregate.copying import Copying, learned, own_votes
from labelmill.core.labels import LabelSpace, Not
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace


@st.composite
def problems(draw: st.DrawFn) -> tuple[Ints, Floats, list[int], int]:
    """Votes, beliefs to start from, leaders, and the number of labels."""
    n_rows, n_functions, n_labels = (
        draw(st.integers(low, top)) for low, top in ((4, 9), (1, 4), (2, 4))
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    votes = rng.integers(-1, n_labels, (n_rows, n_functions))
    votes[:n_labels, 0] = np.arange(n_labels)  # a label without votes is never the best here
    beliefs = rng.dirichlet(np.ones(n_labels), n_rows)
    leaders = [draw(st.integers(-1, j - 1)) for j in range(n_functions)]
    return votes, beliefs, leaders, n_labels


def fast(
    votes: Ints, beliefs: Floats, leaders: list[int], members: np.ndarray
) -> tuple[Copying, Floats, VotePatterns]:
    """The fast model, with its beliefs by row; each row is a pattern of its own."""
    patterns = VotePatterns.of_matrix(votes, len(members), distinct=False)
    model, after = learned(patterns, beliefs, np.array(leaders), members, None)
    return model, after, patterns


@settings(max_examples=40, deadline=None)
@given(problems())
def test_it_equals_the_slow_one(problem: tuple[Ints, Floats, list[int], int]) -> None:
    votes, beliefs, leaders, n_labels = problem
    members = np.eye(n_labels, dtype=bool)
    model, after, patterns = fast(votes, beliefs, leaders, members)
    slow, wanted = slow_copying.learned(
        votes, beliefs, leaders, [{label} for label in range(n_labels)]
    )
    assert after == pytest.approx(wanted, abs=1e-6)
    assert model.share == pytest.approx(np.array(slow.shares), abs=1e-6)
    own = own_votes(model, patterns, after)
    for function, vote, label in np.ndindex(own.shape):
        counted = sum(
            belief[label] * slow.own(function, row, label)
            for row, belief in zip(votes.tolist(), wanted, strict=True)
            if row[function] == vote
        )
        assert own[function, vote, label] == pytest.approx(counted, abs=1e-5)


def test_votes_for_sets_of_labels_equal_the_slow_one() -> None:
    rng = np.random.default_rng(5)
    labels = LabelSpace(("a", "b", "c")).including([Not("a")])
    votes = rng.integers(-1, 4, (30, 3))
    beliefs = rng.dirichlet(np.ones(3), 30)
    _, after, _ = fast(votes, beliefs, [-1, 0, -1], labels.membership())
    _, wanted = slow_copying.learned(votes, beliefs, [-1, 0, -1], [{0}, {1}, {2}, {1, 2}])
    assert after == pytest.approx(wanted, abs=1e-6)


def test_a_copy_adds_nothing() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 5_000)
    told = [np.where(rng.random(5_000) < 0.7, truth, 1 - truth) for _ in range(3)]
    votes = np.stack([*told, told[0], told[0], told[0]], axis=1)
    patterns = patterns_of(votes)
    start = np.stack([1.0 - patterns.dense(6)[:, 1] * 0.6, 0.4 + 0 * patterns.dense(6)[:, 1]], 1)
    start /= start.sum(axis=1, keepdims=True)
    leaders = np.array([-1, -1, -1, 0, 0, 0])
    model, after = learned(patterns, start, leaders, np.eye(2, dtype=bool), None)
    assert (model.share[3:] > 0.95).all()
    assert model.weights() == pytest.approx(np.full(6, 0.7), abs=0.03)
    best = after.argmax(axis=1)[patterns.index]
    assert (best == (votes[:, :3].sum(axis=1) > 1)).mean() > 0.99


def test_a_given_balance_stays() -> None:
    rng = np.random.default_rng(1)
    votes = rng.integers(-1, 2, (200, 4))
    patterns = patterns_of(votes)
    start = np.full((len(patterns), 2), 0.5)
    given_balance = np.array([0.9, 0.1])
    alone = np.full(4, -1)
    model, _ = learned(patterns, start, alone, np.eye(2, dtype=bool), given_balance)
    assert model.balance.tolist() == [0.9, 0.1]


def test_a_label_that_nobody_votes_for_wins_nowhere() -> None:
    votes = np.random.default_rng(2).integers(-1, 2, (300, 4))
    patterns = VotePatterns.of_matrix(votes, 3)
    start = np.tile([0.1, 0.1, 0.8], (len(patterns), 1))
    _, after = learned(patterns, start, np.full(4, -1), np.eye(3, dtype=bool), None)
    assert (after.argmax(axis=1) < 2).all()


def test_it_is_the_same_from_its_parameters() -> None:
    votes = np.random.default_rng(3).integers(-1, 2, (300, 3))
    space: VoteSpace = space_of(2, 3)
    patterns = patterns_of(votes)
    start = np.tile([0.6, 0.4], (len(patterns), 1))
    model, _ = learned(patterns, start, np.array([-1, 0, 1]), np.eye(2, dtype=bool), None)
    back = Copying.restore(json.loads(json.dumps(model.parameters())), space)
    assert (back.predict(patterns) == model.predict(patterns)).all()
    assert (back.weights() == model.weights()).all()
    assert ((model.weights() > 0) & (model.weights() < 1)).all()
