"""run: what it publishes and what it tells."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
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


NIGHTS = ("2026-03-01", "2026-03-02", "2026-03-03")


@pytest.fixture
def nights(config: str, project: Path) -> str:
    """A config whose source has three nights."""
    rows = project / "data" / "rows.parquet"
    table = pq.read_table(rows)
    rows.unlink()
    for number, night in enumerate(NIGHTS):
        folder = project / "data" / "rows" / f"date={night}"
        folder.mkdir(parents=True)
        pq.write_table(table.slice(20 * number, 20), folder / "a.parquet")
    text = Path(config).read_text().replace("rows.parquet,", "rows, partition: date,")
    Path(config).write_text(text)
    return config


def test_a_range_of_partitions_tells_each(labelmill: Call, nights: str) -> None:
    answer = labelmill("run", nights, "--partitions", "2026-03-02..2026-03-03")

    lines = [line for line in answer.out.splitlines() if line.startswith("partition ")]
    assert answer.code == 0
    assert [line[:20] for line in lines] == ["partition 2026-03-03", "partition 2026-03-02"]
    assert all(" is live: 20 rows, " in line for line in lines)


def test_a_backfill_that_goes_on_is_exit_6_and_names_each_failure(
    nights: str, project: Path
) -> None:
    (project / "data" / "rows" / "date=2026-03-02" / "a.parquet").write_bytes(b"")

    done = process("run", nights, "--partitions", "..", "--keep-going", "--json")
    told = json.loads(done.stdout)

    assert (done.returncode, told["exit_code"], told["ok"]) == (6, 6, False)
    assert [part["exit_code"] for part in told["partitions"]] == [0, 4, 0]
    assert "partition 2026-03-02: " in told["errors"][0]["message"]


def test_a_night_is_run_once_and_then_there_is_nothing_to_do(labelmill: Call, nights: str) -> None:
    first = labelmill("run", nights, "--since-last-success", "--json").json
    again = labelmill("run", nights, "--since-last-success")

    assert [part["partition"] for part in first["partitions"]] == [*reversed(NIGHTS)]
    assert (again.code, again.out) == (
        0,
        "Nothing to do: every partition of the source is live.\n",
    )


def test_nights_that_another_form_of_the_job_made_are_named_where_nothing_is_new(
    labelmill: Call, nights: str
) -> None:
    labelmill("run", nights)
    changed = ("--set", "select.min_confidence=0.1")

    again = labelmill("run", nights, "--since-last-success", *changed)
    told = labelmill("run", nights, "--since-last-success", "--json", *changed).json

    assert (again.code, told["older"]) == (0, [*NIGHTS])
    assert again.out.splitlines()[1].startswith(
        "2026-03-01 .. 2026-03-03 (3): was made before the job was changed; `labelmill run` makes"
    )


def test_a_command_that_was_refused_is_no_failure_of_a_night(labelmill: Call, nights: str) -> None:
    refused = labelmill("run", nights, "--set", "select.min_confidences=0.1")

    standings = labelmill("status", nights, "--json").json["partitions"]

    assert refused.code == 2
    assert [part["state"] for part in standings] == ["missing"] * len(NIGHTS)


def test_a_run_tells_of_the_nights_that_it_made_and_counts_the_others(
    labelmill: Call, nights: str
) -> None:
    labelmill("run", nights, "--partitions", "..2026-03-02")

    asked = labelmill("run", nights, "--partitions", "2026-03-02..2026-03-02")
    rest = labelmill("run", nights)
    none = labelmill("run", nights, "--json").json

    assert ": nothing to do, snapshot " in asked.out
    assert [line[:31] for line in rest.out.splitlines() if ": snapshot" in line] == [
        "comments, partition 2026-03-03:"
    ]
    assert "\nNothing to do for the rest: 2 partitions are up to date.\n" in rest.out
    assert none["unchanged"] == [snapshot["id"] for snapshot in none["snapshots"]]


def test_the_same_is_said_once_of_several_nights(labelmill: Call, nights: str) -> None:
    labelmill("run", nights)

    told = labelmill("status", nights, "--set", "seed=5").out

    assert "2026-03-01 .. 2026-03-03 (3): the config or a file of it changed\n" in told


def test_a_config_that_asks_for_the_partition_gets_each_of_a_range(
    labelmill: Call, nights: str
) -> None:
    text = Path(nights).read_text()
    Path(nights).write_text(text + "description: rows of ${run.partition}\n")

    answer = labelmill("run", nights, "--partitions", "2026-03-01..2026-03-02", "--json")

    manifests = [
        json.loads((Path(nights).parents[1] / path).read_bytes())
        for path in Path(nights).parents[1].glob("data/out/comments/current/*/manifest.json")
    ]
    assert answer.code == 0
    assert {m["config"]["description"] for m in manifests} == {
        "rows of 2026-03-01",
        "rows of 2026-03-02",
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--partition", "x", "--partitions", "a..b"],
        ["--since-last-success", "--partitions", "a..b"],
        ["--keep-going"],
    ],
)
def test_options_that_contradict_each_other_are_exit_2(
    labelmill: Call, nights: str, options: list[str]
) -> None:
    assert labelmill("run", nights, *options).code == 2


def test_of_two_processes_at_once_one_publishes_and_one_meets_the_lock(
    config: str, project: Path
) -> None:
    first = start_slow(config, project)

    second = process("run", config)
    (project / "go").touch()

    assert second.returncode == 5
    assert "holds" in second.stderr
    assert first.wait(60) == 0


def test_the_lock_of_a_killed_process_is_free(config: str, project: Path) -> None:
    first = start_slow(config, project)
    first.kill()
    first.wait(60)
    (project / "go").touch()

    assert process("run", config).returncode == 0


def start_slow(config: str, project: Path) -> "subprocess.Popen[bytes]":
    """Start a run that waits for the file `go`; it holds the lock when this returns."""
    (project / "slow.py").write_text(
        "from pathlib import Path\nimport time\n\n\ndef slow(row):\n"
        f"    Path({str(project / 'started')!r}).touch()\n"
        f"    while not Path({str(project / 'go')!r}).exists():\n        time.sleep(0.01)\n"
    )
    entry = "  - {name: slow, type: python, label: ham, function: 'slow.py:slow'}\n"
    text = Path(config).read_text()
    Path(config).write_text(text.replace("label_model:", entry + "label_model:"))
    started = subprocess.Popen(
        [sys.executable, "-m", "labelmill", "run", config],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while not (project / "started").exists():
        assert time.monotonic() < end
        assert started.poll() is None
        time.sleep(0.02)
    return started


def process(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call the command in a process of its own."""
    command = [sys.executable, "-m", "labelmill", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_check_of_the_project_that_raises_is_exit_3_and_names_its_line(
    labelmill: Call, config: str, project: Path
) -> None:
    (project / "own.py").write_text("def odd(view):\n    return view.facts['nothing']\n")
    file = project / "configs" / "comments.yaml"
    own = "checks:\n  - {type: python, function: own.py:odd}\n"
    file.write_text(file.read_text().replace("checks:\n", own))

    answer = labelmill("run", config)

    assert answer.code == 3
    assert "check 'python': own.py:odd stopped with KeyError at own.py:2: 'nothing'" in answer.err


def test_a_night_without_a_column_is_named(labelmill: Call, nights: str, project: Path) -> None:
    path = project / "data" / "rows" / f"date={NIGHTS[1]}" / "a.parquet"
    pq.write_table(pq.read_table(path, partitioning=None).select(["text"]), path)

    answer = labelmill("run", nights, "--partition", NIGHTS[1])

    assert answer.code == 2
    assert f"in partition '{NIGHTS[1]}' of the source" in answer.err
