"""Shards that were labeled before are not read, and runs that change nothing do nothing."""

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project

from labelmill.io import digests, memo
from labelmill.pipeline.backfill import run_partitions
from labelmill.pipeline.labeled import LabelRecord, read_record, write_record
from labelmill.pipeline.result import Run
from labelmill.pipeline.status import status

LONG_AGO = 1_600_000_000


def texts(word: str, n_rows: int = 4) -> dict[str, list[str]]:
    return {
        "id": [f"{word}{i}" for i in range(n_rows)],
        "text": [f"{'buy' if i % 2 else 'nice song'} {word} {i}" for i in range(n_rows)],
    }


def fill(project: Project, day: str, word: str | None = None) -> Path:
    path = project.write(texts(word or f"d{day}"), f"date={day}/a.parquet")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


@pytest.fixture
def nightly(project: Project) -> Project:
    (project.root / "input" / "a.parquet").unlink()
    project.configure(source={"path": "input", "id": "id", "text": "text", "partition": "date"})
    for day in ("20", "21"):
        fill(project, day)
    return project


def facts(project: Project, run: Run) -> dict[str, object]:
    record = project.root / ".labelmill" / "runs" / run.id / "run.json"
    found: dict[str, object] = json.loads(record.read_bytes())
    return found


def test_a_second_run_has_nothing_to_do_and_gives_what_is_live(nightly: Project) -> None:
    first = nightly.run()
    before = nightly.files()

    second = nightly.run()

    assert second.status == "nothing to do"
    assert [s.id for s in second.snapshots] == [s.id for s in first.snapshots]
    assert len(second.train) == len(first.train)
    assert nightly.files() == before
    assert facts(nightly, second)["stale"] == {}


def test_a_new_partition_leaves_the_others_alone(nightly: Project) -> None:
    first = {s.partition: s.id for s in nightly.run().snapshots}
    fill(nightly, "22")

    run = nightly.run()

    assert facts(nightly, run)["stale"] == {"22": ["missing"]}
    assert facts(nightly, run)["cells"] == {"cast": {"buy": 1, "song": 1}, "known": 4}
    again = {s.partition: s.id for s in run.snapshots}
    assert {day: again[day] for day in first} == first
    assert list(again) == ["20", "21", "22"]


def test_a_late_file_is_noticed_by_its_content(nightly: Project) -> None:
    nightly.run()
    path = fill(nightly, "20", "late")

    run = nightly.run()

    assert facts(nightly, run)["stale"] == {"20": ["input"]}
    assert "late0" in pq.read_table(run.snapshots[0].folder / "labels")["id"].to_pylist()
    os.utime(path)
    assert nightly.run().status == "nothing to do"


@pytest.mark.parametrize("lost", ["report.html", "labels/part-00000.parquet"])
def test_a_published_file_that_is_gone_is_made_again(nightly: Project, lost: str) -> None:
    folder = nightly.run().snapshots[0].folder
    before = nightly.files()
    (folder / lost).unlink()

    run = nightly.run()

    assert facts(nightly, run)["stale"] == {"20": ["files"]}
    assert nightly.files() == before


def test_another_plan_makes_all_anew(nightly: Project) -> None:
    nightly.run()
    run = nightly.run("select.min_confidence=0.7")
    assert facts(nightly, run)["stale"] == {"20": ["plan"], "21": ["plan"]}
    assert facts(nightly, run)["cells"] == {"cast": {}, "known": 4}


def test_a_full_refresh_does_everything_and_changes_no_byte(nightly: Project) -> None:
    nightly.run()
    before = nightly.files()
    run = nightly.run(full_refresh=True)
    assert facts(nightly, run)["cells"] == {"cast": {"buy": 2, "song": 2}, "known": 0}
    assert nightly.files() == before


def test_what_was_kept_for_another_form_of_the_job_goes(nightly: Project) -> None:
    nightly.run()
    nightly.run("split.group=id")
    assert len(list((nightly.root / ".labelmill" / "shards" / "job").iterdir())) == 1


def test_a_record_says_what_was_written(tmp_path: Path) -> None:
    record = LabelRecord(9, 7, 1, {"f": 2}, {None: "row 3", "f": "row 4: bad"}, ("f",))
    write_record(tmp_path, record)
    known = read_record(tmp_path)
    assert known == LabelRecord(9, 7, 1, {"f": 2}, {None: "row 3", "f": "row 4: bad"})


@pytest.mark.parametrize("damage", ["{", "[]", "{}", '{"boot": "another start"}'])
def test_a_record_of_another_start_or_a_damaged_one_counts_for_nothing(
    tmp_path: Path, damage: str
) -> None:
    (tmp_path / "record.json").write_text(damage)
    assert read_record(tmp_path) is None


def test_input_that_was_not_touched_is_not_read_to_see_whether_it_changed(
    nightly: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (nightly.root / "input").rglob("*.parquet"):
        os.utime(path, (1, 1))
    monkeypatch.setattr(memo, "time_ns", lambda: 4_000_000_000 * 10**9)
    nightly.run()
    monkeypatch.setattr(digests, "digest_file", _unread)

    assert nightly.run().status == "nothing to do"
    assert [s.state for s in status(nightly.job()).partitions] == ["published", "published"]
    assert run_partitions(nightly.job()).outcomes == ()
    with pytest.raises(AssertionError, match="was read"):
        nightly.run(verify=True)


def _unread(path: Path) -> str:
    message = f"{path} was read"
    raise AssertionError(message)


@pytest.mark.parametrize("kind", ["votes.arrow", "patterns.npy", "keys.arrow", "record.json"])
def test_what_is_kept_and_was_changed_is_made_anew(nightly: Project, kind: str) -> None:
    nightly.run()
    for path in sorted((nightly.root / ".labelmill" / "shards").rglob(kind)):
        content = bytearray(path.read_bytes())
        content[len(content) * 2 // 3] ^= 1
        path.write_bytes(content)
    fill(nightly, "22")
    nightly.run()
    after = nightly.files()

    nightly.run(full_refresh=True)

    assert nightly.files() == after
