"""Ner jobs that read the texts after the votes."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project

import labelmill

FULL, SHORT = "von Willebrand disease", "VWD"
TEXTS = [f"Row {n}: {FULL} ({SHORT}) is rare, and {SHORT} runs in families." for n in range(6)]
TEXTS += [f"There is no cure for {SHORT}", "Nothing is said here."]
FUNCTIONS = [
    {"name": "name", "type": "keyword", "label": "DISEASE", "any": [FULL]},
    {"name": "other", "type": "keyword", "label": "DISEASE", "any": ["cholera"]},
]


def configure(project: Project, **parts: Any) -> None:
    whole: dict[str, Any] = {
        "task": {"type": "ner", "labels": ["DISEASE"]},
        "labeling_functions": FUNCTIONS,
        "refine": True,
    }
    project.configure(**(whole | parts))


@pytest.fixture
def clinic(project: Project) -> Project:
    """Texts that introduce an abbreviation, and one that takes it as known."""
    rows = {"id": [f"r{i}" for i in range(len(TEXTS))], "text": TEXTS}
    project.write(rows | {"n": list(range(len(TEXTS)))})
    configure(project)
    return project


def found_in(labels: pa.Table) -> list[list[str]]:
    return [
        [row["text"][e["start"] : e["end"]] for e in row["entities"]] for row in labels.to_pylist()
    ]


def test_abbreviations_get_the_label_of_their_long_form(clinic: Project) -> None:
    run = clinic.run()
    labels = run.labels.to_arrow()

    assert found_in(labels) == [[FULL, SHORT, SHORT]] * 6 + [[SHORT], []]
    assert labels["status"].to_pylist() == ["labeled"] * 7 + ["uncovered"]
    assert labels["rests_on"].to_pylist() == ["votes+text"] * 6 + ["text", None]
    assert "text_probs" not in labels.schema.names
    probs = labels.to_pylist()[6]["probs"]
    assert [entry["label"] for entry in probs] == ["DISEASE"]
    assert labels["confidence"].to_pylist()[6] == pytest.approx(probs[0]["prob"])


def test_the_report_says_what_was_done(clinic: Project) -> None:
    report = clinic.run().snapshots[0].report

    assert report["refine"]["used"]
    assert "abbreviations" in report["refine"]["why"]
    assert report["refine"]["rests_on"] == {"votes": 0, "votes+text": 6, "text": 1}
    assert report["classes"] == {"DISEASE": 19}


def test_training_rows_say_what_they_rest_on(clinic: Project) -> None:
    rows = clinic.run().train.to_arrow().to_pylist()

    assert {row["id"]: row["rests_on"] for row in rows}["r6"] == "text"


def test_without_refine_there_are_votes_alone(clinic: Project) -> None:
    labels = clinic.run("refine=false").labels.to_arrow()

    assert found_in(labels) == [[FULL]] * 6 + [[], []]
    assert "rests_on" not in labels.schema.names


def test_rows_without_votes_may_be_left_alone(clinic: Project) -> None:
    configure(clinic, refine={"label_uncovered": False})

    labels = clinic.run().labels.to_arrow()

    assert found_in(labels) == [[FULL, SHORT, SHORT]] * 6 + [[], []]
    assert labels["status"].to_pylist()[6] == "uncovered"


@pytest.mark.parametrize("tags", ["IO", "BIO"])
def test_an_abbreviation_of_several_tokens_is_one_span(project: Project, tags: str) -> None:
    text = "Spinal-bulbar atrophy (S-B) is rare; S-B is slow."
    project.write({"id": ["a"], "text": [text]})
    named = [{**FUNCTIONS[0], "any": ["Spinal-bulbar atrophy"]}]
    task = {"type": "ner", "labels": ["DISEASE"], "tags": tags}
    configure(project, labeling_functions=named, task=task)

    labels = project.run().labels.to_arrow()

    assert found_in(labels) == [["Spinal-bulbar atrophy", "S-B", "S-B"]]


def test_gold_keeps_out_what_does_harm(clinic: Project) -> None:
    names = [("Late onset ataxia", "LOA"), ("Hard of hearing", "HOH"), ("Acid burn", "AB")]
    names += [("Wide eye", "WE"), ("Red nose", "RN")]
    texts = [f"{long} ({short}) and {short}" for long, short in names]
    spans = [[{"start": 0, "end": len(long), "label": "DISEASE"}] for long, _ in names]
    gold = {"id": list("abcde"), "text": texts, "spans": spans}
    pq.write_table(pa.table(gold), clinic.root / "gold.parquet")
    known = {**FUNCTIONS[1], "any": [long for long, _ in names]}
    configure(
        clinic,
        labeling_functions=[FUNCTIONS[0], known],
        gold={"path": "gold.parquet", "label": "spans"},
    )

    run = clinic.run()
    report = run.snapshots[0].report["refine"]

    assert not report["used"]
    assert "gold" in report["why"]
    assert any(told.startswith("refine: ") for told in run.warnings)
    assert found_in(run.labels.to_arrow())[0] == [FULL]


def test_workers_and_shards_change_no_byte(clinic: Project) -> None:
    configure(clinic, execution={"workers": 0, "shard_rows": 2})
    clinic.run()
    here = clinic.files()

    configure(clinic, execution={"workers": 2, "shard_rows": 2})
    clinic.run()

    assert clinic.files() == here
    assert "refinement.npz" in here


def test_rows_in_memory_are_refined_too(clinic: Project) -> None:
    frame = pq.read_table(clinic.root / "input").to_pandas()

    labeled = labelmill.label(frame, clinic.config)

    assert [len(entities) for entities in labeled["entities"]] == [3] * 6 + [1, 0]
