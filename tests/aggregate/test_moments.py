"""Skills and balance from how often functions agree."""

import numpy as np
import numpy.typing as npt
import pytest
from benchmarks.worlds import Terms, World
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.aggregate.moments import Meetings, Skills, _start_balance, skills_of
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

Votes = npt.NDArray[np.int8]


def space(n_functions: int, n_labels: int, balance: list[float] | None = None) -> VoteSpace:
    shares = np.full(n_labels, 1 / n_labels) if balance is None else np.array(balance)
    names = tuple(f"label{i}" for i in range(n_labels))
    functions = tuple(f"f{i}" for i in range(n_functions))
    return VoteSpace(functions, LabelSpace(names), shares, balance_given=balance is not None)


def drawn(skills: list[float], balance: list[float], *, rows: int, seed: int = 0) -> Votes:
    """Votes of functions that know the truth so often, and fire on half of the rows."""
    rng = np.random.default_rng(seed)
    shares = np.array(balance)
    truth = rng.choice(len(shares), rows, p=shares)
    votes = np.full((rows, len(skills)), -1, dtype=np.int8)
    for j, skill in enumerate(skills):
        guess = rng.choice(len(shares), rows, p=shares)
        said = np.where(rng.random(rows) < skill, truth, guess)
        fires = rng.random(rows) < 0.5
        votes[fires, j] = said[fires]
    return votes


def told(votes: Votes, n_labels: int, balance: list[float] | None = None) -> Skills:
    n_functions = votes.shape[1]
    meetings = Meetings.of(VotePatterns.of_matrix(votes, n_labels), n_functions, n_labels)
    return skills_of(meetings, space(n_functions, n_labels, balance))


def test_skills_of_independent_functions_are_found() -> None:
    skills = [0.9, 0.7, 0.5, 0.3, 0.1]
    found = told(drawn(skills, [0.5, 0.3, 0.2], rows=40_000), 3)
    assert found.skill == pytest.approx(skills, abs=0.05)
    assert found.balance == pytest.approx([0.5, 0.3, 0.2], abs=0.05)


def test_an_uneven_balance_is_found_where_functions_know_one_label_each() -> None:
    votes = drawn([0.8] * 12, [0.85, 0.15], rows=40_000)
    for j in range(12):
        votes[votes[:, j] != j % 2, j] = -1
    assert told(votes, 2).balance == pytest.approx([0.85, 0.15], abs=0.07)


def test_a_balance_that_is_given_is_kept() -> None:
    votes = drawn([0.8] * 5, [0.85, 0.15], rows=5_000)
    assert told(votes, 2, [0.5, 0.5]).balance == pytest.approx([0.5, 0.5])


def test_nothing_is_believed_of_functions_that_never_meet() -> None:
    votes = np.array([[0, -1], [1, -1], [-1, 0], [-1, 1], *[[-1, -1]] * 4_000], dtype=np.int8)
    found = told(votes, 2)
    assert found.skill == pytest.approx([0.5, 0.5], abs=1e-3)
    assert found.balance == pytest.approx([0.5, 0.5], abs=1e-3)


def test_a_function_that_votes_without_looking_has_no_skill() -> None:
    skills = told(drawn([0.8, 0.8, 0.8, 0.0], [0.5, 0.5], rows=20_000), 2).skill
    assert skills[3] < 0.05


def test_those_who_go_against_the_others_are_counted() -> None:
    votes = drawn([0.9] * 5, [0.5, 0.5], rows=5_000)
    assert told(votes, 2).opposed == 0
    votes[:, 4] = np.where(votes[:, 4] < 0, -1, 1 - votes[:, 4])
    assert told(votes, 2).opposed == pytest.approx(0.2, abs=0.02)


def test_of_three_labels_the_few_that_agree_are_believed_against_the_many() -> None:
    votes = drawn([0.8] * 10, [0.4, 0.3, 0.3], rows=5_000)
    rng = np.random.default_rng(5)
    for function in range(6):  # anything but what they see
        fired = votes[:, function] >= 0
        votes[fired, function] = (votes[fired, function] + rng.integers(1, 3, fired.sum())) % 3
    found = told(votes, 3)
    assert found.outnumbered
    assert found.skill[:6].max() < 0.1
    assert found.skill[6:].min() > 0.6


def test_functions_that_are_mostly_sound_are_not_outnumbered() -> None:
    for seed in range(5):
        votes, _ = World(Terms(4, 12, 0.2, 0.0, 0.5, 0.5, (0.1, 0.1)), seed).sample(5_000, 1)
        assert not told(votes, 4).outnumbered


def test_pairs_that_agree_less_than_skills_explain_are_told() -> None:
    votes = drawn([0.9] * 6, [0.5, 0.5], rows=5_000)
    assert told(votes, 2).unlike == 0
    votes[:, 3:] = np.where(votes[:, 3:] < 0, -1, 1 - votes[:, 3:])
    assert told(votes, 2).unlike > 0.3


def test_the_balance_starts_from_functions_that_know_most_labels() -> None:
    even = drawn([0.8] * 3, [0.25] * 4, rows=50)
    lopsided = np.repeat([[0, -1], [1, 1]], [600, 5], axis=0).astype(np.int8)
    assert _start_balance(Meetings.of(VotePatterns.of_matrix(lopsided, 4), 2, 4).votes).max() < 0.3
    assert _start_balance(Meetings.of(VotePatterns.of_matrix(even, 4), 3, 4).votes).max() < 0.4


def test_copies_do_not_make_each_other_skilled() -> None:
    votes = drawn([0.9, 0.8, 0.9, 0.8, 0.0], [0.5, 0.5], rows=20_000)
    skills = told(np.column_stack([votes, votes[:, 4]]), 2).skill
    assert skills[4:].max() < 0.3


@pytest.mark.parametrize("coverage", [0.05, 1.0])
def test_counting_densely_and_sparsely_are_the_same(coverage: float) -> None:
    world = World(Terms(3, 10, 0.2, 0.5, 0.5, coverage, (0.1, 0.1)), 3)
    votes, _ = world.sample(2_000, 1)
    meetings = Meetings.of(VotePatterns.of_matrix(votes, 3), 10, 3)
    fired = votes >= 0
    both = (fired[:, :, None] & fired[:, None, :]).sum(axis=0) * (1 - np.eye(10))
    same = (fired[:, :, None] & (votes[:, :, None] == votes[:, None, :])).sum(axis=0)
    assert (meetings.both == both).all()
    assert (meetings.agreements() == same * (1 - np.eye(10))).all()


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=30))
def test_whatever_the_votes_skills_are_numbers_and_the_balance_a_distribution(
    rows: list[list[int]],
) -> None:
    found = told(np.array(rows, dtype=np.int8), 3)
    assert ((found.skill >= 0) & (found.skill < 1)).all()
    assert (found.known > 0).all()
    assert found.balance.sum() == pytest.approx(1)
    assert (found.balance > 0).all()
