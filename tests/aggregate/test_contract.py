"""What every label model does, whatever its type."""

import random  # noqa: TID251 (to see that its state stays)
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aggregate.worlds import ABSTAIN, Ints, patterns_of, space_of, world

from labelmill.aggregate import facade  # noqa: F401 (registers the types)
from labelmill.aggregate.artifact import from_json, to_json
from labelmill.core.labels import LabelSpace, Not
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import LabelModel, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter

NEEDS_THREE = {"snorkel"}
SINGLE_LABELS_ONLY = {"snorkel"}
TEXT_LENGTH = 7

TYPES = [name for name in LABEL_MODELS if name != "fitted"]
FAST = [name for name in TYPES if name not in ("snorkel", "skweak_hmm")]


@pytest.fixture(params=TYPES)
def model(request: pytest.FixtureRequest) -> LabelModel:
    made: LabelModel = LABEL_MODELS.get(request.param)()
    return made


def name_of(model: LabelModel) -> str:
    return LABEL_MODELS.name_of(type(model))


def votes_of(model: LabelModel, *, n_functions: int = 4, n_items: int = 210) -> Ints:
    """Votes with many kinds of patterns; label 0 is "O" for models of spans."""
    seen = world(
        [0.9, 0.7, 0.8, 0.6][:n_functions],
        [0.4, 0.6, 0.3, 0.5][:n_functions],
        balance=(0.6, 0.3, 0.1) if model.sequential else (0.2, 0.5, 0.3),
        n_items=n_items,
        seed=5,
    )
    return seen.votes


def space(n_functions: int = 4, *, wide: bool = False) -> VoteSpace:
    names = ("O", "ORG", "PER")
    labels = LabelSpace(names).including([Not("PER"), Not("O")] if wide else [])
    functions = tuple(f"{letter}_rule" for letter in "abcd"[:n_functions])
    return VoteSpace(functions, labels, np.array([0.5, 0.3, 0.2]), 11, balance_given=True)


def patterns(model: LabelModel, votes: Ints) -> VotePatterns:
    found = patterns_of(votes)
    if not model.sequential:
        return found
    whole, rest = divmod(len(votes), TEXT_LENGTH)
    return found.in_sequences([TEXT_LENGTH] * whole + [rest] * (rest > 0))


def probs(
    model: LabelModel, votes: Ints, given_space: VoteSpace, asked: Ints | None = None
) -> npt.NDArray[np.float64]:
    """Fit on some votes, and say what the model believes of each item (of other votes)."""
    fitted = model.fit(patterns(model, votes), given_space)
    question = patterns(model, votes if asked is None else asked)
    answer = fitted.predict(question)
    return answer if fitted.sequential else answer[question.index]


def test_there_are_types_to_test() -> None:
    assert {"majority", "weighted", "dawid_skene", "snorkel", "skweak_hmm"} <= set(TYPES)


def test_each_item_gets_a_distribution(model: LabelModel) -> None:
    votes = votes_of(model)

    found = probs(model, votes, space())

    assert found.dtype == np.float64
    assert found.shape == (len(votes), 3)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


def test_votes_for_one_of_several_labels_are_understood_or_refused(model: LabelModel) -> None:
    votes = votes_of(model)
    votes[::3, 1] = 3
    votes[1::3, 2] = 4

    if name_of(model) in SINGLE_LABELS_ONLY:
        with pytest.raises(BadParameter, match=r"b_rule.*one of several"):
            probs(model, votes, space(wide=True))
    else:
        found = probs(model, votes, space(wide=True))
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in TYPES if name not in SINGLE_LABELS_ONLY])
def test_a_vote_against_a_label_lowers_it(name: str) -> None:
    model: LabelModel = LABEL_MODELS.get(name)()
    votes = votes_of(model)
    votes[0] = [ABSTAIN, 3, ABSTAIN, ABSTAIN]

    found = probs(model, votes, space(wide=True))

    assert found[0].argmin() == 2


def test_an_item_without_votes_gets_the_prior(model: LabelModel) -> None:
    votes = votes_of(model)
    votes[4] = ABSTAIN

    found = probs(model, votes, space())

    np.testing.assert_allclose(found[4], [0.5, 0.3, 0.2], atol=1e-15)


def test_without_any_votes_everything_gets_the_prior(model: LabelModel) -> None:
    votes = np.full((9, 4), ABSTAIN)

    found = probs(model, votes, space())

    np.testing.assert_allclose(found, np.tile([0.5, 0.3, 0.2], (9, 1)), atol=1e-15)


def test_without_any_items_there_is_an_empty_answer(model: LabelModel) -> None:
    votes = np.zeros((0, 4), dtype=np.int64)

    found = probs(model, votes, space())

    assert found.shape == (0, 3)


