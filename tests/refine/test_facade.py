"""The public face of refinement, on matrices and texts."""

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from tests.refine.conftest import World, made

import labelmill
from labelmill.errors import UsageError


def fitted(world: World, rounds: int = 1) -> labelmill.Refiner:
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)
    return labelmill.Refiner(model, rounds=rounds).fit(world.texts, world.votes)


def test_the_text_labels_rows_that_no_function_touched(world: World) -> None:
    refiner = fitted(world)

    refined = refiner.refined(world.texts, world.votes)
    alone = refined.rests_on == 2

    assert refiner.used
    assert alone.sum() > 10
    right = refined.probs[alone].argmax(axis=1) == world.truth[alone]
    assert right.mean() > 0.9


def test_votes_and_text_together_are_better_than_votes(world: World) -> None:
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)
    refiner = labelmill.Refiner(model).fit(world.texts, world.votes)

    before = (model.predict(world.votes, tie="first") == world.truth).mean()
    after = (refiner.predict(world.texts, world.votes) == world.truth).mean()

    assert after > before + 0.1


def test_texts_that_say_nothing_of_the_label_are_not_used(world: World) -> None:
    shuffled = np.random.default_rng(1).permutation(world.texts).tolist()

    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)
    refiner = labelmill.Refiner(model).fit(shuffled, world.votes)

    assert not refiner.used
    assert "does not follow" in refiner.review.why
    assert np.array_equal(
        refiner.predict_proba(shuffled, world.votes), model.predict_proba(world.votes)
    )


def test_functions_that_share_no_cause_are_not_carried_over() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice([f"w{i}" for i in range(30)], 8)) for _ in range(800)]
    votes = np.full((800, 6), -1)
    for j in range(6):
        votes[[f"w{j}" in text.split() for text in texts], j] = j % 2

    refiner = fitted(World(texts, votes, votes[:, 0]))

    assert not refiner.used
    assert "does not hold for others" in refiner.review.why


def test_rare_labels_stay_rare() -> None:
    rare = made(n_rows=3000, share=0.02, stray=0.01)

    refiner = fitted(rare)
    found = refiner.predict(rare.texts, rare.votes)

    assert refiner.used
    assert (found == rare.truth).mean() > 0.9
    assert found[rare.truth == 1].mean() > 0.7
    assert (found == 1).mean() < 0.1


def test_gold_on_which_the_text_does_harm_keeps_it_out(world: World) -> None:
    other = made(seed=5)
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)
    told = model.predict(other.votes, tie="first")

    refiner = labelmill.Refiner(model).fit(world.texts, world.votes, other.texts, other.votes, told)

    assert not refiner.used
    assert "on gold" in refiner.review.why


def test_gold_on_which_the_text_helps_lets_it_in(world: World) -> None:
    other = made(seed=5)
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)

    refiner = labelmill.Refiner(model).fit(
        world.texts, world.votes, other.texts, other.votes, other.truth
    )

    assert refiner.used
    assert refiner.review.measures["fixes"] > refiner.review.measures["breaks"]


def test_the_order_of_rows_never_matters(world: World) -> None:
    order = np.random.default_rng(3).permutation(len(world.texts))
    turned = World([world.texts[i] for i in order], world.votes[order], world.truth[order])

    here = fitted(world).predict_proba(world.texts, world.votes)
    there = fitted(turned).predict_proba(turned.texts, turned.votes)

    assert np.allclose(here[order], there, atol=1e-3)


@pytest.mark.parametrize("rows", [0, 1, 10])
def test_too_few_rows_teach_nothing(rows: int, world: World) -> None:
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)

    refiner = labelmill.Refiner(model).fit(world.texts[:rows], world.votes[:rows])

    assert not refiner.used
    assert refiner.predict_proba(world.texts, world.votes).shape == (600, 2)


def test_what_cannot_be_used_is_refused(world: World) -> None:
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)

    with pytest.raises(UsageError, match="not fitted"):
        labelmill.Refiner(model).predict(world.texts, world.votes)
    with pytest.raises(UsageError, match="folds"):
        labelmill.Refiner(model, folds=1)
    with pytest.raises(UsageError, match="3 texts and 600 rows"):
        labelmill.Refiner(model).fit(world.texts[:3], world.votes)
    with pytest.raises(UsageError, match=r"texts\[1\]"):
        labelmill.Refiner(model).fit(["a", None], world.votes[:2])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="class_balance"):
        labelmill.Refiner(model, class_balance=[1.0])


def test_cleanlab_finds_wrong_labels_with_the_probabilities_of_the_text(world: World) -> None:
    refined = fitted(world).refined(world.texts, world.votes)
    wrong = np.random.default_rng(0).choice(len(world.texts), 40, replace=False)
    labels = world.truth.copy()
    labels[wrong] = 1 - labels[wrong]

    found = find_label_issues(labels=labels, pred_probs=refined.text_probs, n_jobs=1)

    assert found[wrong].mean() > 0.6
    assert np.delete(found, wrong).mean() < 0.15
