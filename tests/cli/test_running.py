"""run: what it publishes and what it tells."""

import json
from pathlib import Path

import pyarrow.parquet as pq
from tests.cli.conftest import Call


def test_a_run_tells_rows_splits_classes_and_the_training_set(
    labelmill: Call, config: str, project: Path
) -> None:
    answer = labelmill("run", config)

    train = project / "data" / "out" / "comments" / "current" / "train"
    assert answer.code == 0
    assert "is live\nRows      60: 40 labeled, 10 tie, 10 uncovered\n" in answer.out
    assert "Classes   ham 20, spam 20\n" in answer.out
    assert f"Training set: {train}\n" in answer.out
    assert "! check 'coverage': " in answer.out
    assert list(train.glob("parquet/*.parquet"))


def test_progress_is_one_line_for_each_stage_on_stderr(labelmill: Call, config: str) -> None:
    answer = labelmill("run", config)

    assert answer.err.splitlines() == [
        "label: 1 of 1 done",
        "fit: 1 of 1 done",
        "infer: 1 of 1 done",
        "export: 3 of 3 done",
    ]


def test_a_run_as_json_is_one_object(labelmill: Call, config: str, project: Path) -> None:
    done = labelmill("run", config, "--json").json

    (snapshot,) = done["snapshots"]
    record = project / ".labelmill" / "runs" / done["run_id"] / "run.json"
    assert (done["ok"], done["status"]) == (True, "published")
    assert Path(snapshot["folder"]).name == snapshot["id"]
    assert snapshot["partition"] is None
    assert snapshot["totals"]["status"] == {"labeled": 40, "tie": 10, "uncovered": 10}
    assert sum(snapshot["splits"].values()) == 40
    assert len(done["warnings"]) == 1
    assert json.loads(record.read_text())["exit_code"] == 0


def test_a_failed_check_is_exit_3_and_nothing_is_published(
    labelmill: Call, config: str, project: Path
) -> None:
    answer = labelmill("run", config, "--set", "checks[coverage].severity=error", "--json")

    assert answer.code == answer.json["exit_code"] == 3
    assert "nothing was published" in answer.json["errors"][0]["message"]
    assert not (project / "data" / "out" / "comments" / "current").exists()


def test_a_source_without_rows_that_may_be_empty_is_no_data(
    labelmill: Call, config: str, project: Path
) -> None:
    rows = project / "data" / "rows.parquet"
    pq.write_table(pq.read_table(rows).slice(0, 0), rows)

    refused = labelmill("run", config)
    allowed = labelmill("run", config, "--set", "source.allow_empty=true")

    assert refused.code == 4
    assert allowed.code == 0
    assert allowed.out.startswith("No data: ")


def test_the_number_of_workers_changes_no_byte(labelmill: Call, config: str) -> None:
    more = labelmill("run", config, "--workers", "2", "--set", "execution.shard_rows=20", "--json")
    one = labelmill("run", config, "--workers", "1", "--set", "execution.shard_rows=20", "--json")

    assert more.code == one.code == 0
    assert more.json["snapshots"] == one.json["snapshots"]
