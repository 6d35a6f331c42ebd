"""What texts learn from."""

import numpy as np
from tests.refine.conftest import made

import labelmill
from labelmill.refine.learning import targets_of


def test_votes_that_are_wrong_here_and_there_are_outvoted_by_texts() -> None:
    world = made(n_rows=1500)
    lied = world.votes.copy()
    liar = np.random.default_rng(2).random(1500) < 0.15
    lied[liar] = np.where(lied[liar] >= 0, 1 - lied[liar], -1)
    model = labelmill.LabelModel("majority", n_labels=2).fit(lied)

    refined = labelmill.Refiner(model).fit(world.texts, lied).refined(world.texts, lied)

    assert (refined.text_probs.argmax(axis=1) == world.truth)[liar].mean() > 0.9


def test_nothing_to_learn_from_weighs_nothing() -> None:
    _, weight, balance = targets_of(np.full((4, 2), 0.5), np.ones(4, dtype=np.bool_))

    assert not weight.any()
    assert balance.tolist() == [0.5, 0.5]
