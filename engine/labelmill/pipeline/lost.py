"""Runs that ended without a word: their process was killed, or their own code ended it.

What is left of such a run is its heartbeat, which says that it is at work. Whoever holds the lock
of the job after it knows better, and writes the record in its stead.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import OutputFailed
from labelmill.io.durable import write_bytes
from labelmill.pipeline.heartbeat import RUNNING, heartbeat_file
from labelmill.pipeline.lasting import lasting
from labelmill.pipeline.publish import json_bytes

LOST = "lost"
_SAID = ("run_id", "started", "time", "stage", "process", "host")


def note_lost(job: Job) -> None:
    """Write the record of the last run of a job, if it could not; the job's lock is held."""
    told = lost_run(job)
    if told is not None:
        with suppress(OutputFailed):  # the run at hand says so itself, if it needs the disk
            path, lasts = _record(job, told["run_id"]), lasting(job)
            write_bytes(path, json_bytes(told))
            if lasts is not None:
                lasts.send(path.parent, path.name)


def lost_run(job: Job) -> Mapping[str, Any] | None:
    """The record of the last run of a job as it should be, if it left none; it must be over."""
    heart = _heartbeat(job)
    if heart.get("status") != RUNNING or not all(
        isinstance(heart.get(k), str | int) for k in _SAID
    ):
        return None
    if _record(job, heart["run_id"]).exists():
        return None
    place = f"process {heart['process']} on {heart['host']}, at stage {heart['stage']}"
    message = (
        f"the run ended without a word ({place}; it was last heard of at {heart['time']}): it was "
        "killed, memory ran out, or code of the project ended the process; run again"
    )
    return {
        "schema_version": 1,
        "run_id": heart["run_id"],
        "job": job.name,
        "verb": "run",
        "status": LOST,
        "exit_code": 1,
        "retryable": True,
        "started": heart["started"],
        "ended": heart["time"],
        "host": heart["host"],
        "process": heart["process"],
        "partition": heart.get("partition"),
        "error": {"type": "Lost", "message": message},
    }


def _heartbeat(job: Job) -> Mapping[str, Any]:
    try:
        found = json.loads(heartbeat_file(job.state_folder, job.name).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _record(job: Job, run: str) -> Path:
    return job.state_folder / "runs" / Path(run).name / "run.json"
