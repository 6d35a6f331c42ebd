"""Jobs that read the texts after the votes."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project
from tests.refine.conftest import HAM, SPAM, made

import labelmill
from labelmill.errors import BadResource
from labelmill.pipeline import refining
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.refining import read_refinement

FUNCTIONS = [
    {"name": f"{word}_{label}", "type": "keyword", "label": label, "any": [word]}
    for label, words in (("spam", SPAM[:3]), ("ham", HAM[:3]))
    for word in words
]


def configure(project: Project, **parts: Any) -> None:
    whole = {"labeling_functions": FUNCTIONS, "label_model": {"type": "lift"}, "refine": True}
    project.configure(**(whole | parts))


@pytest.fixture
def worldly(project: Project) -> Project:
    """A project with rows whose texts tell their labels."""
    world = made(n_rows=600)
    names = np.array(["ham", "spam"])[world.truth].tolist()
    ids = [f"r{i:03}" for i in range(600)]
    project.write({"id": ids, "text": world.texts, "truth": names})
    configure(project, source={"path": "input", "id": "id", "text": "text", "gold": "truth"})
    return project


def report_of(project: Project) -> dict[str, Any]:
    return dict(project.run().snapshots[0].report)


def test_rows_without_votes_are_labeled_by_their_text_and_say_so(worldly: Project) -> None:
    run = worldly.run()
    labels = run.labels.to_arrow().to_pylist()
    rests = Counter(row["rests_on"] for row in labels)

    assert set(rests) <= {"votes+text", "text", None}
    assert rests["text"] > 30
    for row in labels:
        assert (row["rests_on"] is None) == (row["status"] == "uncovered")
        assert (row["rests_on"] == "text") <= (not row["votes"])
        assert abs(sum(row["text_probs"]) - 1) < 1e-5
    assert Counter(run.train.to_arrow()["rests_on"].to_pylist())["text"] > 20


def test_labels_are_better_than_those_of_votes_alone(worldly: Project) -> None:
    votes = worldly.run("refine=false").snapshots[0].report["gold"]
    both = worldly.run("refine=true").snapshots[0].report["gold"]

    assert both["right"] > votes["right"] + 20
    assert both["accuracy"] > votes["accuracy"]


def test_without_refine_nothing_of_it_is_there(worldly: Project) -> None:
    run = worldly.run("refine=false")

    assert "rests_on" not in run.labels.to_arrow().schema.names
    assert run.snapshots[0].report["refine"] is None
    assert "refinement.npz" not in worldly.files()


def test_label_uncovered_can_be_left_out(worldly: Project) -> None:
    configure(worldly, refine={"label_uncovered": False})

    labels = worldly.run().labels.to_arrow().to_pylist()

    assert {row["rests_on"] for row in labels if not row["votes"]} == {None}
    assert {row["status"] for row in labels if not row["votes"]} == {"uncovered"}


def test_the_rows_least_to_be_trusted_are_taken_out_of_train(worldly: Project) -> None:
    configure(worldly, refine={"drop": 0.2}, split={"train": 0.7, "dev": 0.3})
    whole = worldly.run("refine.drop=0")
    before, dev = set(ids_of(whole.train.to_arrow())), set(ids_of(whole.dev.to_arrow()))

    run = worldly.run()
    report = run.snapshots[0].report
    gone = pq.read_table(run.snapshots[0].folder / "filtered").to_pylist()

    assert {row["step"] for row in gone} == {"refine"}
    assert {row["id"] for row in gone} == before - set(ids_of(run.train.to_arrow()))
    assert set(ids_of(run.dev.to_arrow())) == dev
    assert 0.1 < len(gone) / len(before) < 0.3
    assert report["refine"]["dropped"] == len(gone) == report["totals"]["filtered"]
    assert sum(report["totals"]["status"].values()) + len(gone) == 600


def ids_of(table: pa.Table) -> list[str]:
    found: list[str] = table["id"].to_pylist()
    return found


def test_the_dropped_rows_are_wrong_more_often(worldly: Project) -> None:
    source = {"path": "input", "id": "id", "text": "text", "gold": "truth"}
    configure(worldly, source=source, refine={"drop": 0.2})

    kept = report_of(worldly)["gold"]
    whole = worldly.run("refine.drop=0").snapshots[0].report["gold"]

    assert kept["accuracy"] > whole["accuracy"]


def test_the_report_names_functions_that_the_texts_deny(worldly: Project) -> None:
    wrong = {"name": "wrong", "type": "keyword", "label": "ham", "any": ["offer"]}
    configure(worldly, labeling_functions=[*FUNCTIONS, wrong])

    report = report_of(worldly)
    denied = {row["lf"]: row for row in report["refine"]["denied"]}

    assert report["refine"]["used"]
    assert max(denied, key=lambda lf: denied[lf]["denied"] / denied[lf]["votes"]) == "wrong"
    example = denied["wrong"]["examples"][0]
    assert "offer" in example["text"]
    assert example["label"] == "ham"
    assert example["prob"] < 0.5


def test_texts_that_do_not_follow_the_votes_stay_out_and_the_run_says_so(project: Project) -> None:
    world = made(n_rows=400)
    mixed = np.random.default_rng(2).permutation(world.texts).tolist()
    rng = np.random.default_rng(0)
    said = [["ham", "spam"][label] for label in world.truth]
    noisy = [s if rng.random() < 0.9 else None for s in said]
    ids = [f"r{i:03}" for i in range(400)]
    project.write({"id": ids, "text": mixed, "a": said, "b": noisy})
    columns = [
        {"name": name, "type": "column", "column": name, "labels": {"ham": "ham", "spam": "spam"}}
        for name in ("a", "b")
    ]
    configure(project, labeling_functions=columns)

    run = project.run()
    plain = project.run("refine=false")

    assert any(w.startswith("refine: the texts are not used: ") for w in run.warnings)
    assert not run.snapshots[0].report["refine"]["used"]
    assert set(run.labels.to_arrow()["rests_on"].to_pylist()) == {"votes"}
    assert (
        run.labels.to_arrow()["probs"].to_pylist() == plain.labels.to_arrow()["probs"].to_pylist()
    )


def test_gold_keeps_out_what_does_harm(worldly: Project) -> None:
    rng = np.random.default_rng(7)
    true = ["spam", "ham"] * 100
    own, others = {"spam": SPAM[:3], "ham": HAM[:3]}, {"spam": HAM[3:], "ham": SPAM[3:]}
    texts = [" ".join([rng.choice(own[t]), *rng.choice(others[t], 5)]) for t in true]
    gold = {"id": [f"g{i}" for i in range(200)], "text": texts, "truth": true}
    pq.write_table(pa.table(gold), worldly.root / "gold.parquet")
    configure(worldly, gold={"path": "gold.parquet", "label": "truth"})

    report = report_of(worldly)["refine"]

    assert not report["used"]
    assert "on gold" in report["why"]


def test_workers_and_shards_change_no_byte(worldly: Project) -> None:
    configure(worldly, refine={"drop": 0.1}, execution={"workers": 0, "shard_rows": 100})
    worldly.run()
    here = worldly.files()

    configure(worldly, refine={"drop": 0.1}, execution={"workers": 2, "shard_rows": 100})
    worldly.run()

    assert worldly.files() == here
    assert "refinement.npz" in here
    manifest = json.loads(here["manifest.json"])
    assert manifest["fingerprints"]["refinement"]
    assert manifest["refine"]["used"]


def test_a_large_job_is_fitted_on_a_sample(
    worldly: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refining, "MOST_ROWS", 300)

    report = report_of(worldly)

    assert report["refine"]["used"]
    assert report["refine"]["rests_on"]["text"] > 20
    assert report["refine"]["measures"]["rows"] < 350


def test_rows_in_memory_are_refined_too(worldly: Project) -> None:
    frame = pq.read_table(worldly.root / "input").to_pandas()

    labeled = labelmill.label(frame, worldly.config)

    assert (labeled["rests_on"] == "text").sum() > 30


def test_a_damaged_refinement_is_refused(worldly: Project) -> None:
    path = worldly.root / "refinement.npz"
    path.write_bytes(b"PK\x03\x04 nothing")

    with pytest.raises(BadResource, match="damaged"):
        read_refinement(BoundJob(worldly.job()), path)
