"""The labeled set of a job: voted on as the source is, for the label model alone."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project

import labelmill
from labelmill.errors import BadColumn, BadResource, ConfigErrors
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.gold_set import gold_here

TEXTS = ("buy now", "nice song", "buy this song", "nothing")
LABELS = ("spam", "ham", "spam", "ham")
SONG = {"any": ["song"]}
SPANS = pa.list_(pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string()}))


def gold_table(times: int = 20, **columns: Any) -> pa.Table:
    n = len(TEXTS) * times
    facts = {"id": [f"g{i}" for i in range(n)], "text": TEXTS * times, "label": LABELS * times}
    return pa.table({key: list(value) for key, value in (facts | columns).items()})


def write_gold(project: Project, table: pa.Table, name: str = "gold.parquet") -> None:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


@pytest.fixture
def judged(project: Project) -> Project:
    """The project with eighty rows of gold."""
    write_gold(project, gold_table())
    project.configure(gold={"path": "gold.parquet"}, label_model={"type": "dawid_skene"})
    return project


def story_of(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = project.run().snapshots[0].report["label_model"]
    return found


def codes(story: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in story["findings"]]


def test_gold_reaches_the_label_model_as_votes_and_labels(judged: Project) -> None:
    found = gold_here(BoundJob(judged.job()))

    assert found is not None
    assert found.gold.labels.tolist() == [1, 0, 1, 0] * 20
    voted = np.diff(found.gold.patterns.indptr)[found.gold.patterns.index]
    assert voted.tolist() == [1, 1, 2, 0] * 20


def test_gold_teaches_and_is_never_emitted(judged: Project) -> None:
    taught = judged.run()
    rows = taught.labels.to_arrow()
    judged.configure(label_model={"type": "dawid_skene"})

    assert rows["id"].to_pylist() == [f"r{i}" for i in range(6)]
    assert dict(zip(rows["id"].to_pylist(), rows["label"].to_pylist(), strict=True))["r5"] == "spam"
    assert judged.run().snapshots[0].id != taught.snapshots[0].id


def test_the_same_gold_gives_the_same_bytes_and_another_another_snapshot(judged: Project) -> None:
    first = judged.run().snapshots[0]
    files = judged.files()
    manifest = json.loads(files["manifest.json"])
    again = judged.run().snapshots[0]

    write_gold(judged, gold_table(21))
    other = judged.run().snapshots[0]

    assert (again.id, other.id != first.id) == (first.id, True)
    assert manifest["fingerprints"].keys() == {"input", "plan", "model", "gold"}
    assert manifest["config"]["gold"] == {
        "path": "gold.parquet",
        "id": "id",
        "text": "text",
        "label": "label",
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_reads_the_same_gold(judged: Project, workers: int) -> None:
    judged.run("execution.shard_rows=7")
    alone = judged.files()

    judged.run("execution.shard_rows=7", f"execution.workers={workers}")

    assert judged.files() == alone


def test_gold_in_several_files_is_read_in_their_order(judged: Project) -> None:
    whole = gold_table()
    write_gold(judged, whole.slice(0, 30), "gold/a.parquet")
    write_gold(judged, whole.slice(30), "gold/b.parquet")

    found = [
        gold_here(BoundJob(judged.job(f"gold.path={path}")))
        for path in ("gold.parquet", "gold", "gold/*.parquet")
    ]

    known = [(f.gold.labels.tolist(), f.gold.patterns.index.tolist()) for f in found if f]
    assert len(known) == 3
    assert known[0] == known[1] == known[2]


def test_columns_of_gold_may_have_other_names_than_those_of_the_source(project: Project) -> None:
    table = gold_table().rename_columns(["key", "body", "truth"])
    write_gold(project, table)
    gold = {"path": "gold.parquet", "id": "key", "text": "body", "label": "truth"}
    project.configure(gold=gold)

    found = gold_here(BoundJob(project.job()))

    assert found is not None
    assert (found.gold.labels == [1, 0, 1, 0] * 20).all()


def test_labels_stand_where_the_source_has_its_gold_unless_gold_says_otherwise(
    project: Project,
) -> None:
    write_gold(project, gold_table().rename_columns(["id", "text", "truth"]))
    project.write({"id": ["a"], "text": ["buy"], "truth": ["spam"]})
    source = {"path": "input", "id": "id", "text": "text", "gold": "truth"}
    project.configure(source=source, gold={"path": "gold.parquet"})

    assert project.job().gold.gold == "truth"  # type: ignore[union-attr]
    assert "gold_too_small" not in codes(story_of(project))


def test_every_partition_has_the_model_that_all_of_gold_taught(project: Project) -> None:
    write_gold(project, gold_table())
    for day in ("2026-01-01", "2026-01-02"):
        rows = {"id": [f"{day}-{i}" for i in range(4)], "text": list(TEXTS)}
        project.write(rows, f"day={day}/a.parquet")
    (project.root / "input" / "a.parquet").unlink()
    source = {"path": "input", "id": "id", "text": "text", "partition": "day"}
    project.configure(
        source=source, gold={"path": "gold.parquet"}, label_model={"type": "dawid_skene"}
    )

    run = project.run()

    models = {(s.folder / "label_model.json").read_bytes() for s in run.snapshots}
    assert (len(run.snapshots), len(models)) == (2, 1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (gold_table(0), "it has 0 rows, and 50 are needed"),
        (gold_table(1).slice(0, 3), "it has 3 rows, and 50 are needed"),
        (gold_table().slice(0, 49), "it has 49 rows, and 50 are needed"),
        (gold_table(label=["spam"] * 80), "it has 0 rows of the label 'ham', and 5 of each"),
        (gold_table(label=["ham"] * 76 + ["spam"] * 4), "it has 4 rows of the label 'spam'"),
    ],
)
def test_too_little_gold_is_left_aside_and_that_is_said(
    judged: Project, table: pa.Table, said: str
) -> None:
    write_gold(judged, table.cast(gold_table().schema))

    run = judged.run()

    story = run.snapshots[0].report["label_model"]
    assert said in story["findings"][-1]["message"]
    assert codes(story)[-1] == "gold_too_small"
    assert any(said in warning for warning in run.warnings)
    assert json.loads(judged.files()["manifest.json"])["label_model"] == story


def test_rows_of_gold_that_cannot_be_used_are_counted(judged: Project) -> None:
    table = gold_table(
        text=[None, "  ", *(TEXTS * 20)[2:]], label=[*(LABELS * 20)[:78], None, None]
    )
    write_gold(judged, table)
    judged.configure(gold={"path": "gold.parquet"}, prepare=[{"type": "drop_empty"}])

    found = story_of(judged)["findings"][-1]

    assert found["message"] == (
        "4 of 80 gold rows are left aside: 1 unreadable, 1 taken out by a prepare step, 2 without "
        "a label"
    )


def test_duplicates_in_gold_stay(judged: Project) -> None:
    judged.configure(gold={"path": "gold.parquet"}, prepare=[{"type": "drop_duplicates"}])

    assert "gold_too_small" not in codes(story_of(judged))


def test_an_unknown_label_is_told_with_file_and_row(judged: Project) -> None:
    labels = [*(LABELS * 20)[:75], "spm", *LABELS]
    write_gold(judged, gold_table(label=labels))

    with pytest.raises(BadColumn, match=r"^gold.parquet: .*row 75 holds 'spm'.*mean 'spam'"):
        judged.run("execution.shard_rows=10")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("text", "gold.text: no column 'text' in gold"),
        ("id", "gold.id: no column 'id' in gold"),
        ("label", "gold.label: no column 'label' in gold"),
        ("stars", "'few' needs the column 'stars', which is not in gold"),
    ],
)
def test_a_column_that_gold_lacks_is_told_at_its_place(
    project: Project, column: str, said: str
) -> None:
    project.write({"id": ["a", "b"], "text": ["buy", "song"], "stars": [1, 5]})
    write_gold(project, gold_table(stars=[1] * 80).drop_columns([column]))
    few = {"name": "few", "type": "expression", "label": "spam", "when": "stars < 2"}
    project.configure(gold={"path": "gold.parquet"}, labeling_functions=[few])

    with pytest.raises(ConfigErrors, match=said):
        project.run()


def test_labels_that_are_no_labels_are_refused(judged: Project) -> None:
    write_gold(judged, gold_table(label=[float("nan")] * 80))

    with pytest.raises(ConfigErrors, match=r"gold\.label: the column 'label' holds double"):
        judged.run()


def test_gold_that_is_not_there_is_a_mistake_of_the_config(project: Project) -> None:
    write_gold(project, gold_table())
    project.configure(gold={"path": "gld.parquet"})

    with pytest.raises(ConfigErrors, match=r"gold.path: no file 'gld.parquet' .*'gold.parquet'"):
        project.run()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "the file is empty"), (b"PAR1 and no more", "truncated"), (b"a,b\n1,2\n", "not a Parq")],
)
def test_gold_that_cannot_be_read_is_no_missing_input(
    judged: Project, content: bytes, said: str
) -> None:
    (judged.root / "gold.parquet").write_bytes(content)

    with pytest.raises(BadResource, match=f"^gold: .*{said}") as caught:
        judged.run()

    assert caught.value.exit_code == 2


def test_no_file_for_a_pattern_is_told(judged: Project) -> None:
    with pytest.raises(BadResource, match="no file matches this pattern"):
        judged.run("gold.path=gold-*.parquet")


@pytest.mark.parametrize("path", ["input", "input/gold.parquet"])
def test_gold_that_would_be_emitted_is_refused(project: Project, path: str) -> None:
    write_gold(project, gold_table(), "input/gold.parquet")
    project.configure(gold={"path": path})

    with pytest.raises(ConfigErrors, match=r"gold\.path: lies in the source"):
        project.run()


def test_a_pattern_that_takes_gold_in_is_refused(project: Project) -> None:
    write_gold(project, gold_table(), "input/gold.parquet")
    source = {"path": "input/*.parquet", "id": "id", "text": "text"}
    project.configure(source=source, gold={"path": "input/gold.parquet"})

    with pytest.raises(BadResource, match="is in the source too"):
        project.run()


def test_gold_in_the_output_is_refused(project: Project) -> None:
    write_gold(project, gold_table(), "out/gold.parquet")
    project.configure(gold={"path": "out/gold.parquet"})

    with pytest.raises(ConfigErrors, match=r"gold\.path: lies in the output"):
        project.run()


def test_a_fitted_model_says_that_it_does_not_use_gold(judged: Project) -> None:
    judged.run()
    fitted = {"type": "fitted", "from": str(judged.output)}
    judged.configure(gold={"path": "gold.parquet"}, label_model=fitted, output="other")

    story = judged.run().snapshots[0].report["label_model"]

    assert codes(story)[-1] == "gold_not_used"


def test_rows_in_memory_are_labeled_with_gold(judged: Project) -> None:
    import pandas as pd  # noqa: PLC0415 (heavy)

    frame = pd.DataFrame({"id": ["a"], "text": ["buy this song"]})

    told = labelmill.label(frame, judged.config)
    judged.configure(gold=None)
    untold = labelmill.label(frame, judged.config)

    assert told["status"].tolist() == ["labeled"]
    assert told["label"].tolist() == ["spam"]
    assert untold["status"].tolist() == ["tie"]


def ner_project(project: Project, rows: list[tuple[str, Any]], tags: str = "IO") -> Project:
    texts = ["Acme Ltd rose", "Bob met Acme"]
    project.write({"id": ["a", "b"], "text": texts})
    table = {
        "id": [f"g{i}" for i in range(len(rows))],
        "text": [text for text, _ in rows],
        "entities": pa.array([spans for _, spans in rows], SPANS),
    }
    write_gold(project, pa.table(table))
    functions = [
        {"name": "acme", "type": "keyword", "label": "ORG", "any": ["acme", "acme ltd"]},
        {"name": "bob", "type": "keyword", "label": "PER", "any": ["bob"]},
        {"name": "caps", "type": "regex", "label": "ORG", "pattern": "[A-Z][a-z]+"},
    ]
    project.configure(
        task={"type": "ner", "labels": ["ORG", "PER"], "tags": tags},
        gold={"path": "gold.parquet"},
        labeling_functions=functions,
        label_model={"type": "hmm"},
    )
    return project


def span(start: int, end: int, label: str) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("tags", "labels"), [("IO", [1, 1, 0, 2, 0, 1]), ("BIO", [1, 2, 0, 3, 0, 1])]
)
def test_gold_spans_become_the_tags_of_tokens(
    project: Project, tags: str, labels: list[int]
) -> None:
    rows = [
        ("Acme Ltd rose", [span(0, 7, "ORG")]),  # widened to the token
        ("nobody said so", None),
        ("", []),
        ("Bob met Acme", [span(0, 3, "PER"), span(8, 12, "ORG")]),
    ]

    found = gold_here(BoundJob(ner_project(project, rows, tags).job()))

    assert found is not None
    assert found.gold.labels.tolist() == labels
    assert found.gold.patterns.sequences.tolist() == [0, 3, 3, 3, 6]  # type: ignore[union-attr]
    assert found.count.unlabeled == 1


def test_spans_teach_a_sequential_model(project: Project) -> None:
    rows = [
        ("Acme Ltd rose", [span(0, 8, "ORG")]),
        ("Bob met Acme", [span(0, 3, "PER"), span(8, 12, "ORG")]),
    ] * 30

    run = ner_project(project, rows).run()

    entities = run.labels.to_arrow()["entities"].to_pylist()
    assert [(e["start"], e["end"], e["label"]) for e in entities[1]] == [
        (0, 3, "PER"),
        (8, 12, "ORG"),
    ]
    assert "gold_too_small" not in codes(run.snapshots[0].report["label_model"])


def test_gold_spans_that_overlap_others_are_counted(project: Project) -> None:
    rows = [
        ("Acme Ltd rose", [span(0, 8, "ORG"), span(0, 4, "PER")]),
        ("Bob met Acme", [span(0, 3, "PER"), span(3, 4, "ORG"), span(8, 12, "ORG")]),
    ]

    found = gold_here(BoundJob(ner_project(project, rows).job()))

    assert found is not None
    assert (found.count.spans, found.count.spans_lost) == (5, 2)
    (told,) = found.count.findings()
    assert told.message.startswith("2 of 5 gold spans are left aside: they overlap")


@pytest.mark.parametrize("tags", ["IO", "BIO"])
def test_too_few_tokens_of_a_label_are_told(project: Project, tags: str) -> None:
    rows = [("Acme Ltd rose", [span(0, 8, "ORG")])] * 60

    found = ner_project(project, rows, tags).run().snapshots[0].report["label_model"]["findings"]

    assert "0 tokens of the label 'PER'" in found[-1]["message"]


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([span(0, 4, "ROG")], "row 1 has a span of 'ROG'.*mean 'ORG'"),
        ([span(0, 99, "ORG")], "row 1 has a span from 0 to 99, but its text has 4 characters"),
        ([span(3, 3, "ORG")], "row 1 has a span from 3 to 3"),
    ],
)
def test_a_gold_span_that_cannot_be_is_told_with_its_row(
    project: Project, spans: list[dict[str, Any]], said: str
) -> None:
    made = ner_project(project, [("Acme", []), ("Acme", spans)])

    with pytest.raises(BadColumn, match=f"gold.parquet: .*{said}"):
        made.run()


def test_the_report_says_how_gold_calibrated_the_model(judged: Project) -> None:
    write_gold(judged, gold_table(label=["spam", "ham", "ham", "ham"] * 20))

    run = judged.run()

    report = run.snapshots[0].report
    found = report["label_model"]["calibration"]
    assert found["items"] == 60
    assert found["temperature"] != 1
    page = (run.snapshots[0].folder / "report.html").read_text("utf-8")
    assert "from 60 rows of gold; calibration error" in page
    model = json.loads((run.snapshots[0].folder / "label_model.json").read_bytes())
    assert model["calibration"] == found


def test_shards_of_judged_rows_add_up(project: Project) -> None:
    truth = ["spam", "ham", "ham", "ham", "ham", "spam"]
    texts = ["buy now", "buy gold", "nice song", "song", "nothing", "buy it"]
    project.write({"id": list(range(6)), "text": texts, "truth": truth})
    project.configure(source={"path": "input", "id": "id", "text": "text", "gold": "truth"})
    whole = project.run().snapshots[0].report["gold"]

    parts = project.run("execution.shard_rows=2").snapshots[0].report["gold"]

    assert parts == whole
    assert whole["calibration_error"] == pytest.approx(1 / 5)


def test_a_row_of_gold_that_kills_workers_is_left_aside(project: Project) -> None:
    texts = [*(TEXTS * 20)[:79], "die"]
    write_gold(project, gold_table(text=texts))
    (project.root / "lfs.py").write_text(
        "import os\n\n\ndef deadly(row):\n"
        "    if row.text == 'die':\n        os._exit(7)\n    return True\n"
    )
    function = {"name": "deadly", "type": "python", "function": "lfs.py:deadly", "label": "spam"}
    project.configure(
        gold={"path": "gold.parquet"},
        labeling_functions=[function, {"name": "song", "type": "keyword", "label": "ham"} | SONG],
        execution={"workers": 1},
    )

    findings = story_of(project)["findings"]

    messages = [finding["message"] for finding in findings]
    assert "1 of 80 gold rows are left aside: 1 unreadable" in messages
