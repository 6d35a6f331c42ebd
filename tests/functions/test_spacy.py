import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import spacy
from spacy.language import Language as Pipeline
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import fix_random_seed

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench, LabelingFunction, Unit
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.spacy import Spacy, best_category
from labelmill.text.language import Language

ENTITIES = LabelSpace(("ORG", "PERSON"))
LABELS = LabelSpace(("ham", "spam"))


@Pipeline.component("labelmill_test_allergic")
def allergic(doc: Doc) -> Doc:
    """Stop at one word."""
    if "poison" in doc.text:
        message = "no poison please"
        raise ValueError(message)
    return doc


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with small models."""
    root = tmp_path_factory.mktemp("project")
    (root / "models").mkdir()
    entities = spacy.blank("en")
    ruler = entities.add_pipe("entity_ruler")
    patterns = {"Acme": "ORG", "Anna": "PERSON", "Oslo": "GPE"}
    ruler.add_patterns([{"label": v, "pattern": k} for k, v in patterns.items()])  # type: ignore[attr-defined]
    entities.to_disk(root / "models/entities")
    entities.add_pipe("labelmill_test_allergic")
    entities.to_disk(root / "models/allergic")
    spacy.blank("en").to_disk(root / "models/blank")
    classifier().to_disk(root / "models/categories")
    return root


def classifier() -> Any:
    """A text classifier that has learned that `buy` is spam."""
    nlp = spacy.blank("en")
    nlp.add_pipe("textcat")
    texts = {"buy buy now": 1.0, "please buy": 1.0, "nice song": 0.0, "love this": 0.0}
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": {"spam": spam, "ham": 1 - spam}})
        for text, spam in texts.items()
    ]
    fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(20):
        nlp.update(examples, sgd=optimizer)
    return nlp


def batch(*texts: str) -> Batch:
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), {}, Language())


def vote(project: Path, unit: Unit, rows: Batch, model: str, **parameters: Any) -> Hits:
    labels = ENTITIES if unit == "span" else LABELS
    return Spacy(model, **parameters).bind(Bench("model", project, labels, unit)).vote(rows, {})


def found(hits: Hits) -> list[tuple[int, int, int, int]]:
    return list(zip(hits.doc, hits.start, hits.end, hits.label, strict=True))


def test_it_is_a_labeling_function() -> None:
    assert isinstance(Spacy("en_core_web_sm"), LabelingFunction)


def test_entities_with_a_label_of_the_task_are_hits(project: Path) -> None:
    rows = batch("Anna left Acme for Oslo", "", "no one")

    hits = vote(project, "span", rows, "models/entities")

    assert found(hits) == [(0, 0, 4, 1), (0, 10, 14, 0)]


def test_labels_of_the_model_are_mapped_and_the_others_are_no_votes(project: Path) -> None:
    rows = batch("Anna left Acme for Oslo")

    hits = vote(project, "span", rows, "models/entities", labels={"GPE": "ORG"})

    assert found(hits) == [(0, 19, 23, 0)]


def test_the_best_category_is_the_vote(project: Path) -> None:
    rows = batch("please buy now", "love this song")

    hits = vote(project, "document", rows, "models/categories")

    assert found(hits) == [(0, 0, 14, 1), (1, 0, 14, 0)]


def test_a_category_below_the_threshold_abstains(project: Path) -> None:
    rows = batch("please buy now", "love this song")
    scores = [max(doc.cats.values()) for doc in rows.docs(str(project / "models/categories"))]
    order = np.argsort(scores)
    between = float(np.mean(scores))

    hits = vote(project, "document", rows, "models/categories", threshold=between)

    assert scores[0] != scores[1]
    assert hits.doc == [order[1]]


def test_categories_are_mapped(project: Path) -> None:
    swapped = {"spam": "ham", "ham": "spam"}

    hits = vote(project, "document", batch("please buy"), "models/categories", labels=swapped)

    assert hits.label == [0]


def test_equally_good_categories_abstain() -> None:
    assert best_category({"a": 0.9, "b": 0.9, "c": 0.1}, 0.5) is None
    assert best_category({}, 0.0) is None


def test_functions_with_one_model_share_its_work(project: Path) -> None:
    rows = batch("Anna left Acme")

    vote(project, "span", rows, "models/entities")
    (doc,) = rows.docs(str(project / "models/entities"))
    vote(project, "span", rows, "models/entities", labels={"GPE": "ORG"})

    assert rows.docs(str(project / "models/entities"))[0] is doc


def test_a_text_that_stops_the_model_fails_alone(project: Path) -> None:
    hits = vote(project, "span", batch("Acme", "poison of Acme", "Anna"), "models/allergic")

    (error,) = hits.errors
    assert (error.doc, error.reason, error.message) == (1, "ValueError", "no poison please")
    assert found(hits) == [(0, 0, 4, 0), (2, 0, 4, 1)]


@pytest.mark.parametrize(
    ("unit", "model", "parameters", "message"),
    [
        ("document", "entities", {}, "model: the model 'models/entities' finds no categories"),
        ("span", "categories", {}, "model: the model 'models/categories' finds no entities"),
        ("span", "blank", {}, "finds no entities"),
        (
            "span",
            "entities",
            {"labels": {"PERSN": "PERSON"}},
            r"labels.PERSN: the model has no label 'PERSN' \(did you mean 'PERSON'",
        ),
        ("span", "entities", {"labels": {"GPE": "ROG"}}, r"no label 'ROG' in this task"),
    ],
)
def test_a_model_that_does_not_fit_the_task_is_refused(
    project: Path, unit: Unit, model: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadParameter, match=message):
        vote(project, unit, batch("a"), f"models/{model}", **parameters)


def test_a_model_without_a_common_label_is_refused_with_its_labels(project: Path) -> None:
    bench = Bench("model", project, LabelSpace(("PLACE", "THING")), "span")

    with pytest.raises(BadParameter, match=r"no label of the model \(GPE, ORG, PERSON\) is one"):
        Spacy("models/entities").bind(bench)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("models/none", r"models/none: there is no spaCy model here \(no meta.json\)"),
        ("zz_none_sm", "python -m spacy download zz_none_sm"),
        ("json", "no spaCy model of this name is installed"),
        ("../outside", "stands outside the project"),
    ],
)
def test_a_missing_model_says_what_to_do(project: Path, model: str, message: str) -> None:
    with pytest.raises(BadResource, match=message):
        vote(project, "span", batch("a"), model)


def test_needs_are_the_files_of_a_folder_or_the_package(project: Path) -> None:
    folder, package = (
        Spacy("models/entities").needs(project),
        Spacy("en_core_web_sm").needs(project),
    )

    assert {"models/entities/meta.json", "models/entities/config.cfg"} <= set(folder.files)
    assert (folder.packages, package.packages, package.files) == ((), ("en_core_web_sm",), ())
    assert Spacy("models/none").needs(project).files == ("models/none",)


def test_an_installed_package_is_found_by_its_name(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "en_tiny_sm"
    nlp = spacy.load(project / "models/entities")
    nlp.meta |= {"name": "tiny_sm", "version": "1.0.0"}
    package.mkdir()
    nlp.to_disk(package / "en_tiny_sm-1.0.0")
    shutil.copy(package / "en_tiny_sm-1.0.0/meta.json", package)
    source = "from spacy.util import load_model_from_init_py\n"
    source += "def load(**options):\n    return load_model_from_init_py(__file__, **options)\n"
    (package / "__init__.py").write_text(source)
    (tmp_path / "en_tiny_sm-1.0.0.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: en_tiny_sm\nVersion: 1.0.0\n"
    (tmp_path / "en_tiny_sm-1.0.0.dist-info/METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(tmp_path)

    hits = vote(project, "span", batch("Acme"), "en_tiny_sm")

    assert found(hits) == [(0, 0, 4, 0)]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"model": " "}, "name a spaCy model"), ({"model": "a", "threshold": 1.5}, "found 1.5")],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Spacy(**parameters)
