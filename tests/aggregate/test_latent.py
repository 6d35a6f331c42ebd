"""Whether labels and copies explain the votes."""

import numpy as np
import pytest
from benchmarks.made_up import Terms, World
from tests.aggregate.worlds import Ints, patterns_of, space_of

import labelmill
from labelmill.aggregate import latent
from labelmill.aggregate.latent import Explanation, Misfit, explained, sampled
from labelmill.aggregate.lift import Lift
from labelmill.aggregate.skills import fit_skills
from labelmill.core.labels import LabelSpace, Not
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

ROWS = 10_000
SOUND = Terms(3, 12, 0.2, 0.5, 0.5, 0.3, (0.0, 0.0))


def explanation(votes: Ints, n_labels: int) -> Explanation | None:
    """What explains votes, from skills as a start."""
    patterns, space = VotePatterns.of_matrix(votes, n_labels), space_of(n_labels, votes.shape[1])
    return explained(patterns, space, fit_skills(patterns, space)[0])


def drawn(terms: Terms, seed: int = 5) -> tuple[Ints, Ints]:
    votes, truth = World(terms, seed).sample(ROWS, 1)
    return votes.astype(np.int64), truth.astype(np.int64)


def test_labels_and_copies_explain_a_world_that_is_made_of_them() -> None:
    votes, truth = drawn(SOUND)
    found = explanation(votes, 3)
    assert found is not None
    assert (found.against, found.ambiguous) == (0.0, False)
    patterns = VotePatterns.of_matrix(votes, 3)
    best = found.model.predict(patterns).argmax(axis=1)[patterns.index]
    ideal = World(SOUND, 5).posterior(votes.astype(np.int8)).argmax(axis=1)
    voted = (votes >= 0).any(axis=1)
    assert (best == truth)[voted].mean() > (ideal == truth)[voted].mean() - 0.01


def test_a_topic_that_some_functions_share_is_left_unexplained() -> None:
    rng = np.random.default_rng(0)
    truth, topic = rng.integers(0, 2, ROWS), rng.integers(0, 4, ROWS)
    votes = np.full((ROWS, 12), -1)
    for function in range(12):
        fires = rng.random(ROWS) < np.where(topic == function % 4, 0.5, 0.05)
        right = rng.random(ROWS) < np.where(topic == function % 4, 0.6, 0.9)
        votes[fires, function] = np.where(right, truth, 1 - truth)[fires]
    assert explanation(votes, 2) is None


SPARSE = Terms(3, 200, 0.2, 0.0, 0.5, 0.01, (0.0, 0.0))


@pytest.mark.parametrize(
    ("terms", "n_rows", "limit"),
    [
        (Terms(3, 3, 0.2, 0.0, 0.0, 0.5, (0.0, 0.0)), ROWS, "FEWEST_FUNCTIONS"),
        (SOUND, 800, "FEWEST_ITEMS"),
        (SPARSE, 3_000, "FEWEST_MEETINGS"),
        (SOUND, ROWS, "MOST_ENTRIES"),
    ],
    ids=["functions", "items", "meetings", "entries"],
)
def test_of_few_nobody_can_tell_and_of_many_not_in_time(
    terms: Terms, n_rows: int, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    votes = drawn(terms)[0][:n_rows]
    open_limit, closed = (0, None) if limit.startswith("FEWEST") else (10**9, 10)
    if closed is not None:
        monkeypatch.setattr(latent, limit, closed)
    assert explanation(votes, 3) is None
    monkeypatch.setattr(latent, limit, open_limit)
    assert explanation(votes, 3) is not None


def test_of_two_labels_the_few_that_vote_most_may_be_right() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, ROWS)
    votes = np.full((ROWS, 10), -1)
    for function in range(10):
        often, right = (0.9, 0.85) if function < 3 else (0.1, 0.15)
        said = np.where(rng.random(ROWS) < right, truth, 1 - truth)
        votes[:, function] = np.where(rng.random(ROWS) < often, said, -1)
    found = explanation(votes, 2)
    assert found is not None
    assert found.ambiguous
    model = labelmill.LabelModel("auto", 2).fit(votes)
    assert model.story is not None
    assert model.story.used == "majority"
    voted = (votes >= 0).any(axis=1)
    assert (model.predict(votes) == truth)[voted].mean() > 0.7


