"""How each partition of a job stands: what is live, what is missing, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import InputMissing
from labelmill.pipeline.choice import Chooser
from labelmill.pipeline.damage import told_of_damage
from labelmill.pipeline.fingerprint import plan_digest
from labelmill.pipeline.freshness import differences
from labelmill.pipeline.held import Held, held_snapshots, override_of
from labelmill.pipeline.known import known_digests
from labelmill.pipeline.leases import fetch_records
from labelmill.pipeline.locks import is_locked
from labelmill.pipeline.lost import lost_run
from labelmill.pipeline.outputs import address, local_output
from labelmill.pipeline.parts import Parts
from labelmill.pipeline.past import Told, labeled_ahead, last_runs
from labelmill.pipeline.plan import plan_gold
from labelmill.pipeline.publish import has_its_files, manifest_of, snapshot_folder
from labelmill.pipeline.rekeyed import told_of_key
from labelmill.pipeline.survey import Found, in_order, survey
from labelmill.pipeline.views import Entries, live_view
from labelmill.pipeline.writers import told_of_owner

CHANGED = {
    "input": "the input changed",
    "plan": "the config or a file of it changed",
    "model": "another label model would label it now (run --relabel does)",
    "files": "files of the live snapshot are gone or damaged",
}
"""What is said of each fingerprint that is no longer that of the live snapshot, and its files."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a partition stands (None where the job has no partitions).

    `state` is one of `published`, `stale` (it is live, but a run would make something else),
    `missing`, `failed`, `held` (by checks), `not complete`, `no data`, `unreadable`, and
    `dropped` (it is live, but gone from the source). `why` are sentences about it. `snapshot` is
    what is live, `held` what is held, and `changed` names the fingerprints that differ.
    """

    partition: str | None
    state: str
    why: tuple[str, ...] = ()
    snapshot: str | None = None
    held: str | None = None
    changed: tuple[str, ...] = ()
    override: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How a job stands; `problem` says why its source cannot be listed, if it cannot.

    `ahead` names the slices that were labeled for a run that is still to come; `warnings` are what
    that run would warn of.
    """

    job: str
    output: str
    view: int | None
    partitions: tuple[Standing, ...]
    problem: str = ""
    ahead: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the standing of every partition hangs on."""

    output: Path
    plan: str
    live: Entries
    held: Mapping[str | None, Held]
    last: Mapping[str | None, Told]
    chooser: Chooser


def status(job: Job, partition: str | None = None, *, verify: bool = False) -> Status:
    """Look at the source, the output and the last runs of a job; nothing is written.

    Args:
        job: the job.
        partition: look at this partition only.
        verify: read the bytes of all input, also of files that were not touched since a run.

    Raises:
        LabelmillError: if the labeled set of the job (`gold`) cannot be used.
    """
    with known_digests(job, verify=verify, write=False):
        return _status(job, partition)


def _status(job: Job, partition: str | None) -> Status:
    output = local_output(job)
    fetch_records(job)
    found, problem = _found(job)
    view = live_view(output)
    held = held_snapshots(output)
    live = {} if view is None or view.key != job.source.partition else view.snapshots
    values = in_order({*found, *live, *held} or {None})
    if partition is not None:
        values = [partition]
    gold = None if job.gold is None else plan_gold(job, job.gold).input
    last = _last_runs(job, values)
    chooser = Chooser(job, gold, output, Parts(job))
    scene = _Scene(output, plan_digest(job, gold), live, held, last, chooser)
    standings = tuple(_standing(scene, value, found.get(value)) for value in values)
    ahead = labeled_ahead(job.state_folder, job.name, scene.plan)
    number = None if view is None else view.number
    told = told_of_key(job, output)
    return Status(
        job.name, address(output), number, standings, problem, ahead, (*told_of_owner(job), *told)
    )


def _last_runs(job: Job, values: Sequence[str | None]) -> dict[str | None, Told]:
    """The newest run of each partition, also one that could not write its record."""
    last = last_runs(job.state_folder, job.name, values)
    lost = None if is_locked(job) else lost_run(job)
    if lost is not None:
        told = lost["partition"]
        last |= {value: lost for value in values if told is None or told == value}
    return last


def _found(job: Job) -> tuple[dict[str | None, Found], str]:
    """The partitions of the source, or why it cannot be listed."""
    try:
        return {part.partition: part for part in survey(job)}, ""
    except InputMissing as error:
        return {}, str(error)


def _standing(scene: _Scene, partition: str | None, found: Found | None) -> Standing:
    snapshot, held = scene.live.get(partition), scene.held.get(partition)
    override = None if snapshot is None else override_of(scene.output, snapshot)
    told = scene.last.get(partition)
    known = Standing(
        partition,
        "missing",
        snapshot=snapshot,
        held=None if held is None else held.snapshot,
        override=None if override is None else override["reason"],
        run_id=None if told is None else told["run_id"],
    )
    if found is None:
        why = "the source has no such partition" if partition is not None else "there is no source"
        return replace(known, state="missing" if snapshot is None else "dropped", why=(why,))
    try:
        rows, now = found.rows(), {"input": found.input(), "plan": scene.plan}
    except InputMissing as error:
        awaited = (found.awaited,) if found.awaited else ()
        state = "not complete" if awaited else "unreadable"
        return replace(known, state=state, why=(*awaited, str(error)))
    changed = () if snapshot is None else _changed(scene, partition, snapshot, now)
    known = replace(known, changed=changed)
    if snapshot is not None and not changed:
        known = replace(known, why=told_of_damage(_manifest(scene.output, snapshot)))
        return replace(known, state="published")
    return _unpublished(known, rows, found, held, told)


def _changed(
    scene: _Scene, partition: str | None, snapshot: str, now: Mapping[str, str]
) -> tuple[str, ...]:
    """The fingerprints of a live snapshot that are no longer what they would be."""
    manifest = _manifest(scene.output, snapshot)
    if not manifest or not has_its_files(snapshot_folder(scene.output, snapshot), manifest):
        return ("files",)
    same = scene.chooser.labels_as_published(partition, manifest)
    return (*differences(manifest, now), *(() if same else ("model",)))


def _unpublished(
    known: Standing, rows: int, found: Found, held: Held | None, told: Told | None
) -> Standing:
    """A partition of which nothing is live, or something else than a run would make."""
    if held is not None:
        said = tuple(f"check '{name}': {message}" for name, message in held.checks.items())
        return replace(known, state="held", why=said)
    if found.awaited:
        return replace(known, state="not complete", why=(found.awaited,))
    failure = _failure(known.partition, told)
    if failure is not None:
        return replace(known, state="failed", why=(failure,))
    if not rows:
        return replace(known, state="no data", why=("it has no rows",))
    if known.snapshot is not None:
        names = [name for name in known.changed if name != "model" or "plan" not in known.changed]
        return replace(known, state="stale", why=tuple(CHANGED[name] for name in names))
    return known


def _failure(partition: str | None, told: Told | None) -> str | None:
    """Why the last run of a partition failed, if it did."""
    if told is None or not told["exit_code"]:
        return None
    stopped = told.get("held")
    if stopped is not None and (partition or "") not in stopped:
        return None  # the run ended at another partition
    message = (told["error"] or {}).get("message", "").partition("\n")[0]
    return f"the last run ended with {told['exit_code']}: {message}"


def _manifest(output: Path, snapshot: str) -> Mapping[str, Any]:
    """The manifest of a snapshot; nothing where it is gone, or damaged."""
    return manifest_of(snapshot_folder(output, snapshot)) or {}