def test_a_single_function_is_enough_or_refused(model: LabelModel) -> None:
    votes = votes_of(model, n_functions=1)

    if name_of(model) in NEEDS_THREE:
        with pytest.raises(BadParameter, match="at least 3 labeling functions and this job has 1"):
            probs(model, votes, space(1))
    else:
        found = probs(model, votes, space(1))
        voted = votes[:, 0] != ABSTAIN
        assert (found[voted].argmax(axis=1) == votes[voted, 0]).all()


def test_a_function_that_was_silent_in_the_fit_may_vote_later(model: LabelModel) -> None:
    votes = votes_of(model)
    votes[:, 3] = ABSTAIN
    asked = np.full((TEXT_LENGTH, 4), ABSTAIN)
    asked[2, 3] = 1

    found = probs(model, votes, space(), asked)

    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


def test_the_order_of_items_changes_nothing(model: LabelModel) -> None:
    votes = votes_of(model)
    texts = np.random.default_rng(0).permutation(len(votes) // TEXT_LENGTH)
    order = (texts[:, None] * TEXT_LENGTH + np.arange(TEXT_LENGTH)).reshape(-1)

    first, second = probs(model, votes, space()), probs(model, votes[order], space())

    if model.sequential:
        np.testing.assert_allclose(second, first[order], atol=1e-9)
    else:
        assert (second == first[order]).all()


@pytest.mark.parametrize("name", [n for n in TYPES if not LABEL_MODELS.get(n).sequential])
def test_counts_of_shards_added_up_are_as_good_as_the_rows(name: str) -> None:
    model: LabelModel = LABEL_MODELS.get(name)()
    votes = votes_of(model)
    added = VotePatterns.added([patterns_of(votes[:40]), patterns_of(votes[40:])])

    from_shards, from_rows = model.fit(added, space()), model.fit(patterns_of(votes), space())

    assert from_shards.parameters() == from_rows.parameters()


def test_the_order_of_functions_changes_nothing_but_rounding(model: LabelModel) -> None:
    votes = votes_of(model)
    order = [2, 0, 3, 1]
    usual = space()
    permuted = VoteSpace(
        tuple(usual.functions[i] for i in order), usual.labels, usual.prior, 11, balance_given=True
    )

    first, second = probs(model, votes, usual), probs(model, votes[:, order], permuted)

    atol = 1e-4 if name_of(model) == "snorkel" else 1e-9  # snorkel counts in float32
    np.testing.assert_allclose(first, second, atol=atol)


def test_names_of_labels_mean_nothing(model: LabelModel) -> None:
    votes = votes_of(model)
    swapped = np.array([0, 2, 1, ABSTAIN])  # the last for -1; "O" stays first
    usual = space()
    relabeled = VoteSpace(
        usual.functions, usual.labels, usual.prior[swapped[:3]], 11, balance_given=True
    )

    first, second = probs(model, votes, usual), probs(model, swapped[votes], relabeled)

    atol = 1e-4 if name_of(model) == "snorkel" else 1e-9
    np.testing.assert_allclose(first, second[:, swapped[:3]], atol=atol)


def test_a_kept_model_answers_to_the_last_bit(model: LabelModel) -> None:
    votes = votes_of(model)
    question = patterns(model, votes)
    fitted = model.fit(question, space())

    kept = to_json(name_of(model), model.version, fitted, space())
    back = from_json(kept)

    assert back.fitted.predict(question).tobytes() == fitted.predict(question).tobytes()
    assert to_json(back.type, back.version, back.fitted, back.space) == kept
    assert str(back.fitted.weights()) == str(fitted.weights())


def test_fitting_is_repeatable_silent_and_leaves_no_trace(
    model: LabelModel, capfd: pytest.CaptureFixture[str]
) -> None:
    votes = votes_of(model)

    def states() -> tuple[Any, ...]:
        return random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002

    before = states()

    first = model.fit(patterns(model, votes), space()).parameters()
    second = model.fit(patterns(model, votes), space()).parameters()

    assert first == second
    assert states() == before
    assert capfd.readouterr() == ("", "")


def test_weights_are_one_finite_number_for_each_function(model: LabelModel) -> None:
    votes = votes_of(model)
    votes[:, 3] = ABSTAIN

    weights = model.fit(patterns(model, votes), space()).weights()

    if weights is None:
        assert name_of(model) == "majority"
    else:
        assert weights.shape == (4,)
        assert np.isfinite(weights).all()


@pytest.mark.parametrize("name", FAST)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_votes_at_all_give_distributions(name: str, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(0, 6), st.integers(1, 4)))
    row = st.lists(st.integers(-1, 3), min_size=shape[1], max_size=shape[1])
    rows = data.draw(st.lists(row, min_size=shape[0], max_size=shape[0]))
    votes = np.array(rows, dtype=np.int64).reshape(shape)
    balance = data.draw(st.sampled_from([None, (0.0, 0.5, 0.5), (0.98, 0.01, 0.01)]))
    told = space_of(3, shape[1], balance=balance, targets=[Not("l2")])

    found = probs(LABEL_MODELS.get(name)(), votes, told)

    assert found.shape == (shape[0], 3)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
