"""Votes for one of several labels, and against a label, through every native model."""

import numpy as np
import pytest
from tests.aggregate.worlds import patterns_of, space_of

from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.hmm import Hmm
from labelmill.aggregate.lift import Lift
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.triplet import Triplet
from labelmill.aggregate.weighted import Weighted
from labelmill.core.labels import LabelSpace, Not, OneOf, Target
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import LabelModel, VoteSpace
from labelmill.tasks.tags import tag_space

MODELS: dict[str, LabelModel] = {
    "majority": Majority(),
    "weighted": Weighted({"f0": 2.0}),
    "dawid_skene": DawidSkene(),
    "dawid_skene with silence": DawidSkene(abstain_as_evidence=True),
    "dawid_skene one_coin": DawidSkene(confusion="one_coin"),
    "lift": Lift(),
    "triplet": Triplet(),
}


def world(n_labels: int = 4, n_items: int = 600) -> tuple[np.ndarray, np.ndarray, VoteSpace]:
    """Two functions that name a label, one that knows l0 or l1, one that knows what is not l0.

    All of them are right in nine of ten cases, and silent in some.
    """
    rng = np.random.default_rng(3)
    targets: list[Target] = [OneOf(("l0", "l1")), Not("l0")]
    space = space_of(n_labels, 4, targets=targets)
    truth = rng.integers(0, n_labels, n_items)
    wrong = (truth + rng.integers(1, n_labels, n_items)) % n_labels
    named = [np.where(rng.random(n_items) < 0.9, truth, wrong) for _ in range(2)]
    either = np.where((truth < 2) ^ (rng.random(n_items) < 0.1), n_labels, -1)
    other = np.where((truth > 0) ^ (rng.random(n_items) < 0.1), n_labels + 1, -1)
    votes = np.column_stack([*named, either, other])
    votes[rng.random(votes.shape) < 0.3] = -1
    return truth, votes.astype(np.int64), space


@pytest.mark.parametrize("name", MODELS)
def test_a_set_alone_makes_its_labels_likelier_than_the_others_and_alike(name: str) -> None:
    _, votes, space = world()
    fitted = MODELS[name].fit(patterns_of(votes), space)
    alone = patterns_of(np.array([[-1, -1, 4, -1], [-1, -1, -1, 5]]))

    one_of, not_ = fitted.predict(alone)[alone.index]

    assert one_of.sum() == pytest.approx(1)
    assert one_of[:2].min() > one_of[2:].max()
    assert not_[0] < not_[1:].min()


@pytest.mark.parametrize("name", MODELS)
def test_a_set_settles_what_two_single_votes_leave_open(name: str) -> None:
    _, votes, space = world()
    fitted = MODELS[name].fit(patterns_of(votes), space)
    torn = patterns_of(np.array([[2, 0, -1, -1], [2, 0, 4, -1], [2, 0, -1, 5]]))

    plain, with_either, without_first = fitted.predict(torn)[torn.index]

    assert with_either[0] / with_either[2] > plain[0] / plain[2] + 0.1
    assert without_first[2] / without_first[0] > plain[2] / plain[0] + 0.1


@pytest.mark.parametrize("name", MODELS)
def test_sets_do_not_make_a_model_much_worse(name: str) -> None:
    truth, votes, space = world()
    single = np.where(votes[:, :2] >= 0, votes[:, :2], -1)
    covered = (single >= 0).any(axis=1)
    fitted = MODELS[name].fit(patterns_of(votes), space)
    without = MODELS[name].fit(patterns_of(single), space_of(4, 2))

    def right(model: object, matrix: np.ndarray) -> float:
        found = patterns_of(matrix)
        best = model.predict(found)[found.index].argmax(axis=1)  # type: ignore[attr-defined]
        return float((best == truth)[covered].mean())

    assert right(fitted, votes) >= right(without, single) - 0.03


def test_the_hidden_markov_model_hears_sets_of_tags() -> None:
    names = LabelSpace(("ORG", "PER", "LOC")).including([OneOf(("ORG", "PER")), Not("LOC")])
    labels = tag_space(names, "IO")
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.integers(0, 4, 400), 3)
    named = np.where(rng.random(1200) < 0.9, truth, 0)
    either = np.where((truth == 1) | (truth == 2), labels.sets.index((1, 2)), 0)
    matrix = np.column_stack([named, either])
    item, function = np.nonzero(matrix >= 0)
    patterns = VotePatterns.of(item, function, matrix[item, function], 1200).in_sequences(
        [12] * 100
    )
    space = VoteSpace(("f", "g"), labels, np.full(4, 0.25))
    fitted = Hmm().fit(patterns, space)

    asked = VotePatterns.of(
        np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1] * 3), np.array([0, 0, 0, 4, 0, 0]), 3
    ).in_sequences([3])

    probs = fitted.predict(asked)
    assert probs.sum(axis=1) == pytest.approx(1)
    assert probs[1, 1:3].sum() > probs[0, 1:3].sum()
    assert probs[1, 1:3].min() > probs[1, 3]
