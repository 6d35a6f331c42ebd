"""Snapshots that a check keeps from being published: they stay, to be looked at.

Which check it was stands beside the snapshot in `<id>.held.json`, and in `<id>.override.json` why
somebody published it all the same; the snapshot itself is never touched. A partition has at most
one snapshot that is held.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import OutputFailed, UsageError, nearest
from labelmill.io import durable
from labelmill.pipeline.locks import recorded
from labelmill.pipeline.outputs import address, local_output, push
from labelmill.pipeline.publish import (
    is_whole,
    json_bytes,
    remove_unfinished,
    snapshot_folder,
)
from labelmill.pipeline.views import View, live_view, publish, views

HELD = ".held.json"
OVERRIDE = ".override.json"


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot that is held, and what each check that failed on it said, by name."""

    snapshot: str
    partition: str | None
    checks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Overridden:
    """A snapshot that was published although checks failed on it."""

    held: Held
    folder: Path
    view: View
    reason: str


def hold(output: Path, held: Held) -> None:
    """Note that a snapshot is held; it takes the place of the one that was held before."""
    release(output, held.partition, but=held.snapshot)
    facts = {"snapshot": held.snapshot, "partition": held.partition, "checks": dict(held.checks)}
    durable.write_bytes(_beside(output, held.snapshot, HELD), json_bytes(facts))
    push(output)


def release(output: Path, partition: str | None, but: str | None = None) -> None:
    """Forget what is held of a partition, since there is something newer."""
    held = held_snapshots(output).get(partition)
    if held is not None and held.snapshot != but:
        durable.remove_folder(_beside(output, held.snapshot, HELD))
        push(output)


def make_way(output: Path, snapshot: str) -> None:
    """Remove a held snapshot that never was live, for the same one made anew.

    Its tables would be the same, but a check that compares it with what was published before may
    find something else than it did then.
    """
    held = {entry.snapshot for entry in held_snapshots(output).values()}
    if snapshot not in held:
        return  # views are read only where they matter: there is one for each publication
    if not any(snapshot in view.snapshots.values() for view in views(output)):
        durable.remove_folder(snapshot_folder(output, snapshot))


def held_snapshots(output: Path) -> dict[str | None, Held]:
    """What is held, by partition."""
    found = {}
    for path in sorted((output / "snapshots").glob(f"*{HELD}")):
        facts, snapshot = _facts(path, "partition", "checks"), path.name.removesuffix(HELD)
        if snapshot_folder(output, snapshot).is_dir():
            held = Held(snapshot, facts["partition"], facts["checks"])
            found[held.partition] = held
    return found


def override_of(output: Path, snapshot: str) -> Mapping[str, Any] | None:
    """Why a snapshot was published although checks failed on it, if it was."""
    path = _beside(output, snapshot, OVERRIDE)
    return _facts(path, "reason", "checks") if path.is_file() else None


def publish_held(
    job: Job, *, partition: str | None = None, checks: Sequence[str] = (), reason: str
) -> Overridden:
    """Publish a snapshot that is held.

    Args:
        job: the job.
        partition: of which partition; it may be left out where only one snapshot is held.
        checks: the names of all checks that failed on it.
        reason: why it is published all the same; this is recorded.

    Raises:
        UsageError: if nothing is held, a check that failed is not named, or one that did not fail
            is, or there is no reason.
        OutputFailed: if the snapshot is not what it was when it was made.
    """
    with recorded(job, "publish") as record:
        output = local_output(job)
        remove_unfinished(output)
        held = _chosen(output, partition)
        _check_named(held, checks)
        if not reason.strip():
            message = "--reason: say why it is published; an empty reason helps nobody later"
            raise UsageError(message)
        folder = snapshot_folder(output, held.snapshot)
        if not is_whole(folder):
            message = f"{folder}: was changed since it was made; run the job again"
            raise OutputFailed(message)
        override = {
            "snapshot": held.snapshot,
            "partition": held.partition,
            "checks": dict(held.checks),
            "reason": reason.strip(),
            "time": datetime.now(UTC).isoformat(),
            "run_id": record.id,
        }
        record.facts["override"] = override
        durable.write_bytes(_beside(output, held.snapshot, OVERRIDE), json_bytes(override))
        key = None if held.partition is None else job.source.partition
        view = publish(output, key, held.partition, held.snapshot)
        release(output, held.partition)
        return Overridden(held, folder, view, reason.strip())


def notes(output: Path) -> list[tuple[Path, str]]:
    """What stands beside snapshots, and beside which."""
    return [
        (path, path.name.removesuffix(suffix))
        for suffix in (HELD, OVERRIDE)
        for path in sorted((output / "snapshots").glob(f"*{suffix}"))
    ]


def _chosen(output: Path, partition: str | None) -> Held:
    held = held_snapshots(output)
    if partition is None and len(held) == 1:
        return next(iter(held.values()))
    if partition in held:
        return held[partition]
    names = sorted(name for name in held if name is not None)
    if partition is None and len(held) > 1:
        message = (
            f"{address(output)}: held are those of {', '.join(names)}; say which with --partition"
        )
        raise UsageError(message)
    of = "" if partition is None else f" of partition '{partition}'"
    told = f" (held are those of: {', '.join(names)})" if names else ""
    live = "" if live_view(output) is None else "; what is live stays live"
    message = f"{address(output)}: no snapshot{of} is held by a check{told}{live}"
    raise UsageError(message)


def _check_named(held: Held, checks: Sequence[str]) -> None:
    unknown = [name for name in checks if name not in held.checks]
    if unknown:
        name = unknown[0]
        hint = nearest(name, held.checks)
        message = f"--override-check {name}: no such check keeps it from being published{hint}"
        raise UsageError(message)
    missing = [name for name in held.checks if name not in checks]
    if missing:
        said = "; ".join(f"'{name}' ({held.checks[name]})" for name in missing)
        wanted = " ".join(f"--override-check {name}" for name in missing)
        also, too = ("also ", " too") if checks else ("", "")
        what = "it" if len(missing) == 1 else "them"
        message = f"snapshot {held.snapshot}: {also}failed: {said}; name {what}{too}: {wanted}"
        raise UsageError(message)


def _beside(output: Path, snapshot: str, suffix: str) -> Path:
    return output / "snapshots" / f"{snapshot}{suffix}"


def _facts(path: Path, *keys: str) -> Mapping[str, Any]:
    try:
        facts: Mapping[str, Any] = json.loads(path.read_bytes())
        missing = [key for key in keys if key not in facts]
    except (ValueError, TypeError) as error:
        message = f"{path}: is damaged ({error}); remove it"
        raise OutputFailed(message) from error
    if missing:
        message = f"{path}: is damaged (it has no {missing[0]}); remove it"
        raise OutputFailed(message)
    return facts
