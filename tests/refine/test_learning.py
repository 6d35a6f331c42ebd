"""What texts learn from: votes that the label model shares and that other texts do not deny."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.refine.conftest import World, made

import labelmill
from labelmill.core.batch import Batch
from labelmill.core.hashes import keys_of
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.refine.learning import agreed, denied, targets_of
from labelmill.refine.reading import Reading, Setting
from labelmill.refine.text import fit

LABELS = LabelSpace(("ham", "spam"))


def reading_of(world: World) -> Reading:
    column = pa.array(world.texts, pa.string())
    votes = VotePatterns.of_matrix(world.votes.astype(np.int32), 2)
    probs = labelmill.LabelModel("majority", n_labels=2).fit(world.votes)
    answers = probs.predict_proba(world.votes)
    return Reading(Batch(column, column), votes, answers, keys_of(column))


def test_the_model_of_a_fold_knows_nothing_of_the_votes_in_it(world: World) -> None:
    names = tuple(f"lf_{j}" for j in range(6))
    space = VoteSpace(names, LABELS, np.full(2, 0.5), 0)
    apart = reading_of(world).folds(Setting()) == 0
    turned = world.votes.copy()
    turned[apart] = np.where(turned[apart] >= 0, 1 - turned[apart], -1)

    here = fit(reading_of(world), space, Setting())
    there = fit(reading_of(replace(world, votes=turned)), space, Setting())

    assert np.array_equal(here.models[0].weight, there.models[0].weight)
    assert not np.array_equal(here.models[1].weight, there.models[1].weight)


def test_votes_that_texts_deny_teach_little() -> None:
    world = made(n_rows=1500)
    lied = world.votes.copy()
    liar = np.random.default_rng(2).random(1500) < 0.15
    lied[liar] = np.where(lied[liar] >= 0, 1 - lied[liar], -1)
    model = labelmill.LabelModel("majority", n_labels=2).fit(lied)

    refined = labelmill.Refiner(model).fit(world.texts, lied).refined(world.texts, lied)

    assert (refined.text_probs.argmax(axis=1) == world.truth)[liar].mean() > 0.9


@given(
    arrays.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(3)), elements=st.floats(-5, 5)),
    st.integers(0, 2**30),
)
def test_of_each_label_no_larger_a_share_is_denied_than_of_all(
    scores: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    label, usable = rng.integers(0, 3, len(scores)), rng.random(len(scores)) < 0.8

    gone = denied(scores, np.eye(3)[label], usable)

    others = np.where(np.eye(3, dtype=bool)[label], -np.inf, scores).max(axis=1)
    share = (scores[np.arange(len(scores)), label] <= others)[usable].mean() if usable.any() else 0
    assert not gone[~usable].any()
    for each in range(3):
        rows = usable & (label == each)
        assert gone[rows].sum() <= np.ceil(share * rows.sum() + 1e-9)


def test_a_label_that_the_label_model_takes_for_wrong_says_nothing() -> None:
    majority = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    model = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.1]])

    found = agreed(majority, model)

    assert found.tolist() == [[0.5, 0.5], [0.0, 1.0], [0.5, 0.5]]


def test_nothing_to_learn_from_weighs_nothing() -> None:
    _, weight, balance = targets_of(np.full((4, 2), 0.5), np.ones(4, dtype=np.bool_))

    assert not weight.any()
    assert balance.tolist() == [0.5, 0.5]
