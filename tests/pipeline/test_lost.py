"""A run whose process ended without a word leaves a record all the same."""

import json
import subprocess
import sys

from tests.pipeline.conftest import NIGHTLY, Project, fill

from labelmill.pipeline.locks import is_locked, locked
from labelmill.pipeline.past import last_runs
from labelmill.pipeline.status import status

LEAVE = "import os\ndef leave(view):\n    os._exit(9)\n"
STAY = "def leave(view):\n    return True\n"


def _leave(project: Project, *arguments: str) -> int:
    """Run a job whose check ends the process."""
    command = [sys.executable, "-m", "labelmill", "run", str(project.config), *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _records(project: Project) -> list[dict[str, object]]:
    found = sorted((project.state / "runs").glob("*/run.json"), key=lambda path: path.parent.name)
    return [json.loads(path.read_bytes()) for path in found]


def test_a_run_that_left_no_record_is_told_of_and_its_partition_is_due(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()
    check = {"type": "python", "function": "leave.py:leave"}
    project.configure(source=NIGHTLY, checks=[check])
    (project.root / "leave.py").write_text(STAY)
    fill(project, "21")
    project.run()
    fill(project, "20")
    (project.root / "leave.py").write_text(LEAVE)
    assert _leave(project, "--partition", "20") == 9

    before = len(_records(project))
    standing = {one.partition: one for one in status(project.job()).partitions}["20"]
    assert standing.state == "failed"
    assert "the last run ended with 1: the run ended without a word (process" in standing.why[0]
    assert len(_records(project)) == before

    (project.root / "leave.py").write_text(STAY)
    done = project.run(since_last_success=True)

    assert "20" in [made.partition for made in done.snapshots]
    (lost,) = [told for told in _records(project) if told["status"] == "lost"]
    assert (lost["exit_code"], lost["retryable"], lost["partition"]) == (1, True, "20")
    assert "at stage" in str(lost["error"])
    assert last_runs(project.state, "job", ["20"])["20"]["status"] == "published"


def test_a_run_at_work_is_not_taken_for_lost(project: Project) -> None:
    project.configure(checks=[{"type": "python", "function": "leave.py:leave"}])
    (project.root / "leave.py").write_text(LEAVE)
    assert _leave(project) == 9
    job = project.job()
    assert not is_locked(job)
    assert status(job).partitions[0].state == "failed"

    with locked(job):
        assert is_locked(job)
        assert [told["status"] for told in _records(project)] == ["lost"]
    heart = project.state / "heartbeats" / "job.json"
    for torn in ("", "[]", "{}", '{"status": "running", "run_id": "../x"}'):
        heart.write_text(torn)
        assert [part.state for part in status(job).partitions] == ["failed"]


def test_nobody_holds_the_lock_of_a_job_that_never_ran(project: Project) -> None:
    assert not is_locked(project.job())
    assert not project.state.exists()
