"""Temperatures from gold."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.aggregate.worlds import Floats, patterns_of, world

from labelmill import LabelModel
from labelmill.aggregate import facade  # noqa: F401 (registers the types)
from labelmill.aggregate.artifact import from_json
from labelmill.aggregate.calibration import (
    COLDEST,
    FOLDS,
    HOTTEST,
    Calibration,
    best_temperature,
    calibration,
    cooled,
    folds_of,
)
from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.fitting import fit_model
from labelmill.aggregate.hmm import Hmm
from labelmill.aggregate.lift import Lift
from labelmill.aggregate.majority import Majority
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.core.reliability import Reliability
from labelmill.core.soft import SoftLabels
from labelmill.errors import BadResource, UsageError

SEEN = world([0.9, 0.7, 0.8, 0.6], [0.6, 0.7, 0.5, 0.6], n_items=3000, balance=(0.3, 0.5, 0.2))
GOLD = Gold(patterns_of(SEEN.votes[:400]), SEEN.truth[:400])
REST = patterns_of(SEEN.votes[400:])
LEARNERS = {"dawid_skene", "lift", "hmm", "auto"}


def copied_world(copies: int = 4) -> tuple[Any, Any]:
    """Votes in which one function stands several times, which makes models too sure."""
    seen = world([0.75, 0.7, 0.8], [0.9, 0.9, 0.9], n_items=4000, seed=3)
    votes = np.hstack([seen.votes, *[seen.votes[:, :1]] * copies])
    return votes, seen.truth


def distributions() -> st.SearchStrategy[Floats]:
    def normalised(rows: list[list[float]]) -> Floats:
        found = np.array(rows) + 1e-12
        probs: Floats = found / found.sum(axis=1, keepdims=True)
        return probs

    weight = st.sampled_from([0.0, 1e-9, 0.1, 0.5, 1.0, 1.0, 3.0, 1e6])
    row = st.lists(weight, min_size=3, max_size=3)
    return st.lists(row, min_size=1, max_size=6).map(normalised)


@given(probs=distributions(), temperature=st.floats(COLDEST, HOTTEST))
def test_a_temperature_leaves_distributions_ties_and_the_best_label(
    probs: Floats, temperature: float
) -> None:
    found = cooled(probs, temperature)

    assert np.isfinite(found).all()
    assert np.allclose(found.sum(axis=1), 1)
    before, after = SoftLabels.of(probs), SoftLabels.of(found)
    assert (after.tied >= before.tied).all()
    assert (found[np.arange(len(found)), before.best] >= found.max(axis=1) - 1e-12).all()


def test_a_temperature_of_one_changes_no_bit() -> None:
    probs = np.array([[0.1, 0.9], [0.3, 0.7]])

    assert cooled(probs, 1.0) is probs


def test_two_labels_nearly_alike_stay_a_tie_when_they_are_made_surer() -> None:
    probs = np.array([[0.5 + 4e-10, 0.5 - 4e-10]])

    assert cooled(probs, COLDEST).tolist() == [[0.5, 0.5]]


def test_the_temperature_of_a_model_that_is_too_sure_is_found() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, (20_000, 3))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(3, p=p) for p in true])

    for temperature in (0.5, 1.0, 3.0):
        said = cooled(true, 1 / temperature)
        assert best_temperature(said, labels) == pytest.approx(temperature, rel=0.05)


def test_of_few_items_little_is_learned() -> None:
    sure = np.tile([0.99, 0.01], (400, 1))
    labels = np.tile([0, 0, 0, 1], 100)

    few, many = (best_temperature(sure[:n], labels[:n]) for n in (8, 400))

    assert 1 < few < many < 4.2


def test_an_item_that_was_taken_for_impossible_does_not_count() -> None:
    probs = np.array([[1.0, 0.0]] * 50 + [[0.8, 0.2]] * 50)
    labels = np.array([1] * 50 + [0] * 40 + [1] * 10)

    assert best_temperature(probs, labels) == best_temperature(probs[50:], labels[50:])
    assert best_temperature(probs[:50], labels[:50]) == 1


def test_no_items_say_nothing() -> None:
    assert best_temperature(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)) == 1


def test_copies_of_a_function_are_cooled_down() -> None:
    votes, truth = copied_world()
    model = LabelModel("dawid_skene").fit(votes[1000:], votes[:500], truth[:500])
    plain = LabelModel("triplet").fit(votes[1000:])
    told = LabelModel("triplet").fit(votes[1000:], votes[:500], truth[:500])

    assert model.calibration is not None
    assert told.calibration is not None
    assert told.calibration.temperature > 1.5
    assert told.calibration.error_after < told.calibration.error_before / 2
    fresh = slice(500, 1000)
    errors = [error_of(m, votes[fresh], truth[fresh]) for m in (plain, told)]
    assert errors[1] < errors[0] / 2
    assert np.array_equal(plain.predict(votes[fresh]), told.predict(votes[fresh]))


def error_of(model: LabelModel, votes: Any, truth: Any) -> float:
    probs = model.predict_proba(votes)
    return Reliability.of(probs.max(axis=1), probs.argmax(axis=1) == truth).error or 0.0


def test_a_model_is_never_judged_on_gold_that_it_learned_from() -> None:
    """Random votes: who learns gold by heart would look right on it."""
    rng = np.random.default_rng(5)
    votes, truth = rng.integers(0, 2, (60, 30)), rng.integers(0, 2, 60)
    space = VoteSpace(
        tuple(f"f{i}" for i in range(30)), LabelSpace(("a", "b")), np.array([0.5, 0.5])
    )
    gold = Gold(patterns_of(votes), truth)
    kind = DawidSkene(max_iter=1)
    few = patterns_of(votes[:2])
    fitted = kind.fit(few, space, gold)

    found = calibration(kind, fitted, few, space, gold)

    probs = fitted.predict(gold.patterns)[gold.patterns.index]
    by_heart = Reliability.of(probs.max(axis=1), probs.argmax(axis=1) == truth).error or 0.0
    assert found is not None
    assert found.error_before > by_heart + 0.1
    assert found.temperature > 2 * best_temperature(probs, truth)


@pytest.mark.parametrize("type_name", [n for n in LABEL_MODELS if n != "fitted"])
def test_a_type_that_learns_from_gold_says_so(type_name: str) -> None:
    kind = LABEL_MODELS.get(type_name)

    assert getattr(kind, "learns_from_gold", False) == (type_name in LEARNERS)


@pytest.mark.parametrize("kind", [DawidSkene(), Lift(), Majority()])
def test_items_without_votes_keep_the_prior(kind: Any) -> None:
    space = SEEN.space([0.2, 0.5, 0.3])
    name = LABEL_MODELS.name_of(type(kind))

    model = fit_model(name, kind, REST, space, GOLD)
    warm = replace(model, calibration=Calibration(2.0, 400, 0.1, 0.0))

    silent = patterns_of(np.full((1, 4), -1))
    assert warm.predict(silent).tolist() == [space.prior.tolist()]
    assert not np.array_equal(warm.predict(REST), warm.fitted.predict(REST))


def test_a_model_that_is_as_sure_as_it_is_right_is_left_alone() -> None:
    model = fit_model("dawid_skene", DawidSkene(), REST, SEEN.space(), GOLD)

    assert model.calibration is not None
    assert model.temperature == pytest.approx(1, abs=0.1)
    assert model.calibration.error_after <= model.calibration.error_before < 0.05


def test_it_is_kept_with_the_model_to_the_last_bit() -> None:
    model = fit_model("lift", Lift(), REST, SEEN.space(), GOLD)

    back = from_json(model.to_json())

    assert back.calibration == model.calibration
    assert np.array_equal(back.predict(REST), model.predict(REST))


def test_a_file_of_an_earlier_version_has_a_temperature_of_one() -> None:
    facts = json.loads(fit_model("lift", Lift(), REST, SEEN.space(), GOLD).to_json())
    del facts["calibration"]

    assert from_json(json.dumps(facts).encode()).temperature == 1


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf"), "warm"])
def test_a_file_with_an_impossible_temperature_is_refused(temperature: object) -> None:
    facts = json.loads(fit_model("lift", Lift(), REST, SEEN.space(), GOLD).to_json())
    facts["calibration"]["temperature"] = temperature

    with pytest.raises(BadResource):
        from_json(json.dumps(facts).encode())


def test_gold_without_any_vote_gives_no_temperature() -> None:
    gold = Gold(patterns_of(np.full((60, 4), -1)), np.arange(60) % 3)

    assert fit_model("majority", Majority(), REST, SEEN.space(), gold).calibration is None


def test_every_fold_has_its_share_of_each_label() -> None:
    folds = folds_of(GOLD)

    for label in range(3):
        shares = np.bincount(folds[GOLD.labels == label], minlength=FOLDS)
        assert shares.max() - shares.min() <= 1


def test_the_tokens_of_a_text_are_in_one_fold() -> None:
    patterns = patterns_of(np.zeros((12, 1), dtype=np.int64)).in_sequences([3, 0, 4, 1, 4])

    folds = folds_of(Gold(patterns, np.zeros(12, dtype=np.int64)))

    assert folds.tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 3, 3, 3, 3]


def tokens_world(n_texts: int = 240) -> tuple[VotePatterns, Any, VoteSpace]:
    """Texts of six tokens of which two are an entity; three functions find its tokens."""
    rng = np.random.default_rng(2)
    truth = np.tile([0, 0, 1, 1, 0, 0], n_texts)
    votes = np.full((len(truth), 3), -1)
    for function, accuracy in enumerate((0.9, 0.7, 0.6)):
        finds = (rng.random(len(truth)) < 0.6) & ((truth == 1) | (rng.random(len(truth)) < 0.1))
        right = rng.random(len(truth)) < accuracy
        votes[finds, function] = np.where(right, truth, 1 - truth)[finds]
    votes[(votes == -1).all(axis=1)] = 0
    patterns = patterns_of(votes).in_sequences([6] * n_texts)
    space = VoteSpace(("f", "g", "h"), LabelSpace(("O", "ORG")), np.array([0.5, 0.5]))
    return patterns, truth, space


def test_tokens_that_no_function_touches_keep_what_the_model_says() -> None:
    patterns, truth, space = tokens_world()
    texts = np.repeat(np.arange(240) < 80, 6)
    gold = Gold(patterns.kept(texts), truth[texts])

    model = fit_model("hmm", Hmm(), patterns.kept(~texts), space, gold)

    probs, plain = model.predict(patterns), model.fitted.predict(patterns)
    silent = (patterns.dense(3)[patterns.index] == 0).all(axis=1)
    assert model.type == "hmm", model.story
    assert model.temperature != 1
    assert 0 < silent.sum() < len(silent)
    assert np.array_equal(probs[silent], plain[silent])
    assert (probs[~silent] != plain[~silent]).any()
    assert np.array_equal(probs.argmax(axis=1), plain.argmax(axis=1))


Make = Callable[[], Gold]


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        (Gold(patterns_of(SEEN.votes[:0]), np.zeros(0, dtype=np.int64)), "0 rows"),
        (Gold(patterns_of(SEEN.votes[:3]), SEEN.truth[:3]), "3 rows"),
        (Gold(patterns_of(SEEN.votes[:60]), np.zeros(60, dtype=np.int64)), "the label 'l1'"),
    ],
)
def test_too_little_gold_changes_nothing_but_the_story(gold: Gold, said: str) -> None:
    without = fit_model("dawid_skene", DawidSkene(), REST, SEEN.space())

    model = fit_model("dawid_skene", DawidSkene(), REST, SEEN.space(), gold)

    assert model.story is not None
    assert said in model.story.findings[-1].message
    assert replace(model, story=None).to_json() == replace(without, story=None).to_json()


def test_the_facade_takes_no_gold_that_is_not_a_number() -> None:
    labels = [float("nan"), *SEEN.truth[:60].tolist()]

    with pytest.raises(UsageError, match=r"y_gold\[0\] is nan"):
        LabelModel(n_labels=3).fit(SEEN.votes, SEEN.votes[:61], labels)


def test_the_facade_says_when_gold_is_too_little() -> None:
    model = LabelModel(n_labels=3).fit(SEEN.votes, SEEN.votes[:3], [0, 1, 2])

    assert [finding.code for finding in model.findings] == ["gold_too_small"]
    assert model.calibration is None
