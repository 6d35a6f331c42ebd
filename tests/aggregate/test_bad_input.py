"""Votes and gold that nobody wishes for: each ends in a defined result or in a clear error."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from labelmill.aggregate.artifact import Artifact, from_json
from labelmill.aggregate.facade import LabelModel
from labelmill.aggregate.fitting import fit_model
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter, UsageError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ABSTAIN = -1
TEXT_LENGTH = 5
N_ITEMS = 200
TYPES = [name for name in LABEL_MODELS if name != "fitted"]
DOCUMENT_TYPES = [name for name in TYPES if "document" in LABEL_MODELS.get(name).units]
NEEDS_THREE = {"snorkel"}
SLOW = {("snorkel", "two hundred labels"), ("skweak_hmm", "two hundred labels")}
"""They take seconds for so many labels, so they are tried once, among the slow tests."""


def drawn(n_functions: int, n_labels: int, *, n_items: int = N_ITEMS, silent: float = 0.4) -> Ints:
    """Votes of functions that are right in two cases of three."""
    rng = np.random.default_rng(n_functions * 1000 + n_labels)
    truth = rng.integers(0, n_labels, n_items)[:, None]
    wrong = rng.integers(0, n_labels, (n_items, n_functions))
    votes = np.where(rng.random((n_items, n_functions)) < 2 / 3, truth, wrong)
    return np.where(rng.random((n_items, n_functions)) < silent, ABSTAIN, votes)


def with_silent_column() -> Ints:
    votes = drawn(4, 3)
    votes[:, 2] = ABSTAIN
    return votes


CASES: dict[str, tuple[Ints, int]] = {
    "no votes at all": (np.full((N_ITEMS, 4), ABSTAIN), 3),
    "no rows": (np.zeros((0, 4), dtype=np.int64), 3),
    "one row": (np.array([[1, ABSTAIN, 1, 2]]), 3),
    "one vote": (np.array([[ABSTAIN, 2, ABSTAIN, ABSTAIN], [ABSTAIN] * 4]), 3),
    "one function": (drawn(1, 3), 3),
    "two functions": (drawn(2, 3), 3),
    "one constant function": (np.full((N_ITEMS, 1), 1), 2),
    "all constant, all alike": (np.full((N_ITEMS, 4), 1), 3),
    "all constant, in conflict": (np.tile([0, 1, 0, 2], (N_ITEMS, 1)), 3),
    "all copies of one": (np.repeat(drawn(1, 3), 5, axis=1), 3),
    "one always abstains": (with_silent_column(), 3),
    "labels nobody votes for": (drawn(4, 2), 6),
    "only one label": (np.where(drawn(4, 2) >= 0, 1, ABSTAIN), 2),
    "more functions than rows": (drawn(60, 3, n_items=5), 3),
    "two hundred labels": (drawn(4, 200, n_items=150), 200),
    "all functions always vote": (drawn(4, 3, silent=0.0), 3),
    "votes at random": (np.random.default_rng(3).integers(-1, 3, (N_ITEMS, 5)), 3),
}
"""Votes [n_items, n_functions], and the number of labels."""
QUICK = [(name, case) for name in TYPES for case in CASES if (name, case) not in SLOW]
FITTED_RAW = [
    (name, case)
    for name, case in QUICK
    if name not in NEEDS_THREE or CASES[case][0].shape[1] >= 3  # else refused, which is tested too
]
OF_MATRICES = [(name, case) for name, case in QUICK if name in DOCUMENT_TYPES]


def patterns_of(votes: Ints, n_labels: int, *, sequential: bool) -> VotePatterns:
    found = VotePatterns.of_matrix(votes, n_labels)
    if not sequential:
        return found
    whole, rest = divmod(len(votes), TEXT_LENGTH)
    return found.in_sequences([TEXT_LENGTH] * whole + [rest] * (rest > 0))


def space_of(votes: Ints, n_labels: int) -> VoteSpace:
    names = ("O", *(f"l{i}" for i in range(1, n_labels)))
    functions = tuple(f"f{i}" for i in range(votes.shape[1]))
    return VoteSpace(functions, LabelSpace(names), np.full(n_labels, 1 / n_labels))


def answers(model: Artifact, patterns: VotePatterns) -> Floats:
    probs = model.predict(patterns)
    return probs if model.fitted.sequential else probs[patterns.index]


def is_distribution(probs: Floats, shape: tuple[int, int]) -> None:
    assert probs.shape == shape
    assert np.isfinite(probs).all()
    assert (probs >= 0).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "case"),
    [*QUICK, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in sorted(SLOW))],
)
def test_any_votes_give_distributions_weights_and_a_file(name: str, case: str) -> None:
    votes, n_labels = CASES[case]
    kind = LABEL_MODELS.get(name)()
    space = space_of(votes, n_labels)
    patterns = patterns_of(votes, n_labels, sequential=kind.sequential)
    if name in NEEDS_THREE and votes.shape[1] < 3:
        with pytest.raises(BadParameter, match="at least 3 labeling functions"):
            fit_model(name, kind, patterns, space)
        return

    model = fit_model(name, kind, patterns, space)

    asked = patterns_of(votes, n_labels, sequential=model.fitted.sequential)
    probs = answers(model, asked)
    is_distribution(probs, (len(votes), n_labels))
    silent = (votes == ABSTAIN).all(axis=1)
    np.testing.assert_allclose(probs[silent], 1 / n_labels, atol=1e-12)
    weights = model.fitted.weights()
    assert weights is None or (weights.shape == (votes.shape[1],) and np.isfinite(weights).all())
    back = from_json(model.to_json())
    assert answers(back, asked).tobytes() == probs.tobytes()


@pytest.mark.parametrize(("name", "case"), FITTED_RAW)
def test_the_raw_model_is_sound_before_the_guard_looks_at_it(name: str, case: str) -> None:
    votes, n_labels = CASES[case]
    kind = LABEL_MODELS.get(name)()
    patterns = patterns_of(votes, n_labels, sequential=kind.sequential)

    fitted = kind.fit(patterns, space_of(votes, n_labels))

    probs = fitted.predict(patterns)
    items = len(patterns.index) if fitted.sequential else len(patterns)
    is_distribution(probs, (items, n_labels))


@pytest.mark.parametrize(("name", "case"), OF_MATRICES)
def test_the_facade_answers_any_matrix(name: str, case: str) -> None:
    votes, n_labels = CASES[case]
    model = LabelModel(name, n_labels=n_labels)
    if name in NEEDS_THREE and votes.shape[1] < 3:
        with pytest.raises(UsageError, match="at least 3 labeling functions"):
            model.fit(votes)
        return

    model.fit(votes)

    is_distribution(model.predict_proba(votes), (len(votes), n_labels))
    labels = model.predict(votes)
    assert labels.shape == (len(votes),)
    assert (labels[(votes == ABSTAIN).all(axis=1)] == ABSTAIN).all()
    assert ((labels >= ABSTAIN) & (labels < n_labels)).all()
    assert model.story is not None


@pytest.mark.parametrize("name", TYPES)
def test_votes_that_all_agree_are_followed(name: str) -> None:
    kind = LABEL_MODELS.get(name)()
    votes = np.full((N_ITEMS, 4), 1)
    patterns = patterns_of(votes, 3, sequential=kind.sequential)

    model = fit_model(name, kind, patterns, space_of(votes, 3))

    asked = patterns_of(votes, 3, sequential=model.fitted.sequential)
    assert (answers(model, asked).argmax(axis=1) == 1).all()


@pytest.mark.parametrize("name", TYPES)
def test_a_label_that_nobody_votes_for_wins_nowhere(name: str) -> None:
    kind = LABEL_MODELS.get(name)()
    votes = drawn(4, 2)
    patterns = patterns_of(votes, 6, sequential=kind.sequential)

    model = fit_model(name, kind, patterns, space_of(votes, 6))

    asked = patterns_of(votes, 6, sequential=model.fitted.sequential)
    spoken = (votes != ABSTAIN).any(axis=1)
    assert (answers(model, asked)[spoken].argmax(axis=1) < 2).all()


@pytest.mark.parametrize(
    ("y_gold", "said"),
    [
        ([0, 1, 7] * 40, r"y_gold\[2\] is 7; give one label for each row of L_gold, 0 to 2"),
        ([0, 1, -1] * 40, r"y_gold\[2\] is -1"),
        ([0.0, 1.0, float("nan")] * 40, r"y_gold\[2\] is nan"),
        ([0.0, 1.5, 2.0] * 40, r"y_gold\[1\] is 1.5"),
        (["ham"] * 120, "y_gold holds <U3 values"),
        ([1] * 120, "only the label 1; give gold of two labels or more"),
        ([0, 1], r"in the shape \[2\] and L_gold has 120 rows"),
        ([], r"in the shape \[0\] and L_gold has 120 rows"),
        (None, "L_gold is given without y_gold"),
    ],
)
@pytest.mark.parametrize("name", DOCUMENT_TYPES)
def test_gold_that_cannot_be_used_is_refused(name: str, y_gold: Any, said: str) -> None:
    model = LabelModel(name, n_labels=3)

    with pytest.raises(UsageError, match=said):
        model.fit(drawn(4, 3), drawn(4, 3, n_items=120), y_gold)


@pytest.mark.parametrize("name", TYPES)
def test_gold_of_a_single_class_is_left_aside_and_said(name: str) -> None:
    kind = LABEL_MODELS.get(name)()
    votes = drawn(4, 3)
    patterns = patterns_of(votes, 3, sequential=kind.sequential)
    gold = Gold(patterns, np.ones(len(votes), dtype=np.int64))

    model = fit_model(name, kind, patterns, space_of(votes, 3), gold)

    plain = fit_model(name, kind, patterns, space_of(votes, 3))
    asked = patterns_of(votes, 3, sequential=model.fitted.sequential)
    assert answers(model, asked).tobytes() == answers(plain, asked).tobytes()
    assert model.story is not None
    assert len(model.story.findings) > len(plain.story.findings if plain.story else ())


@pytest.mark.parametrize("name", TYPES)
def test_gold_without_votes_or_of_a_few_items_changes_nothing(name: str) -> None:
    kind = LABEL_MODELS.get(name)()
    votes = drawn(4, 3)
    space = space_of(votes, 3)
    patterns = patterns_of(votes, 3, sequential=kind.sequential)
    few = patterns_of(votes[:5], 3, sequential=kind.sequential)

    model = fit_model(name, kind, patterns, space, Gold(few, np.array([0, 1, 2, 0, 1])))

    plain = fit_model(name, kind, patterns, space)
    asked = patterns_of(votes, 3, sequential=model.fitted.sequential)
    assert answers(model, asked).tobytes() == answers(plain, asked).tobytes()


def test_there_are_types_and_cases() -> None:
    assert {"majority", "weighted", "dawid_skene", "lift", "triplet", "hmm"} <= set(TYPES)
    assert len(CASES) > 10
