"""Texts that can have several labels: a question for each label."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.aggregate.artifact import from_json
from labelmill.aggregate.auto import Auto
from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.fitted import Fitted
from labelmill.aggregate.fitting import fit_model
from labelmill.aggregate.lift import Lift
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.multi_label import MOST, TRUST, at_least_one
from labelmill.aggregate.triplet import Triplet
from labelmill.aggregate.weighted import Weighted
from labelmill.core.labels import AllOf, LabelSpace, Not, OneOf, Target
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, LabelModel, VoteSpace
from labelmill.core.statements import NO, YES, Statements, able_of
from labelmill.errors import BadParameter

LABELS = LabelSpace(("sport", "money", "art"), multi_label=True).including(
    [AllOf(("sport", "money")), OneOf(("sport", "art"))]
)
MODELS: dict[str, LabelModel] = {
    "auto": Auto(),
    "majority": Majority(),
    "weighted": Weighted({"f0": 2.0}),
    "dawid_skene": DawidSkene(),
    "dawid_skene one_coin": DawidSkene(confusion="one_coin"),
    "lift": Lift(),
    "triplet": Triplet(),
}


def patterns_of(*texts: Sequence[tuple[int, Target]]) -> VotePatterns:
    """Patterns of texts, each a list of (function, what it votes for)."""
    votes = [(i, f, LABELS.index(t)) for i, text in enumerate(texts) for f, t in text]
    item, function, label = (np.array(a, dtype=np.int64) for a in zip(*votes, strict=True))
    return VotePatterns.of(item, function, label, len(texts))


def space_of(
    *targets: tuple[Target, ...],
    shares: dict[str, float] | None = None,
    labels: LabelSpace = LABELS,
) -> VoteSpace:
    prior = np.array([(shares or {}).get(name, np.nan) for name in labels.names])
    names = tuple(f"f{i}" for i in range(len(targets)))
    sets = tuple(tuple(labels.index(t) for t in of) for of in targets)
    return VoteSpace(names, labels, prior, 0, shares is not None, sets)


def statements_of(patterns: VotePatterns, space: VoteSpace) -> set[tuple[int, int, str, int]]:
    said = Statements.of(patterns, LABELS, able_of(space, patterns))
    text = {int(p): i for i, p in enumerate(patterns.index)}
    rows = zip(said.pattern, said.function, said.label, said.answer, strict=True)
    return {(text[p], int(f), LABELS.names[label], int(answer)) for p, f, label, answer in rows}


def test_a_vote_says_yes_no_or_nothing_of_a_label() -> None:
    patterns = patterns_of(
        [(0, "sport")],
        [(1, AllOf(("sport", "money")))],
        [(2, Not("art"))],
        [(3, OneOf(("sport", "art")))],
    )
    space = space_of(
        ("sport",), (AllOf(("sport", "money")),), (Not("art"),), (OneOf(("sport", "art")),)
    )

    assert statements_of(patterns, space) == {
        (0, 0, "sport", YES),
        (1, 1, "sport", YES),
        (1, 1, "money", YES),
        (2, 2, "art", NO),
    }


def test_a_yes_to_some_labels_is_a_no_to_the_others_that_a_function_declares() -> None:
    patterns = patterns_of([(0, "sport")], [(0, "sport"), (0, "art")], [(1, "money")])
    space = space_of(("sport", "art"), ("money",))

    assert statements_of(patterns, space) == {
        (0, 0, "sport", YES),
        (0, 0, "art", NO),
        (1, 0, "sport", YES),
        (1, 0, "art", YES),
        (2, 1, "money", YES),
    }


def test_a_function_that_declares_nothing_knows_the_labels_that_it_votes_for() -> None:
    patterns = patterns_of([(0, "sport")], [(0, "money")])

    assert statements_of(patterns, space_of(())) == {
        (0, 0, "sport", YES),
        (0, 0, "money", NO),
        (1, 0, "money", YES),
        (1, 0, "sport", NO),
    }


def test_yes_and_no_of_one_function_to_one_label_cancel() -> None:
    patterns = patterns_of([(0, "sport"), (0, Not("sport"))])

    assert statements_of(patterns, space_of(("sport", Not("sport")))) == set()


@pytest.mark.parametrize("name", MODELS)
def test_a_text_without_a_vote_on_a_label_never_becomes_yes(name: str) -> None:
    patterns = patterns_of(*[[(0, "sport")]] * 95, *[[(1, "money")]] * 5)
    space = space_of(("sport",), ("money",))

    model = fit_model(name.partition(" ")[0], MODELS[name], patterns, space)

    probs = model.predict(patterns)[patterns.index]
    assert probs[0, 0] > 0.5
    assert probs[95, 0] <= MOST
    assert probs[0, 1] < 0.1
    assert probs[0, 2] == 0.0  # nobody knows of art


@pytest.mark.parametrize("name", MODELS)
def test_every_yes_stands_where_nobody_says_no(name: str) -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(2000) < 0.05
    texts: list[list[tuple[int, Target]]] = [
        [(f, "sport") for f in range(4) if rng.random() < (0.5 if t else 0.02)] for t in truth
    ]
    patterns = patterns_of(*texts)

    model = fit_model(name.partition(" ")[0], MODELS[name], patterns, space_of(*[("sport",)] * 4))

    probs = model.predict(patterns)[patterns.index][:, 0]
    assert ((probs > 0.5) == [bool(text) for text in texts]).all()


@pytest.mark.parametrize("name", MODELS)
def test_two_yes_against_one_no_are_a_yes_and_one_against_two_a_no(name: str) -> None:
    both: list[tuple[int, Target]] = [(0, "sport"), (1, "sport")]
    denied: list[tuple[int, Target]] = [(2, Not("sport")), (3, Not("sport"))]
    patterns = patterns_of(
        *[both] * 30,
        *[denied] * 30,
        *[[*both, denied[0]]] * 3,
        *[[both[0], *denied]] * 3,
    )
    space = space_of(("sport",), ("sport",), (Not("sport"),), (Not("sport"),))

    model = fit_model(name.partition(" ")[0], MODELS[name], patterns, space)

    probs = model.predict(patterns)[patterns.index][:, 0]
    assert probs[0] > 0.5 > probs[30]
    assert probs[60] > 0.5
    if name != "weighted":  # where f0 counts twice
        assert probs[63] < 0.5


@pytest.mark.parametrize("name", MODELS)
def test_one_of_alone_raises_its_labels_and_decides_nothing(name: str) -> None:
    either: list[tuple[int, Target]] = [(0, OneOf(("sport", "art")))]
    patterns = patterns_of(either, [*either, (1, Not("sport"))], [*either, (2, "art")], [])
    space = space_of((OneOf(("sport", "art")),), (Not("sport"),), ("art",))

    model = fit_model(name.partition(" ")[0], MODELS[name], patterns, space)

    alone, without, with_yes, silent = model.predict(patterns)[patterns.index]
    assert silent[0] < alone[0] < 0.5
    assert alone[0] == pytest.approx(alone[2])
    assert 1 - (1 - alone[0]) * (1 - alone[2]) > 0.5
    assert without[2] > alone[2]  # not the one, so rather the other
    assert with_yes[2] > 0.5 > with_yes[0]
    assert (alone[1], without[1]) == (0.0, 0.0)  # it says nothing of money


@given(
    st.lists(st.floats(0.01, 0.99), min_size=2, max_size=5),
    st.integers(1, 4),
)
def test_hearing_that_one_applies_is_bayes_rule(probs: list[float], times: int) -> None:
    heard = at_least_one(np.array([probs]), np.array([times]))[0]

    # By hand, over all worlds in which each label applies or not.
    odds = (TRUST / (1 - TRUST)) ** times
    worlds = np.array(np.meshgrid(*[[0, 1]] * len(probs))).reshape(len(probs), -1).T
    chance = np.prod(np.where(worlds == 1, probs, 1 - np.array(probs)), axis=1)
    chance *= np.where(worlds.any(axis=1), odds, 1.0)
    assert heard == pytest.approx((chance @ worlds) / chance.sum())


def test_a_share_that_is_given_is_the_probability_where_nobody_votes() -> None:
    patterns = patterns_of([(0, "sport")], [(1, "money")])
    space = space_of(("sport",), ("money",), shares={"sport": 0.7})

    model = fit_model("majority", Majority(), patterns, space)

    probs = model.predict(patterns)[patterns.index]
    assert probs[1, 0] == pytest.approx(0.7)
    assert probs[0, 1] <= MOST  # the share of money is not given


@pytest.mark.parametrize("name", MODELS)
def test_a_fitted_model_reads_back_to_the_last_bit(name: str) -> None:
    texts: list[list[tuple[int, Target]]] = [
        [(0, "sport"), (1, AllOf(("sport", "money")))],
        [(0, "art"), (2, Not("sport"))],
        [(3, OneOf(("sport", "art")))],
        [],
    ]
    patterns = patterns_of(*texts * 5)
    targets: list[tuple[Target, ...]] = [
        ("sport", "art"),
        (AllOf(("sport", "money")),),
        (Not("sport"),),
        (OneOf(("sport", "art")),),
    ]
    space = space_of(*targets, shares={"art": 0.2})
    model = fit_model(name.partition(" ")[0], MODELS[name], patterns, space)

    again = from_json(model.to_json())

    assert again.to_json() == model.to_json()
    assert (again.predict(patterns) == model.predict(patterns)).all()
    assert np.isnan(json.loads(model.to_json())["prior"][1] or np.nan)


def test_a_label_on_which_nobody_votes_is_told() -> None:
    patterns = patterns_of([(0, "sport")])

    model = fit_model("lift", Lift(), patterns, space_of(("sport",), ("money",)))

    assert model.story is not None
    told = [finding.message for finding in model.story.findings]
    assert "label 'art': no function votes on it, so no text gets it" in told
    assert "f1 never votes" in told


def test_a_label_whose_model_does_not_hold_falls_back_alone() -> None:
    world = topics(0)

    model = fit_model("dawid_skene", DawidSkene(confusion="one_coin"), world.patterns, world.space)

    assert model.story is not None
    used = [question["type"] for question in json.loads(model.to_json())["questions"]]
    fallen = [
        n for n, kind in zip(world.space.labels.names, used, strict=True) if kind == "majority"
    ]
    assert 0 < len(fallen) < len(used)
    assert f"majority vote is used for {', '.join(fallen)}, whose" in model.story.why
    assert (model.type, model.story.used) == ("dawid_skene", "dawid_skene")
    assert len(model.warnings) == 1
    probs = model.predict(world.patterns)
    safe = fit_model("majority", Majority(), world.patterns, world.space).predict(world.patterns)
    same = [bool((p == q).all()) for p, q in zip(probs.T, safe.T, strict=True)]
    assert same == [kind == "majority" for kind in used]


def test_gold_is_heard_label_by_label() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((200, 2)) < 0.4
    texts: list[list[tuple[int, Target]]] = [
        [(0, "sport" if a else Not("sport")), (1, "money" if b else Not("money"))] for a, b in truth
    ]
    patterns = patterns_of(*texts)
    labels = np.column_stack([truth, np.zeros(200)]).astype(np.int64)
    space = space_of(("sport", Not("sport")), ("money", Not("money")))

    model = fit_model("lift", Lift(), patterns, space, Gold(patterns, labels))

    assert from_json(model.to_json()).to_json() == model.to_json()
    held = json.loads(model.to_json())["questions"]
    assert [q["calibration"] is not None for q in held] == [True, True, False]


def test_a_fitted_model_is_refused_for_a_task_with_one_label(tmp_path: Path) -> None:
    patterns = patterns_of([(0, "sport")])
    model = fit_model("majority", Majority(), patterns, space_of(("sport",)))
    file = tmp_path / "label_model.json"
    file.write_bytes(model.to_json())
    single = VoteSpace(("f0",), LabelSpace(LABELS.names), np.full(3, 1 / 3))

    with pytest.raises(BadParameter, match="other task: this job has \\(one label for a text\\)"):
        Fitted(str(file)).applied(single)


@dataclass(frozen=True)
class Topics:
    """Texts with known labels [n_texts, n_labels], and votes on them."""

    truth: np.ndarray
    said: np.ndarray
    patterns: VotePatterns
    space: VoteSpace

    def f1(self, name: str, model: LabelModel) -> float:
        """Micro F1 of the labels that are voted on and more likely than not."""
        probs = fit_model(name, model, self.patterns, self.space).predict(self.patterns)
        given = (probs[self.patterns.index] > 0.5 + 1e-9) & self.said
        return float(2 * (given & self.truth).sum() / max(given.sum() + self.truth.sum(), 1))


def topics(seed: int, n: int = 2000) -> Topics:
    """A world in which functions know one label or several, and some of them deny one.

    One in ten says a label where it does not apply more often than not.
    """
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 8))
    share = np.exp(rng.uniform(np.log(0.03), np.log(0.5), k))
    truth = rng.random((n, k)) < share
    cells: list[tuple[np.ndarray, int]] = []
    targets: list[tuple[int, ...]] = []

    def yes(label: int) -> np.ndarray:
        recall = rng.uniform(0.2, 0.8)
        precision = rng.uniform(0.6, 0.97) if rng.random() < 0.9 else rng.uniform(0.2, 0.5)
        wrong = recall * share[label] * (1 - precision) / precision / (1 - share[label])
        return rng.random(n) < np.where(truth[:, label], recall, min(wrong, 0.5))

    for label in range(k):
        for _ in range(int(rng.integers(1, 4))):
            cells.append((yes(label), label))
            targets.append((label,))
        for _ in range(int(rng.integers(0, 3))):
            often, wrong = rng.uniform(0.2, 0.8), rng.uniform(0.02, 0.3)
            cells.append(
                (rng.random(n) < np.where(truth[:, label], often * wrong, often), k + label)
            )
            targets.append((k + label,))
    votes = [(np.flatnonzero(hits), f, s) for f, (hits, s) in enumerate(cells)]
    for _ in range(int(rng.integers(1, 6))):
        some = sorted(rng.permutation(k)[: int(rng.integers(2, k + 1))].tolist())
        votes += [(np.flatnonzero(yes(label)), len(targets), label) for label in some]
        targets.append(tuple(some))
    doc = np.concatenate([docs for docs, _, _ in votes])
    function = np.repeat([f for _, f, _ in votes], [len(docs) for docs, _, _ in votes])
    spoken = np.repeat([s for _, _, s in votes], [len(docs) for docs, _, _ in votes])
    said = np.zeros((n, k), dtype=np.bool_)
    said[doc, spoken % k] = True
    labels = LabelSpace(tuple(f"l{i}" for i in range(k)), multi_label=True)
    names = tuple(f"f{i}" for i in range(len(targets)))
    space = VoteSpace(names, labels, np.full(k, np.nan), targets=tuple(targets))
    return Topics(truth, said, VotePatterns.of(doc, function, spoken, n), space)


def test_auto_is_better_than_a_majority_for_each_label_on_average_and_never_badly_worse() -> None:
    worlds = [topics(seed) for seed in range(30)]

    gains = np.array([w.f1("auto", Auto()) - w.f1("majority", Majority()) for w in worlds])

    assert gains.mean() > 0.005
    assert gains.min() > -0.05
