"""A job whose texts can have several labels, from votes to files."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project

import labelmill
from labelmill.errors import BadColumn, ConfigErrors
from labelmill.pipeline.examples import run_examples
from labelmill.report.tables import model_calibration
from labelmill.report.terminal import report_view

TEXTS = {
    "the ball and a goal": ["sport"],
    "a match of the bank": ["sport", "money"],
    "a record transfer fee": ["sport", "money"],
    "quarterly price of the bank": ["money"],
    "paint on paper": ["art"],
    "the museum": None,
    "nothing here": [],
    "quarterly figures": [],
}
FUNCTIONS: list[dict[str, Any]] = [
    {"name": "ball", "type": "keyword", "label": "sport", "any": ["ball", "goal"]},
    {
        "name": "words",
        "type": "keyword",
        "labels": {"sport": ["match", "goal"], "money": ["bank", "price"], "art": ["paint"]},
    },
    {"name": "fee", "type": "regex", "label": {"all_of": ["sport", "money"]}, "pattern": "fee"},
    {"name": "dry", "type": "keyword", "label": {"not": "art"}, "any": ["quarterly"]},
    {"name": "hall", "type": "keyword", "label": {"one_of": ["sport", "art"]}, "any": ["museum"]},
]


@pytest.fixture
def topics(project: Project) -> Project:
    """A project in which a text can be about several topics."""
    project.write(
        {
            "id": [f"r{i}" for i in range(len(TEXTS))],
            "text": list(TEXTS),
            "topics": pa.array(list(TEXTS.values()), pa.list_(pa.string())),
        }
    )
    project.configure(
        task={"type": "classification", "multi_label": True, "labels": ["sport", "money", "art"]},
        source={"path": "input", "id": "id", "text": "text", "gold": "topics"},
        labeling_functions=FUNCTIONS,
        select={"tie": "keep", "uncovered": "keep"},
    )
    return project


def labels_of(project: Project) -> dict[str, dict[str, Any]]:
    rows = pq.read_table(project.output / "current" / "labels").to_pylist()
    return {row["text"]: row for row in rows}


def test_each_text_gets_the_labels_that_are_voted_for(topics: Project) -> None:
    topics.run()

    rows = labels_of(topics)
    assert {text: row["labels"] for text, row in rows.items()} == {
        "the ball and a goal": ["sport"],
        "a match of the bank": ["sport", "money"],
        "a record transfer fee": ["sport", "money"],
        "quarterly price of the bank": ["money"],
        "paint on paper": ["art"],
        "the museum": None,
        "nothing here": None,
        "quarterly figures": [],
    }
    status = {text: row["status"] for text, row in rows.items() if row["status"] != "labeled"}
    assert status == {"the museum": "tie", "nothing here": "uncovered"}


def test_probabilities_stand_in_the_order_of_the_labels_and_need_not_sum_to_one(
    topics: Project,
) -> None:
    topics.run()

    table = pq.read_table(topics.output / "current" / "labels")
    assert table.schema.metadata[b"labels"] == b"sport\nmoney\nart"
    probs = dict(zip(table["text"].to_pylist(), table["probs"].to_pylist(), strict=True))
    assert np.argsort(probs["paint on paper"])[-1] == 2
    assert sum(probs["a record transfer fee"]) > 1.9


def test_confidence_is_that_of_the_least_sure_label_that_was_voted_on(topics: Project) -> None:
    topics.run("label_model={type: majority, smoothing: 1}")

    row = labels_of(topics)["a match of the bank"]
    said = np.array(row["probs"])  # `words` says yes to two labels and no to the third
    assert row["confidence"] == pytest.approx(np.maximum(said, 1 - said).min())


def test_every_form_of_a_vote_is_told(topics: Project) -> None:
    topics.run()

    rows = labels_of(topics)
    votes = [vote for row in rows.values() for vote in row["votes"]]
    told = {vote["lf"]: {k: v for k, v in vote.items() if v is not None} for vote in votes}
    assert told["fee"]["all_of"] == ["sport", "money"]
    assert told["dry"]["not"] == "art"
    assert told["hall"]["one_of"] == ["sport", "art"]
    assert told["ball"]["label"] == "sport"
    assert [vote["label"] for vote in rows["a match of the bank"]["votes"]] == ["sport", "money"]


def test_the_report_scores_each_label_against_gold(topics: Project) -> None:
    run = topics.run()

    report = run.snapshots[0].report
    assert report["gold"]["exact_match"] == 1.0
    assert report["gold"]["micro"]["f1"] == report["gold"]["macro_f1"] == 1.0
    assert [row["wanted"] for row in report["gold"]["by_label"]] == [3, 3, 1]
    functions = {row["lf"]: row for row in report["functions"]}
    assert functions["dry"]["polarity"] == ["not art"]
    assert functions["fee"]["correct"] == 1
    assert functions["ball"]["overlaps"] == pytest.approx(1 / 8)
    assert [row["label"] for row in report["label_model"]["by_label"]] == ["sport", "money", "art"]


def test_gold_that_holds_no_lists_is_refused(topics: Project) -> None:
    topics.write({"id": ["a"], "text": ["b"], "topics": ["sport"]})

    with pytest.raises(ConfigErrors, match="expected a list of strings or whole numbers"):
        topics.run()


def test_gold_with_an_unknown_label_is_refused(topics: Project) -> None:
    topics.write({"id": ["a"], "text": ["b"], "topics": [["sprot"]]})

    with pytest.raises(BadColumn, match=r"'sprot', which is no label .*did you mean 'sport'"):
        topics.run()


def test_gold_with_a_null_in_a_list_is_refused(topics: Project) -> None:
    topics.write({"id": ["a"], "text": ["ball"], "topics": [["sport", None]]})

    with pytest.raises(BadColumn, match="row 0 holds a list with a null; every entry is a label"):
        topics.run()


def test_gold_that_lacks_a_label_says_so_of_that_label(topics: Project) -> None:
    rows = {"id": [f"g{i}" for i in range(60)], "text": ["ball"] * 60}
    topics.write(
        rows | {"topics": [["sport"] if i % 2 else [] for i in range(60)]}, "../g/a.parquet"
    )
    topics.configure(
        task={"type": "classification", "multi_label": True, "labels": ["sport", "money"]},
        source={"path": "input", "id": "id", "text": "text"},
        gold={"path": "g", "label": "topics"},
        labeling_functions=[FUNCTIONS[0], {**FUNCTIONS[1], "labels": {"money": ["bank"]}}],
        label_model={"type": "lift"},
    )

    findings = topics.run().snapshots[0].report["label_model"]["findings"]

    (told,) = [each["message"] for each in findings if each["code"] == "gold_too_small"]
    assert told == (
        "label 'money': gold is not used: it has 0 rows to which the label applies, and 5 of each "
        "are needed"
    )


def test_exports_carry_all_labels(topics: Project) -> None:
    topics.configure(
        task={"type": "classification", "multi_label": True, "labels": ["sport", "money", "art"]},
        labeling_functions=FUNCTIONS,
        export=[{"type": kind} for kind in ("huggingface", "csv", "jsonl", "openai_chat", "spacy")],
    )
    topics.run()

    train = topics.output / "current" / "train"
    lines = (train / "jsonl" / "data.jsonl").read_text().splitlines()
    row = json.loads(lines[1])
    assert row["labels"] == ["sport", "money"]
    assert set(row["probs"]) == {"sport", "money", "art"}
    chat = json.loads((train / "openai_chat" / "data.jsonl").read_text().splitlines()[1])
    assert chat["messages"][-1]["content"] == '["sport", "money"]'
    assert '"[""sport"", ""money""]"' in (train / "csv" / "data.csv").read_text()
    made = pq.read_table(train / "huggingface")
    assert made["labels"].to_pylist()[1] == [0, 1]
    features = json.loads(made.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["labels"]["feature"]["names"] == ["sport", "money", "art"]


def test_spacy_gets_a_category_for_each_label(topics: Project) -> None:
    import spacy  # noqa: PLC0415 (heavy)
    from spacy.tokens import DocBin  # noqa: PLC0415 (heavy)

    topics.configure(
        task={"type": "classification", "multi_label": True, "labels": ["sport", "money", "art"]},
        labeling_functions=FUNCTIONS,
        export=[{"type": "spacy"}],
    )
    topics.run()

    file = topics.output / "current" / "train" / "spacy" / "data-00000.spacy"
    docs = list(DocBin().from_disk(file).get_docs(spacy.blank("en").vocab))
    cats = {doc.text: doc.cats for doc in docs}
    assert cats["a match of the bank"] == {"sport": 1.0, "money": 1.0, "art": 0.0}
    assert cats["quarterly figures"] == {"sport": 0.0, "money": 0.0, "art": 0.0}


def test_copies_keep_all_labels(topics: Project) -> None:
    topics.run("augment=[{type: word_dropout, only: [money], rate: 0.5}]")

    rows = pq.read_table(topics.output / "current" / "train" / "parquet").to_pylist()
    copies = [row for row in rows if row["made_by"]]
    assert {row["origin"] for row in copies} == {"r1", "r2", "r3"}
    assert {tuple(row["labels"]) for row in copies} == {("sport", "money"), ("money",)}


def test_the_share_of_a_label_is_among_labeled_rows(topics: Project) -> None:
    run = topics.run("checks=[{type: class_balance, min: {sport: 0.5, art: 0.1}}]")

    (check,) = run.snapshots[0].report["checks"]
    assert check["passed"]
    assert check["value"] == pytest.approx(1 / 6)  # art, on one of six


def test_examples_of_functions_are_met_by_any_vote_for_the_label(topics: Project) -> None:
    functions = [
        dict(FUNCTIONS[1], should={"sport": ["a match"], "money": ["a match of the bank"]}),
        dict(FUNCTIONS[2], should=["a fee"], should_not=["free"]),
    ]
    topics.configure(
        task={"type": "classification", "multi_label": True, "labels": ["sport", "money", "art"]},
        labeling_functions=functions,
    )

    assert [result.passed for result in run_examples(topics.job())] == [True] * 4


def test_a_frame_gets_lists_of_labels(topics: Project) -> None:
    import pandas as pd  # noqa: PLC0415 (heavy)

    frame = pd.DataFrame({"id": ["a"], "text": ["a match of the bank"]})

    assert labelmill.label(frame, topics.config)["labels"].tolist() == [["sport", "money"]]


def test_a_model_that_was_fitted_before_labels_as_it_did(topics: Project) -> None:
    topics.run()
    before = labels_of(topics)

    topics.run("label_model={type: fitted, from: out}", "output=again")

    rows = pq.read_table(topics.root / "again" / "current" / "labels").to_pylist()
    assert [row["probs"] for row in rows] == [row["probs"] for row in before.values()]


@pytest.mark.parametrize("n_labels", [3, 7])
def test_the_report_says_how_each_label_was_calibrated(topics: Project, n_labels: int) -> None:
    rng = np.random.default_rng(0)
    names = [f"topic{i}" for i in range(n_labels)]
    true = rng.random((400, n_labels)) < 0.4
    heard = true ^ (rng.random(true.shape) < 0.2)
    texts = [" ".join(np.array(names)[row]) or "nothing" for row in heard]
    labels = [np.array(names)[row].tolist() for row in true]
    rows = {"id": [f"r{i}" for i in range(400)], "text": texts, "topics": labels}
    topics.write(rows)
    topics.write(rows, "../gold/a.parquet")
    votes = [
        {"name": f"{kind}_{name}", "type": "regex", "label": label, "pattern": pattern}
        for name in names
        for kind, label, pattern in (
            ("yes", name, name),
            ("no", {"not": name}, rf"^(?!.*{name})"),
        )
    ]
    topics.configure(
        task={"type": "classification", "multi_label": True, "labels": names},
        source={"path": "input", "id": "id", "text": "text", "gold": "topics"},
        gold={"path": "gold", "label": "topics"},
        labeling_functions=votes,
        label_model={"type": "dawid_skene"},
    )

    report = topics.run().snapshots[0].report
    heats = {row["label"]: row["calibration"] for row in report["label_model"]["by_label"]}
    (line,) = model_calibration(report)

    assert all(found["error_after"] <= found["error_before"] for found in heats.values())
    means = [
        sum(found[key] for found in heats.values()) / n_labels
        for key in ("error_before", "error_after")
    ]
    assert line.startswith("calibrated on gold: ")
    assert f"calibration error {means[0]:.3f} before, {means[1]:.3f} after, on average" in line
    temperatures = [found["temperature"] for found in heats.values()]
    if n_labels == 3:
        assert all(
            f"topic{i} at temperature {heat:.2f}" in line for i, heat in enumerate(temperatures)
        )
    else:
        assert f"from {min(temperatures):.2f} to {max(temperatures):.2f}" in line
    assert f"expected calibration error {report['gold']['calibration_error']:.3f}" in "\n".join(
        str(part) for part in report_view(report, topics.root / "report.html", 100)
    )
