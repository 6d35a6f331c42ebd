"""LabelModel, the face."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from snorkel.labeling.model import MajorityLabelVoter
from tests.aggregate.worlds import ABSTAIN, world

from labelmill.aggregate.facade import ROWS, LabelModel
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadResource, UsageError

DOCUMENT_TYPES = [
    name for name in LABEL_MODELS if name != "fitted" and "document" in LABEL_MODELS.get(name).units
]
SEEN = world([0.9, 0.8, 0.7, 0.8], [0.6, 0.7, 0.5, 0.4], balance=(0.2, 0.5, 0.3))


def test_there_are_types_for_documents() -> None:
    assert {"dawid_skene", "majority", "snorkel", "weighted"} <= set(DOCUMENT_TYPES)


@pytest.mark.parametrize("type_name", DOCUMENT_TYPES)
def test_it_fits_and_predicts(type_name: str) -> None:
    model = LabelModel(type_name, n_labels=3, seed=3).fit(SEEN.votes)

    probs = model.predict_proba(SEEN.votes)

    assert probs.shape == (1000, 3)
    assert probs.dtype == np.float64
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(probs[~SEEN.covered], 1 / 3)
    assert SEEN.accuracy(probs) > 0.8


@pytest.mark.parametrize("type_name", DOCUMENT_TYPES)
def test_what_is_saved_predicts_the_same(type_name: str, tmp_path: Path) -> None:
    model = LabelModel(type_name, labels=["a", "b", "c"], class_balance=[0.2, 0.5, 0.3])
    model.fit(SEEN.votes).save(tmp_path / "model.json")

    back = LabelModel.load(tmp_path / "model.json")

    assert (back.predict_proba(SEEN.votes) == model.predict_proba(SEEN.votes)).all()
    assert (back.type, back.labels) == (type_name, ("a", "b", "c"))
    assert str(back.weights) == str(model.weights)


def test_a_saved_model_is_a_type_of_its_own(tmp_path: Path) -> None:
    model = LabelModel(n_labels=3, class_balance=[0.2, 0.5, 0.3]).fit(SEEN.votes)
    model.save(tmp_path / "model.json")

    again = LabelModel("fitted", n_labels=3, source=str(tmp_path / "model.json")).fit(SEEN.votes)
    again.save(tmp_path / "again.json")

    assert (again.predict_proba(SEEN.votes) == model.predict_proba(SEEN.votes)).all()
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


def test_a_row_without_votes_is_never_given_the_most_common_label() -> None:
    votes = [[0, 0, 1], [ABSTAIN] * 3]
    model = LabelModel("majority", class_balance=[0.9, 0.1]).fit(votes)

    assert model.predict_proba(votes)[1].tolist() == [0.9, 0.1]
    assert model.predict(votes).tolist() == [0, ABSTAIN]


def test_ties_are_broken_by_the_rule_that_is_asked_for() -> None:
    rng = np.random.default_rng(0)
    votes = rng.integers(-1, 2, (200, 2))
    model = LabelModel("majority").fit(votes)
    tied = (votes[:, 0] != votes[:, 1]) & (votes != ABSTAIN).all(axis=1)
    silent = (votes == ABSTAIN).all(axis=1)

    abstaining, first, hashed = (
        model.predict(votes, tie) for tie in ("abstain", "first", "random")
    )

    assert ((abstaining == ABSTAIN) == (tied | silent)).all()
    assert (first[tied | silent] == 0).all()
    theirs = MajorityLabelVoter(cardinality=2).predict(votes, tie_break_policy="random")
    assert (hashed == theirs).all()


@pytest.mark.parametrize(
    "votes",
    [
        SEEN.votes.tolist(),
        SEEN.votes.astype(np.int8),
        SEEN.votes.astype(np.float64),
        pd.DataFrame(SEEN.votes, columns=["a", "b", "c", "d"]),
    ],
    ids=["lists", "int8", "float64", "DataFrame"],
)
def test_any_matrix_of_whole_numbers_is_understood(votes: Any) -> None:
    model = LabelModel("majority", n_labels=3).fit(votes)

    expected = LabelModel("majority", n_labels=3).fit(SEEN.votes).predict(SEEN.votes)
    assert (model.predict(votes) == expected).all()


def test_columns_of_a_table_name_the_functions() -> None:
    table = pd.DataFrame({"rule": [1], "guess": [0]})

    model = LabelModel("weighted", weights={"rule": 3}).fit(table)

    assert model.predict_proba(table).tolist() == [[0.25, 0.75]]
    with pytest.raises(UsageError, match=r"columns \['guess', 'rule'\] and the model was fitted"):
        model.predict(table[["guess", "rule"]])


@pytest.mark.parametrize(
    ("votes", "message"),
    [
        ([0, 1], r"shape \[2\]; give a matrix \[n_items, n_functions\]"),
        ([[[0]]], r"shape \[1, 1, 1\]"),
        (np.zeros((3, 0)), r"shape \[3, 0\]"),
        ([[0, 1], [1]], "rows of different lengths"),
        ([[0, 2]], r"L\[0, 1\] is 2; .* -1 \(abstain\) to 1"),
        ([[0, 1], [-2, 1]], r"L\[1, 0\] is -2"),
        ([[0, float("nan")]], r"L\[0, 1\] is nan"),
        ([[0.5, 1]], r"L\[0, 0\] is 0.5"),
        ([["spam", "ham"]], "holds <U4 values"),
        ([[None, 1]], "holds object values"),
        (pd.DataFrame([[0, 1]], columns=["a", "a"]), "two columns of L have one name"),
    ],
)
def test_what_is_no_matrix_of_votes_is_refused(votes: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LabelModel("majority").fit(votes)


def test_another_number_of_functions_is_refused() -> None:
    model = LabelModel(n_labels=3).fit(SEEN.votes)

    with pytest.raises(UsageError, match="L has 3 columns and the model was fitted on 4 functions"):
        model.predict_proba(SEEN.votes[:, :3])


def test_a_model_that_is_not_fitted_says_so(tmp_path: Path) -> None:
    model = LabelModel()

    for act in (
        lambda: model.predict_proba([[0, 1]]),
        lambda: model.predict([[0, 1]]),
        lambda: model.weights,
        lambda: model.save(tmp_path / "model.json"),
    ):
        with pytest.raises(UsageError, match=r"not fitted; call fit\(L\) first"):
            act()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"type": "dawid_skeen"},
            "did you mean 'dawid_skene'.*the types are: auto, dawid_skene, fitted",
        ),
        ({"type": "skweak_hmm"}, "works in ner jobs only; for a matrix of votes take one of"),
        (
            {"type": "dawid_skene", "maxiter": 3},
            "'dawid_skene' has no parameter 'maxiter' .did you mean 'max_iter'",
        ),
        ({"type": "majority", "tol": 3}, r"has no parameter 'tol' \(known: smoothing\)"),
        ({"type": "dawid_skene", "max_iter": "many"}, "max_iter: .*found 'many'"),
        ({"type": "dawid_skene", "max_iter": 0}, "max_iter: is 0; give 1 or more"),
        ({"n_labels": 1}, "needs two labels or more"),
        ({"labels": ["a", "a"]}, "needs two labels or more, all different"),
        ({"labels": ["a", "b"], "n_labels": 3}, "n_labels is 3 and labels has 2 names"),
        ({"class_balance": [0.5, 0.6]}, r"class_balance is \[0.5, 0.6\]; .*sum to 1"),
        ({"class_balance": [1.0]}, "one share for each of the 2 labels"),
        ({"class_balance": {"0": 0.5, "x": 0.5}}, "class_balance names"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        LabelModel(**options)


def test_a_model_that_cannot_be_fitted_on_these_votes_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="at least 3 labeling functions"):
        LabelModel("snorkel").fit([[0, 1]])


def test_a_tie_rule_that_is_not_known_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no tie rule 'frist' \(did you mean 'first'\?\)"):
        LabelModel("majority").fit([[0]]).predict([[0]], tie="frist")  # type: ignore[arg-type]


def test_a_balance_may_name_its_labels() -> None:
    model = LabelModel("majority", labels=["a", "b"], class_balance={"b": 0.9, "a": 0.1})

    assert model.fit([[-1]]).predict_proba([[-1]]).tolist() == [[0.1, 0.9]]


def test_no_items_are_no_problem() -> None:
    none = np.zeros((0, 4), dtype=np.int64)
    model = LabelModel(n_labels=3).fit(none)

    assert model.predict_proba(none).shape == (0, 3)
    assert model.predict(none).shape == (0,)


def test_loading_what_is_not_there_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadResource, match=r"none.json: cannot be read"):
        LabelModel.load(tmp_path / "none.json")


def test_its_defaults_are_those_of_the_docs() -> None:
    signature = inspect.signature(LabelModel)

    assert signature.parameters["type"].default == "auto"
    assert LabelModel().labels == ("0", "1")


def test_a_wrong_number_far_down_is_named_by_its_own_row() -> None:
    votes = np.zeros((ROWS + 7, 1), dtype=np.int8)
    model = LabelModel("majority").fit(votes)
    votes[ROWS + 5] = 2

    with pytest.raises(UsageError, match=rf"^L\[{ROWS + 5}, 0\] is 2; give"):
        model.predict_proba(votes)


def test_rows_that_are_predicted_apart_get_what_they_get_alone() -> None:
    votes = np.tile(np.array([[0, -1, 1], [1, 1, -1], [-1, -1, -1]]), (ROWS // 2, 1))
    model = LabelModel().fit(votes)

    probs = model.predict_proba(votes)

    assert np.array_equal(probs, np.tile(model.predict_proba(votes[:3]), (ROWS // 2, 1)))


def test_a_sound_model_tells_that_nothing_is_wrong() -> None:
    model = LabelModel("dawid_skene", n_labels=3).fit(SEEN.votes)

    assert model.story is not None
    assert (model.story.asked, model.story.used) == ("dawid_skene", "dawid_skene")
    assert model.findings == ()


def test_findings_are_kept_with_the_model(tmp_path: Path) -> None:
    votes = np.hstack([SEEN.votes, np.full((len(SEEN.votes), 1), ABSTAIN)])
    model = LabelModel("dawid_skene", n_labels=3).fit(votes)
    model.save(tmp_path / "model.json")

    back = LabelModel.load(tmp_path / "model.json")

    assert [finding.code for finding in model.findings] == ["silent"]
    assert back.story == model.story


@pytest.mark.parametrize("type_name", DOCUMENT_TYPES)
def test_every_type_takes_gold(type_name: str) -> None:
    model = LabelModel(type_name, n_labels=3)

    model.fit(SEEN.votes[300:], SEEN.votes[:300], SEEN.truth[:300])

    assert SEEN.accuracy(model.predict_proba(SEEN.votes)) > 0.8


@pytest.mark.parametrize(
    ("votes", "labels", "said"),
    [
        ([[0, 1, 2, 0]], None, "L_gold is given without y_gold"),
        (None, [1], "y_gold is given without L_gold"),
        ([[0, 1, 2]], [1], "L_gold has 3 columns and the model was fitted on 4 functions"),
        ([[0, 1, 2, 3]], [1], r"L_gold\[0, 3\] is 3"),
        ([[0, 1, 2, 0]], [1, 2], "L_gold has 1 rows"),
        ([[0, 1, 2, 0]], [3], r"y_gold\[0\] is 3; give one label for each row"),
        ([[0, 1, 2, 0]], [-1], r"y_gold\[0\] is -1"),
        ([[0, 1, 2, 0]], [0.5], r"y_gold\[0\] is 0.5"),
        ([[0, 1, 2, 0]], ["spam"], "y_gold holds <U4 values"),
        ([[0, 1, 2, 0]], [1], "y_gold holds only the label 1"),
        (np.zeros((0, 4)), [], "y_gold holds no labels"),
    ],
)
def test_gold_that_does_not_fit_is_refused(votes: Any, labels: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        LabelModel(n_labels=3).fit(SEEN.votes, votes, labels)
