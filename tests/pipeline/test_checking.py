"""Checks in whole runs: each stops one, and lets another pass."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import SPAM, Project

import labelmill
from labelmill.errors import BadColumn, BadResource, ChecksFailed, ConfigErrors, NotConserved
from labelmill.pipeline.conservation import check_conservation
from labelmill.pipeline.held import publish_held
from labelmill.pipeline.infer import ShardSummary
from labelmill.pipeline.run import run_job

Check = dict[str, Any]

HOLDS_SONGS = '''
def songs(view, *, most):
    """At most so many texts of songs."""
    found = sum("song" in t for b in view.tables.batches("train") for t in b["text"].to_pylist())
    return found <= most or f"{found} songs"
'''


def test_a_check_that_reads_a_column_that_is_not_there_fails(project: Project) -> None:
    body = "def own(view):\n    return not list(view.tables.{call})\n"
    for call in ('batches("train", ["txt"])', 'table("labels", ["txt"])'):
        (project.root / "own.py").write_text(body.format(call=call))
        project.configure(checks=[{"type": "python", "function": "own.py:own"}])
        with pytest.raises(ChecksFailed, match=r"has no column 'txt' \(did you mean 'text'"):
            project.run()


@pytest.fixture
def rich(project: Project) -> Project:
    """The project with gold, an odd row or two, and a check of its own."""
    rows = {
        "id": [*(f"r{i}" for i in range(6)), "r0", "r7", "r8"],
        "text": [*SPAM, "buy more", None, "  "],
        "gold": ["spam", "spam", "ham", "spam", "ham", "ham", None, None, None],
    }
    project.write(rows)
    gold = {"id": [1, 2], "text": ["buy it now", "a song of joy"], "label": ["spam", "ham"]}
    pq.write_table(pa.table(gold), project.root / "gold.parquet")
    (project.root / "own.py").write_text(HOLDS_SONGS)
    source = {"path": "input", "id": "id", "text": "text", "gold": "gold"}
    project.configure(
        source=source, gold={"path": "gold.parquet", "label": "label"}, error_budget=0.5
    )
    return project


def with_check(project: Project, check: Check, **parts: Any) -> None:
    source = {"path": "input", "id": "id", "text": "text", "gold": "gold"}
    common = {
        "source": source,
        "gold": {"path": "gold.parquet", "label": "label"},
        "error_budget": 0.5,
    }
    project.configure(**(common | {"checks": [check]} | parts))


CASES: list[tuple[Check, Check]] = [
    ({"type": "row_count", "min": 9}, {"type": "row_count", "min": 4}),
    ({"type": "coverage", "min": 0.9}, {"type": "coverage", "min": 0.6}),
    ({"type": "class_balance", "min": 0.6}, {"type": "class_balance", "min": 0.5}),
    (
        {"type": "schema", "columns": {"gold": "string"}},
        {"type": "schema", "columns": {"weight": "float32"}},
    ),
    (
        {"type": "schema", "of": "source", "columns": {"gold": "integer"}},
        {"type": "schema", "of": "source", "columns": {"gold": "string"}},
    ),
    ({"type": "unique_ids"}, {"type": "unique_ids", "max": 1}),
    ({"type": "null_text", "max": 0.2}, {"type": "null_text", "max": 0.3}),
    ({"type": "conflict", "max": 0.1}, {"type": "conflict", "max": 0.2, "lf": "buy"}),
    ({"type": "abstain_rate", "max": 0.2}, {"type": "abstain_rate", "max": 0.3}),
    ({"type": "error_budget", "max": 0.1}, {"type": "error_budget", "max": 0.12}),
    ({"type": "gold_agreement", "min": 0.8}, {"type": "gold_agreement", "min": 0.7}),
    (
        {"type": "gold_agreement", "min": 0.9, "on": "gold", "min_rows": 3},
        {"type": "gold_agreement", "min": 0.9, "on": "gold"},
    ),
    ({"type": "end_model", "min": 0.9, "min_rows": 3}, {"type": "end_model", "min": 0.9}),
    (
        {"type": "end_model", "min": 0.9, "path": "gold.parquet", "min_rows": 3},
        {"type": "end_model", "min": 0.9, "path": "gold.parquet"},
    ),
    (
        {"type": "python", "function": "own.py:songs", "params": {"most": 1}},
        {"type": "python", "function": "own.py:songs", "params": {"most": 2}},
    ),
]
IDS = [f"{i}-{fails['type']}" for i, (fails, _) in enumerate(CASES)]


@pytest.mark.parametrize(("fails", "passes"), CASES, ids=IDS)
def test_a_check_that_fails_stops_publishing_and_one_that_passes_does_not(
    rich: Project, fails: Check, passes: Check
) -> None:
    with_check(rich, fails)
    with pytest.raises(ChecksFailed, match=f"check '{fails['type']}': .*; nothing was published"):
        rich.run()
    assert not (rich.output / "current").exists()

    with_check(rich, passes)
    run = rich.run()

    (row,) = run.snapshots[0].report["checks"]
    assert row["passed"], row["message"]
    manifest = json.loads((rich.output / "current" / "manifest.json").read_bytes())
    assert manifest["checks"] == [row]


@pytest.mark.parametrize(("fails", "passes"), CASES, ids=IDS)
def test_a_warning_is_published_and_told(rich: Project, fails: Check, passes: Check) -> None:
    with_check(rich, fails | {"severity": "warn"})

    run = rich.run()

    assert any(warning.startswith(f"check '{passes['type']}': ") for warning in run.warnings)
    page = (rich.output / "current" / "report.html").read_text()
    assert fails["type"] in page


def test_the_ner_checks_hold_in_a_ner_job(project: Project) -> None:
    rows: dict[str, Any] = {
        "id": [1, 2],
        "text": ["Acme Ltd rose", "nothing here"],
        "gold": [[{"start": 0, "end": 8, "label": "ORG"}], []],
    }
    project.write(rows)
    gold = {"id": [1], "text": ["Acme Ltd fell"], "label": [rows["gold"][0]]}
    pq.write_table(pa.table(gold), project.root / "gold.parquet")
    function = {"name": "ltd", "type": "regex", "label": "ORG", "pattern": r"\w+ Ltd"}
    parts: dict[str, Any] = {
        "task": {"type": "ner", "labels": ["ORG"]},
        "labeling_functions": [function],
        "split": {"train": 1.0},
    }
    with_check(project, {"type": "span_validity"}, **parts)
    assert project.run().snapshots[0].report["checks"][0]["passed"]
    for on in ("source", "gold"):
        with_check(project, {"type": "gold_agreement", "min": 0.99, "on": on}, **parts)
        assert project.run().snapshots[0].report["checks"][0]["value"] == 1

    with_check(project, {"type": "end_model", "min": 0.5}, **parts)
    with pytest.raises(ConfigErrors, match="'end_model' works on whole texts; this is a ner task"):
        project.run()


def test_agreement_and_end_model_hold_where_a_text_has_several_labels(project: Project) -> None:
    labels = [["spam"], ["spam"], ["ham"], ["ham"], [], ["ham", "spam"]]
    project.write({"id": [f"r{i}" for i in range(6)], "text": SPAM, "gold": labels})
    gold = {"id": [1, 2], "text": ["buy it", "a song"], "label": [["spam"], ["ham"]]}
    pq.write_table(pa.table(gold), project.root / "gold.parquet")
    task = {"type": "classification", "labels": ["ham", "spam"], "multi_label": True}
    for check in (
        {"type": "gold_agreement", "min": 0.1},
        {"type": "gold_agreement", "min": 0.1, "on": "gold"},
        {"type": "end_model", "min": 0.1, "metric": "macro_f1"},
        {"type": "end_model", "min": 0.1, "metric": "macro_f1", "path": "gold.parquet"},
    ):
        with_check(project, check, task=task)

        (row,) = project.run().snapshots[0].report["checks"]

        assert row["passed"], row["message"]


def test_span_validity_is_for_ner(project: Project) -> None:
    project.configure(checks=[{"type": "span_validity"}])

    with pytest.raises(ConfigErrors, match="'span_validity' works on spans"):
        project.job()


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ({"type": "gold_agreement", "min": 0.5}, "`source.gold` names no column"),
        ({"type": "gold_agreement", "min": 0.5, "on": "gold"}, "the job has no section `gold`"),
        ({"type": "end_model", "min": 0.5}, "the job has no section `gold`"),
        ({"type": "end_model", "min": 0.5, "path": "gone.parquet"}, "no file 'gone.parquet'"),
        ({"type": "conflict", "max": 0.5, "lf": "byu"}, "did you mean 'buy'"),
        ({"type": "python", "function": "gone.py:f"}, "no file 'gone.py'"),
        ({"type": "schema", "columns": {"a": "nothing"}}, "no type 'nothing'"),
        ({"name": "empty_train", "type": "unique_ids"}, "is what a run calls its own check"),
        ({"type": "leakage", "near_duplicates": True, "max_near": 2}, "max_near: 2.0 is above 1"),
    ],
)
def test_a_check_that_cannot_look_is_an_error_of_the_config(
    project: Project, check: Check, told: str
) -> None:
    project.configure(checks=[check])

    with pytest.raises(ConfigErrors) as caught:
        project.job()

    assert told in str(caught.value)


def test_gold_of_a_check_that_cannot_be_read_is_named(rich: Project) -> None:
    check = {"type": "end_model", "min": 0.5, "path": "gold.parquet", "label": "lable"}
    with_check(rich, check)
    with pytest.raises(BadColumn, match="did you mean 'label'"):
        rich.run()

    (rich.root / "bad.parquet").write_bytes(b"PAR1 and nothing")
    with_check(rich, check | {"path": "bad.parquet"})
    with pytest.raises(BadResource, match=r"checks: bad\.parquet"):
        rich.run()


def test_a_check_of_ones_own_that_changes_makes_another_snapshot(rich: Project) -> None:
    with_check(rich, {"type": "python", "function": "own.py:songs", "params": {"most": 2}})
    before = rich.run().snapshots[0].id
    (rich.root / "own.py").write_text(HOLDS_SONGS + "\n\nMORE = 1\n")

    assert rich.run().snapshots[0].id != before


def test_the_leakage_check_finds_near_duplicates_across_splits(project: Project) -> None:
    long = "please check out my brand new channel and buy one of the many songs there today "
    texts = [long * 3 + f"number{n}" for n in range(40)]
    project.write({"id": list(range(40)), "text": texts})
    splits = {"train": 0.5, "dev": 0.25, "test": 0.25}
    check = {"type": "leakage", "near_duplicates": True}
    parts: dict[str, Any] = {"select": {"tie": "keep"}, "checks": [check]}
    project.configure(split=splits | {"group": "exact"}, **parts)
    with pytest.raises(ChecksFailed, match="have a near duplicate in an earlier split"):
        project.run()

    project.configure(
        split=splits | {"group": "exact"}, **(parts | {"checks": [check | {"max_near": 1.0}]})
    )
    assert project.run().snapshots[0].report["checks"][0]["value"] > 0

    parts["checks"] = [check]
    project.configure(split={"train": 1.0, "group": "near_duplicates"}, **parts)
    assert project.run().snapshots[0].report["checks"][0]["passed"]


NIGHT = ["buy now", "nice song", "nothing here", "another song", "buy gold"] * 40
ODD = ["buy now", "buy gold", "buy a lot", "buy it all", "nothing here"] * 40


def nights(project: Project, *texts: list[str]) -> None:
    for day, rows in enumerate(texts, 1):
        ids = [f"{day}-{n}" for n in range(len(rows))]
        project.write({"id": ids, "text": rows}, f"date=2026-11-0{day}/a.parquet")


def dated(project: Project, **parts: Any) -> None:
    source = {"path": "input", "id": "id", "text": "text", "partition": "date"}
    project.configure(source=source, checks=[{"type": "drift"}], **parts)


@pytest.fixture
def nightly(project: Project) -> Project:
    """The project with three ordinary nights and one in which nobody speaks of songs."""
    (project.root / "input" / "a.parquet").unlink()
    nights(project, NIGHT, NIGHT, NIGHT, ODD, NIGHT)
    dated(project)
    return project


def run_night(project: Project, day: int) -> Any:
    return labelmill.run(project.config, partition=f"2026-11-0{day}")


def test_a_night_unlike_those_before_is_not_published(nightly: Project) -> None:
    for day in (1, 2, 3):
        message = run_night(nightly, day).snapshots[0].report["checks"][0]["message"]
        assert message.startswith(f"no baseline: {day - 1} snapshot")

    with pytest.raises(ChecksFailed, match=r"from the median of 3 snapshots before: .*song"):
        run_night(nightly, 4)

    assert not list((nightly.output / "current").glob("date=2026-11-04"))
    fifth = run_night(nightly, 5).snapshots[0].report["checks"][0]
    assert fifth["message"] == "nothing drifted from the median of 3 snapshots before"


def test_a_night_is_compared_with_those_before_it_by_name_only(nightly: Project) -> None:
    for day in (5, 3, 2):
        run_night(nightly, day)

    report = run_night(nightly, 1).snapshots[0].report

    assert report["checks"][0]["message"].startswith("no baseline: 0 snapshots")


def test_made_again_a_night_is_compared_with_the_same_ones(nightly: Project) -> None:
    for day in (1, 2, 3, 5):
        run_night(nightly, day)
    before = nightly.files()

    for day in (3, 1, 2, 5):
        run_night(nightly, day)

    assert nightly.files() == before


def test_a_function_that_was_changed_does_not_stop_the_night(nightly: Project) -> None:
    nights(nightly, *[NIGHT] * 5)
    for day in (1, 2, 3):
        run_night(nightly, day)
    songs = {"name": "song", "type": "keyword", "label": "ham", "any": ["nice"]}
    buy = {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]}
    check = {"type": "drift", "measures": ["coverage", "conflict"]}
    dated(nightly, labeling_functions=[buy, songs])
    nightly.configure(
        source={"path": "input", "id": "id", "text": "text", "partition": "date"},
        labeling_functions=[buy, songs],
        checks=[check],
    )

    report = run_night(nightly, 4).snapshots[0].report

    assert "expected: song was changed (parameters)" in report["checks"][0]["message"]


def test_a_job_without_partitions_is_compared_with_what_was_live_before(project: Project) -> None:
    project.configure(checks=[{"type": "drift"}])
    for n in range(3):
        project.write({"id": [f"{n}-{i}" for i in range(len(NIGHT))], "text": NIGHT})
        project.run()
    before = project.files()
    project.write({"id": [f"o{i}" for i in range(len(ODD))], "text": ODD})

    with pytest.raises(ChecksFailed, match="drifted from the median of 3 snapshots before"):
        project.run()

    assert project.files() == before


def test_a_held_snapshot_that_is_made_again_says_what_holds_now(nightly: Project) -> None:
    for day in (1, 2, 3):
        run_night(nightly, day)
    with pytest.raises(ChecksFailed):
        run_night(nightly, 4)
    nights(nightly, ODD, ODD, ODD)
    for day in (3, 2, 1):  # the nights before are made like the odd one
        run_night(nightly, day)

    report = run_night(nightly, 4).snapshots[0].report

    live = json.loads((nightly.output / "current" / "date=2026-11-04" / "report.json").read_bytes())
    assert report["checks"] == live["checks"]
    assert live["checks"][0]["passed"]


def test_a_snapshot_that_was_published_all_the_same_is_what_later_ones_are_compared_with(
    nightly: Project,
) -> None:
    nights(nightly, NIGHT, NIGHT, NIGHT, ODD, ODD)
    for day in (1, 2, 3):
        run_night(nightly, day)
    with pytest.raises(ChecksFailed):
        run_night(nightly, 4)
    publish_held(nightly.job(), partition="2026-11-04", checks=["drift"], reason="it is so")

    with pytest.raises(ChecksFailed, match="from the median of 4 snapshots before"):
        run_night(nightly, 5)


def test_a_run_that_loses_what_it_wrote_fails(project: Project) -> None:
    def thief(stage: str, done: int, total: int) -> None:
        if stage == "infer" and done == total > 0:
            (part,) = project.output.glob("snapshots/.making-*/labels/part-00000.parquet")
            pq.write_table(pq.read_table(part).slice(1), part)

    with pytest.raises(NotConserved, match=r"6 rows went in; .* labels/ holds 5"):
        run_job(project.job(), progress=thief)

    assert not (project.output / "current").exists()


@pytest.mark.parametrize(
    ("rows_in", "labeled", "gone"), [(3, 2, 0), (3, 2, 2), (2, 1, 0), (2, 2, 1)]
)
def test_rows_that_are_lost_or_doubled_in_the_counts_fail(
    tmp_path: Path, rows_in: int, labeled: int, gone: int
) -> None:
    for name, n in (("labels", labeled), ("filtered", gone)):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"id": list(range(n))}), tmp_path / name / "part-00000.parquet")
    summary = ShardSummary(
        rows_in=rows_in, status=Counter(labeled=labeled), filtered=Counter(where=gone)
    )

    with pytest.raises(NotConserved, match=f"{rows_in} rows went in"):
        check_conservation(tmp_path, summary)
