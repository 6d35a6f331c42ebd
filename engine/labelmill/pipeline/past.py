"""Earlier runs of a job, as their records tell of them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from labelmill.errors import LockHeld, UsageError

TO_THE_SECOND = len("20260101T000000Z")

LABEL = "label"
"""The verb in the record of a slice that was labeled ahead."""

Told = Mapping[str, Any]
"""What a run.json says."""


def past_runs(state: Path, job: str) -> Iterator[Told]:
    """The records of earlier runs of a job, the newest first; other verbs are left out."""
    for told, _ in records(state, job):
        if told.get("verb", "run") == "run":
            yield told


def records(state: Path, job: str) -> Iterator[tuple[Told, Path]]:
    """All records of a job with their folders, the newest first."""
    folders = sorted((state / "runs").glob("*"), reverse=True)
    for _, same_second in groupby(folders, key=lambda folder: folder.name[:TO_THE_SECOND]):
        found = [(told, folder) for folder in same_second if (told := _read(folder)) is not None]
        for told, folder in sorted(found, key=lambda pair: str(pair[0]["started"]), reverse=True):
            if told.get("job") == job:
                yield told, folder


def last_runs(state: Path, job: str, partitions: Iterable[str | None]) -> dict[str | None, Told]:
    """The newest run of each partition, for those that have one."""
    wanted = set(partitions)
    found: dict[str | None, Told] = {}
    for told in past_runs(state, job):
        for partition in [value for value in wanted if _was_of(told, value)]:
            found[partition] = told
            wanted.remove(partition)
        if not wanted:
            break
    return found


def labeled_ahead(state: Path, job: str, plan: str) -> tuple[str, ...]:
    """The slices of a plan that were labeled since the job last ran to its end, such as 2/8."""
    found = set()
    for told, _ in records(state, job):
        verb, done = told.get("verb", "run"), not told["exit_code"]
        if verb == "run" and done:
            break
        if verb == LABEL and done and told.get("plan") == plan:
            number, _, total = told["slice"].partition("/")
            found.add((int(total), int(number)))
    return tuple(f"{number}/{total}" for total, number in sorted(found))


def _was_of(told: Told, partition: str | None) -> bool:
    """Whether a run was of a partition: it was asked for, or all were.

    Where all were, one that found another run at work has looked at none, nor has one whose command
    or config was refused: its record has no config.
    """
    asked = told.get("partition")
    if asked is not None:
        return bool(asked == partition)
    values = [part["partition"] for part in told.get("input", [])]
    refused = told["exit_code"] == LockHeld.exit_code or (
        told["exit_code"] == UsageError.exit_code and "config" not in told
    )
    return partition in values or not (values or refused)


def _read(folder: Path) -> Told | None:
    """A record; None where a run has not written its own yet, or it cannot be read any more."""
    try:
        told: Told = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        return None
    return told if "started" in told else None
