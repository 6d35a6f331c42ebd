"""Jobs whose texts can have several labels, and that read the texts after the votes."""

import json
from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project
from tests.refine.topics import SHARES, TOPICS, WORDS, Topics, made

import labelmill
from labelmill.report.explained import explained_view
from labelmill.report.tables import refine_lines

N_ROWS = 1_500
FUNCTIONS: list[dict[str, Any]] = [
    {"name": f"{topic}_{i}", "type": "keyword", "label": topic, "any": [WORDS[topic][i]]}
    for topic in TOPICS
    for i in range(3)
]
TASK = {"type": "classification", "multi_label": True, "labels": list(TOPICS)}
BALANCE = dict(zip(TOPICS, SHARES, strict=True))


def configure(project: Project, **parts: Any) -> None:
    whole = {
        "task": TASK,
        "source": {"path": "input", "id": "id", "text": "text", "gold": "topics"},
        "labeling_functions": FUNCTIONS,
        "label_model": {"type": "majority", "class_balance": BALANCE},
        "refine": True,
        "gold": {"path": "gold.parquet", "label": "topics"},
    }
    project.configure(**(whole | parts))


@pytest.fixture
def topics(project: Project) -> Project:
    """A project with texts about several topics each."""
    project.write(columns_of(made(N_ROWS), "r"))
    pq.write_table(pa.table(columns_of(made(N_ROWS, seed=1), "g")), project.root / "gold.parquet")
    configure(project)
    return project


def columns_of(world: Topics, prefix: str) -> dict[str, Any]:
    """A world as a table: ids, texts and topics."""
    names = [[t for t, has in zip(TOPICS, row, strict=True) if has] for row in world.truth]
    ids = [f"{prefix}{i:04}" for i in range(len(names))]
    return {"id": ids, "text": world.texts, "topics": pa.array(names, pa.list_(pa.string()))}


def report_of(project: Project, *overrides: str) -> dict[str, Any]:
    return dict(project.run(*overrides).snapshots[0].report)


def test_labels_are_better_than_those_of_votes_alone(topics: Project) -> None:
    votes = report_of(topics, "refine=false")
    both = report_of(topics)

    assert both["gold"]["right"] > votes["gold"]["right"]
    assert both["gold"]["macro_f1"] > votes["gold"]["macro_f1"]
    assert both["refine"]["used"]
    assert both["refine"]["rests_on"]["text"] > 20
    assert refine_lines(both)[0].startswith("the texts are used: for 'sport'")


def test_rows_say_what_their_labels_rest_on(topics: Project) -> None:
    rows = topics.run().labels.to_arrow().to_pylist()

    rests = Counter(row["rests_on"] for row in rows)
    assert set(rests) >= {"votes+text", "text", None}
    for row in rows:
        assert len(row["text_probs"]) == 3
        assert all(prob is None or 0 <= prob <= 1 for prob in row["text_probs"])
        assert (row["rests_on"] is None) == (row["status"] == "uncovered")
        assert (row["rests_on"] == "text") <= (not row["votes"] and bool(row["labels"]))
    more = [row for row in rows if row["votes"] and row["labels"] is not None]
    said = [{vote["label"] for vote in row["votes"]} for row in more]
    assert sum(bool(set(row["labels"]) - s) for row, s in zip(more, said, strict=True)) > 5


def test_a_label_that_gold_finds_no_better_has_no_text_probs(topics: Project) -> None:
    gold = pq.read_table(topics.root / "gold.parquet").to_pylist()
    lies = [{**row, "topics": [t for t in row["topics"] if t != "sport"]} for row in gold]
    table = pa.Table.from_pylist(lies, schema=pq.read_schema(topics.root / "gold.parquet"))
    few = [{**row, "topics": ["sport", *row["topics"]]} for row in lies[:20]]
    table = pa.concat_tables([table, pa.Table.from_pylist(few, schema=table.schema)])
    ids = pa.array([f"g{i:04}" for i in range(len(table))])
    pq.write_table(table.set_column(0, "id", ids), topics.root / "gold.parquet")

    run = topics.run()

    report = run.snapshots[0].report["refine"]
    assert "'sport': on gold it makes" in report["why"]
    told = run.labels.to_arrow()["text_probs"].to_pylist()
    assert {None if row is None else row[0] for row in told} == {None}
    assert report["used"]
    voted = [row["id"] for row in run.labels.to_arrow().to_pylist() if row["labels"] == ["sport"]]
    (found,) = labelmill.explain(topics.config, voted[:1])
    assert [belief.step for belief in found.decisions[0].beliefs] == [
        "prior",
        "votes",
        "votes+text",
    ]


def test_without_gold_the_run_says_that_texts_are_not_used(topics: Project) -> None:
    configure(topics, gold=None)

    run = topics.run()

    (warning,) = [line for line in run.warnings if "refine" in line]
    assert "there is no gold" in warning
    assert set(run.labels.to_arrow()["rests_on"].to_pylist()) <= {"votes", None}


@pytest.mark.parametrize("grouping", ["exact", "near_duplicates", "id"])
def test_an_explained_row_has_what_is_published(topics: Project, grouping: str) -> None:
    configure(topics, split={"group": grouping})
    published = topics.run().labels.to_arrow().to_pylist()
    rows = [
        next(row for row in published if row["rests_on"] == rests)
        for rests in ("votes+text", "text", None)
    ]

    found = labelmill.explain(topics.config, [row["id"] for row in rows])

    for mine, row in zip(found, rows, strict=True):
        assert mine.status == row["status"]
        assert list(mine.probs.values()) == pytest.approx(row["probs"], abs=1e-5)
        assert mine.labels == (None if row["labels"] is None else tuple(row["labels"]))
        assert mine.text_read is not None
        said = [prob for prob in row["text_probs"] if prob is not None]
        assert list(mine.text_read.probs.values()) == pytest.approx(said, abs=1e-5)
        assert mine.text_read.rests_on == row["rests_on"]
        for each in mine.decisions:
            steps = {belief.step for belief in each.beliefs}
            assert ("text" in steps) == (each.label in mine.text_read.probs)
        told = "\n".join(str(line) for line in explained_view([mine], TOPICS, 100))
        assert "by models that have not seen it" in told
        json.dumps(mine.text_read.probs, allow_nan=False)


def test_rows_least_to_be_trusted_are_taken_out_of_train(topics: Project) -> None:
    whole = topics.run().train.to_arrow()
    configure(topics, refine={"drop": 0.1})
    kept = topics.run().train.to_arrow()

    assert 0.03 < 1 - len(kept) / len(whole) < 0.3
    assert set(kept["id"].to_pylist()) < set(whole["id"].to_pylist())


def test_workers_and_shards_change_no_byte(topics: Project) -> None:
    configure(topics, refine={"drop": 0.1}, execution={"workers": 0, "shard_rows": 200})
    topics.run()
    here = topics.files()

    configure(topics, refine={"drop": 0.1}, execution={"workers": 2, "shard_rows": 200})
    topics.run(full_refresh=True)

    assert topics.files() == here
    assert "refinement.npz" in here


def test_rows_in_memory_are_refined_too(topics: Project) -> None:
    rows = topics.run().labels.to_arrow().to_pylist()
    frame = pq.read_table(topics.root / "input").to_pandas()

    labeled = labelmill.label(frame, topics.config)

    assert labeled["rests_on"].tolist() == [row["rests_on"] for row in rows]
    assert [list(names or ()) for names in labeled["labels"]] == [r["labels"] or [] for r in rows]
