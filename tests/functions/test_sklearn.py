from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from skops.io import dump, get_untrusted_types

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench, LabelingFunction
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.sklearn import Sklearn

LABELS = LabelSpace(("ham", "spam"))
TEXTS = ("buy this now", "love this song", "buy buy buy", "nice song")
GOLD = ("spam", "ham", "spam", "ham")


def picky(texts: Sequence[str]) -> Sequence[str]:
    """Stop at one word."""
    if any("poison" in text for text in texts):
        message = "no poison please"
        raise ValueError(message)
    return texts


def trained(classifier: Any, labels: Sequence[Any] = GOLD, *before: Any) -> Any:
    return make_pipeline(*before, TfidfVectorizer(), classifier).fit(list(TEXTS), list(labels))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with small models."""
    root = tmp_path_factory.mktemp("project")
    models = {
        "spam": trained(LogisticRegression()),
        "numbers": trained(LogisticRegression(), [1, 0, 1, 0]),
        "truth": trained(LogisticRegression(), [True, False, True, False]),
        "extra": trained(LogisticRegression(), ["spam", "ham", "spam", "other"]),
        "svc": trained(LinearSVC()),
        "picky": trained(LogisticRegression(), GOLD, FunctionTransformer(picky)),
        "regression": make_pipeline(CountVectorizer(), Ridge()).fit(TEXTS, [1, 0, 1, 0]),
    }
    for name, model in models.items():
        dump(model, root / f"{name}.skops")
    (root / "pickled.skops").write_bytes(b"\x80\x04N.")
    return root


def batch(*texts: str) -> Batch:
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()))


def vote(project: Path, model: str, *texts: str, **parameters: Any) -> Hits:
    bench = Bench("model", project, LABELS, "document")
    return Sklearn(f"{model}.skops", **parameters).bind(bench).vote(batch(*texts), {})


def trusted_by(project: Path, model: str) -> tuple[str, ...]:
    return tuple(get_untrusted_types(file=project / f"{model}.skops"))


def test_it_is_a_labeling_function() -> None:
    assert isinstance(Sklearn("spam.skops"), LabelingFunction)


def test_votes_are_the_predictions_of_the_model(project: Path) -> None:
    hits = vote(project, "spam", "buy it", "my song", "")

    model = trained(LogisticRegression())
    expected = [LABELS.names.index(name) for name in model.predict(["buy it", "my song", ""])]
    assert (hits.doc, hits.label, hits.end) == ([0, 1, 2], expected, [6, 7, 0])


def test_a_row_below_the_threshold_abstains(project: Path) -> None:
    texts = ("buy buy", "unheard of")
    best = trained(LogisticRegression()).predict_proba(list(texts)).max(axis=1)
    between = float(np.mean(best))

    hits = vote(project, "spam", *texts, threshold=between)

    assert best[0] > between > best[1]
    assert (hits.doc, hits.label) == ([0], [1])


@pytest.mark.parametrize(
    ("model", "labels"),
    [("numbers", {"0": "ham", "1": "spam"}), ("truth", {"False": "ham", "True": "spam"})],
)
def test_classes_of_any_type_are_mapped_by_their_text(
    project: Path, model: str, labels: dict[str, str]
) -> None:
    hits = vote(project, model, "buy it", "my song", labels=labels, threshold=0.5)

    assert hits.label == [1, 0]


def test_ignored_classes_are_no_votes(project: Path) -> None:
    hits = vote(project, "extra", "nice song", "buy", ignore=("other", "ham"))

    assert (hits.doc, hits.label) == ([1], [1])


def test_types_that_skops_does_not_know_must_be_trusted(project: Path) -> None:
    (name,) = trusted_by(project, "picky")

    with pytest.raises(BadResource, match=f"picky.skops: holds types .* know: {name}; look at"):
        vote(project, "picky", "buy")
    assert len(vote(project, "picky", "buy", trusted=(name,))) == 1


def test_a_text_that_stops_the_model_fails_alone(project: Path) -> None:
    trusted = trusted_by(project, "picky")

    hits = vote(project, "picky", "buy", "poison", "song", trusted=trusted)

    (error,) = hits.errors
    assert (error.doc, error.reason, error.message) == (1, "ValueError", "no poison please")
    assert (hits.doc, hits.label) == ([0, 2], [1, 0])


def test_an_empty_batch_has_no_votes(project: Path) -> None:
    assert len(vote(project, "spam")) == 0


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("none", "none.skops: there is no such file"),
        ("pickled", "pickled.skops: is not a skops file"),
        ("regression", "holds Pipeline, which is no trained classifier"),
    ],
)
def test_what_is_no_saved_classifier_is_refused(project: Path, model: str, message: str) -> None:
    with pytest.raises(BadResource, match=message):
        vote(project, model, "a")


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        ("svc", {"threshold": 0.5}, r"threshold: the model \(Pipeline\) gives no probabilities"),
        ("extra", {}, "labels: the class 'other' of the model is no label of this task"),
        ("spam", {"labels": {"spma": "spam"}}, r"labels: .*no class 'spma' \(did you mean 'spam'"),
        ("spam", {"ignore": ("eggs",)}, "ignore: the model has no class 'eggs'"),
        ("extra", {"labels": {"other": "hma"}}, "no label 'hma' in this task"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(
    project: Path, model: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadParameter, match=message):
        vote(project, model, "a", **parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"model": "spam.pkl"}, "must be a .skops file"),
        ({"model": "a.skops", "threshold": 2}, "is a probability from 0 to 1, found 2"),
        ({"model": "a.skops", "labels": {"x": "ham"}, "ignore": ("x",)}, "under `labels` as well"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Sklearn(**parameters)


def test_needs_name_the_file(project: Path) -> None:
    assert Sklearn("spam.skops").needs(project).files == ("spam.skops",)