def test_of_two_labels_a_large_minority_may_be_right() -> None:
    votes, _ = drawn(Terms(2, 30, 0.5, 0.0, 0.0, 0.3, (0.6, 0.0)))
    found = explanation(votes, 2)
    assert found is not None
    assert found.ambiguous
    assert found.against == pytest.approx(0.4)


def test_of_many_labels_the_few_that_agree_are_right() -> None:
    votes, truth = drawn(Terms(5, 30, 0.5, 0.0, 0.0, 0.3, (0.6, 0.0)))
    found = explanation(votes, 5)
    assert found is not None
    assert found.against == pytest.approx(0.6)
    assert not found.ambiguous
    patterns = VotePatterns.of_matrix(votes, 5)
    best = found.model.predict(patterns).argmax(axis=1)[patterns.index]
    assert (best == truth).mean() > 0.75


def test_votes_for_sets_of_labels_are_explained_too() -> None:
    votes, truth = drawn(Terms(3, 12, 0.2, 0.0, 0.0, 0.3, (0.0, 0.0)))
    rng = np.random.default_rng(0)
    wrong = (truth + rng.integers(1, 3, ROWS)) % 3
    votes[:, 0] = np.where(rng.random(ROWS) < 0.5, 3 + wrong, -1)  # what it is not
    labels = LabelSpace(("a", "b", "c")).including([Not("a"), Not("b"), Not("c")])
    names = tuple(f"f{j}" for j in range(12))
    space = VoteSpace(names, labels, np.full(3, 1 / 3))
    patterns = VotePatterns.of_matrix(votes, 6)
    found = explained(patterns, space, Lift().fit(patterns, space))
    assert found is not None
    assert found.model.weights()[0] > 0.97


def test_a_function_with_two_votes_on_an_item_is_not_explained() -> None:
    votes, _ = drawn(SOUND)
    item, function = np.nonzero(votes >= 0)
    label = votes[item, function]
    twice = VotePatterns.of(
        np.append(item, item[:5]),
        np.append(function, function[:5]),
        np.append(label, (label[:5] + 1) % 3),
        ROWS,
    )
    space = space_of(3, 12)
    assert explained(twice, space, fit_skills(twice, space)[0]) is None


def test_a_sample_is_even_and_always_the_same() -> None:
    votes, _ = drawn(Terms(3, 12, 0.2, 0.0, 0.5, 0.5, (0.0, 0.0)))
    patterns = patterns_of(votes)
    assert len(patterns) > 1_000
    some = sampled(patterns, 1_000)
    assert some.counts.sum() == 1_000
    assert (some.counts > 0).all()
    share = (patterns.dense(12) >= 0).T @ patterns.counts / ROWS
    assert (some.dense(12) >= 0).T @ some.counts / 1_000 == pytest.approx(share, abs=0.05)
    assert sampled(patterns, 1_000).counts.tolist() == some.counts.tolist()
    assert sampled(patterns, len(patterns)).counts.tolist() == patterns.counts.tolist()


def test_a_misfit_that_is_small_or_due_to_chance_is_none() -> None:
    foretold = np.full(400, 100.0)
    chance = np.random.default_rng(0).poisson(foretold).astype(np.float64)
    due = Misfit.of(chance, foretold)
    small = Misfit.of(foretold * 1e6 * 1.02, foretold * 1e6)
    large = Misfit.of(foretold * 1.5, foretold)
    assert (due and due.negligible, small and small.negligible, large and large.negligible) == (
        True,
        True,
        False,
    )
    assert Misfit.of(np.zeros(3), np.zeros(3)) is None
