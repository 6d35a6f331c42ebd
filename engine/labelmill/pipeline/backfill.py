"""Running several partitions, one after the other: each is published as soon as it is good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from labelmill.config.spec import Job
from labelmill.errors import InputMissing, LabelmillError, PartlyPublished, UsageError
from labelmill.pipeline import ending
from labelmill.pipeline.choice import chooser_of
from labelmill.pipeline.fingerprint import plan_digest
from labelmill.pipeline.freshness import differences, labeled_by_others
from labelmill.pipeline.known import known_digests
from labelmill.pipeline.locks import locked
from labelmill.pipeline.outputs import local_output
from labelmill.pipeline.past import last_runs
from labelmill.pipeline.plan import plan_gold
from labelmill.pipeline.publish import live_manifest
from labelmill.pipeline.ray_connection import one_cluster
from labelmill.pipeline.record import Record, status_of
from labelmill.pipeline.result import Run
from labelmill.pipeline.run import run_job
from labelmill.pipeline.several import JobOf
from labelmill.pipeline.survey import Found, natural, survey
from labelmill.pipeline.views import live_view
from labelmill.pipeline.writers import writing


class RunOne(Protocol):
    """Runs one partition of a job."""

    def __call__(self, job: Job, *, partition: str) -> Run:
        """Run it; a LabelmillError says why it could not be published."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a partition: a run that ended well, or why it did not."""

    partition: str
    run: Run | None = None
    error: LabelmillError | None = None

    def facts(self) -> dict[str, Any]:
        """The outcome as plain data."""
        if self.error is not None:
            code, told = self.error.exit_code, str(self.error)
            return {"partition": self.partition, "exit_code": code, "error": told}
        made = [] if self.run is None else self.run.snapshots
        return {
            "partition": self.partition,
            "exit_code": 0,
            "run_id": None if self.run is None else self.run.id,
            "status": None if self.run is None else self.run.status,
            "snapshot": made[0].id if made else None,
        }


@dataclass(frozen=True, slots=True)
class Backfill:
    """What became of several partitions; `left` were not tried since one before them failed.

    Where nothing was to be done, `older` are live as another form of the job made them.
    """

    id: str
    output: Path
    outcomes: tuple[Outcome, ...]
    left: tuple[str, ...] = ()
    keep_going: bool = False
    older: tuple[str, ...] = ()

    @property
    def error(self) -> LabelmillError | None:
        """What the whole ends with: that of the first failure, or that only some were published."""
        errors = [(o.partition, o.error) for o in self.outcomes if o.error is not None]
        if not errors:
            return None
        if not self.keep_going or len(errors) == len(self.outcomes):
            return errors[0][1]
        said = "\n".join(f"partition {value}: {error}" for value, error in errors)
        done = len(self.outcomes) - len(errors)
        return PartlyPublished(f"{done} of {len(self.outcomes)} partitions went well\n{said}")

    def as_run(self) -> Run:
        """The whole as one run: snapshots and warnings of all that went well, the oldest first."""
        runs = [o.run for o in reversed(self.outcomes) if o.run is not None]
        states = {run.status for run in runs}
        status = "published" if "published" in states else min(states, default="nothing to do")
        return Run(
            self.id,
            status,
            self.output,
            tuple(snapshot for run in runs for snapshot in run.snapshots),
            tuple(warning for run in runs for warning in run.warnings),
            tuple(snapshot for run in runs for snapshot in run.unchanged),
        )


def within(found: Sequence[Found], wanted: str) -> list[Found]:
    """The partitions from A to B of "A..B", both included; an end that is left out is open.

    Raises:
        UsageError: if it is not of this form, or A comes after B.
    """
    first, dots, last = wanted.partition("..")
    if not dots or last.startswith(".") or ".." in last:
        message = f"--partitions {wanted}: write FIRST..LAST, for example 2026-11-01..2026-11-21"
        raise UsageError(message)
    if first and last and natural(first) > natural(last):
        message = f"--partitions {wanted}: {first} comes after {last}; write {last}..{first}"
        raise UsageError(message)
    return [
        part
        for part in found
        if (not first or natural(part.partition) >= natural(first))
        and (not last or natural(part.partition) <= natural(last))
    ]


def due(
    job: Job, found: Sequence[Found], *, relabel: bool = False, job_of: JobOf | None = None
) -> list[Found]:
    """The partitions since the last success.

    They are those after the newest that is live, those whose input is another than that of what
    is live, and those before whose last run failed in a way that may pass; with `relabel` those
    too that another label model would label. `job_of` gives the job of each partition, where it is
    not this one.
    """
    names = [str(part.partition) for part in found]
    outputs = {name: local_output(job_of(name) if job_of else job) for name in names}
    live = _live(outputs, job.source.partition)
    if not live:
        return list(found)
    newest = max(natural(partition) for partition in live)
    missing = [part.partition for part in found if part.partition not in live]
    last = last_runs(job.state_folder, job.name, missing)
    others = _labeled_by_others(job_of or (lambda _: job), live) if relabel else ()
    return [
        part
        for part in found
        if (
            part.partition in live
            and (part.partition in others or _is_changed(live[part.partition], part))
        )
        or (
            part.partition not in live
            and (natural(part.partition) > newest or _may_pass(last.get(part.partition)))
        )
    ]


def run_partitions(  # noqa: PLR0913 (an option each)
    job: Job,
    *,
    wanted: str | None = None,
    keep_going: bool = False,
    relabel: bool = False,
    job_of: JobOf | None = None,
    run_one: RunOne = partial(run_job, has_lock=True),  # noqa: B008 (a function, made once)
    notice: ending.Notice = ending.unsaid,
    verify: bool = False,
) -> Backfill:
    """Run partitions of a job, the newest first; what is not complete yet comes last.

    Each has a run.json of its own, and there is one of the whole.

    Args:
        job: the job.
        wanted: the partitions as "FIRST..LAST"; those since the last success where it is left out.
        keep_going: go on with the next partition where one fails.
        relabel: those since the last success are also those that another model would label.
        job_of: the job of each partition, where it is not this one.
        run_one: runs a partition, whose lock is held.
        notice: told of a signal after which what is at work is finished, and no more.
        verify: read the bytes of all input to see what changed.

    Raises:
        UsageError: if the job has no partitions, or `wanted` is no range.
        InputMissing: if there is no input, or no partition in the range.
        LockHeld: if another process works on this job.
    """
    record = Record.of(job, "backfill")
    record.facts["wanted"] = wanted
    try:
        with ending.drained(job.execution.grace, notice), locked(job), writing(job):
            output = local_output(job)
            with known_digests(job, verify=verify):
                chosen = _chosen(job, wanted, relabel=relabel, job_of=job_of)
                older = () if chosen else _older(job, job_of or (lambda _: job))
            outcomes: list[Outcome] = []
            record.facts["partitions"] = rows = []
            with one_cluster():
                for part in chosen:
                    ending.check()
                    outcomes.append(_outcome(job_of or (lambda _: job), part, run_one))
                    rows.append(outcomes[-1].facts())
                    if outcomes[-1].error is not None and not keep_going:
                        break
    except BaseException as error:
        record.close(status_of(error), error)
        raise
    left = tuple(chosen[len(outcomes) :])
    done = Backfill(record.id, output, tuple(outcomes), left, keep_going, older)
    record.facts |= {"left": list(left), "older": list(older)}
    status = "published" if outcomes else "nothing to do"
    record.close(status if done.error is None else "failed", done.error)
    return done


def _live(outputs: Mapping[str, Path], key: str | None) -> dict[str, Path]:
    """The outputs of those partitions that are live in theirs."""
    views = {output: live_view(output) for output in set(outputs.values())}
    return {
        name: output
        for name, output in outputs.items()
        if (view := views[output]) is not None and view.key == key and name in view.snapshots
    }


def _older(job: Job, job_of: JobOf) -> tuple[str, ...]:
    """The partitions of the source that are live as another form of the job made them."""
    names = [str(part.partition) for part in survey(job)]
    live = _live({name: local_output(job_of(name)) for name in names}, job.source.partition)
    known: dict[int, tuple[Job, str]] = {}
    found: list[str] = []
    for name, output in live.items():
        own, manifest = job_of(name), live_manifest(output, name)
        if id(own) not in known:
            gold = None if own.gold is None else plan_gold(own, own.gold).input
            known[id(own)] = own, plan_digest(own, gold)
        if manifest is None or differences(manifest, {"plan": known[id(own)][1]}):
            found.append(name)
    return tuple(found)


def _labeled_by_others(job_of: JobOf, live: Mapping[str, Path]) -> set[str]:
    """The partitions that are live and would be labeled by another model."""
    found: set[str] = set()
    jobs: dict[int, tuple[Job, list[str]]] = {}
    for name in live:
        job = job_of(name)
        jobs.setdefault(id(job), (job, []))[1].append(name)
    for job, names in jobs.values():
        found |= labeled_by_others(local_output(job), chooser_of(job), names).keys()
    return found


def _chosen(
    job: Job, wanted: str | None, *, relabel: bool, job_of: JobOf | None = None
) -> list[str]:
    """The partitions to run, in this order."""
    if job.source.partition is None:
        option = "--since-last-success" if wanted is None else f"--partitions {wanted}"
        message = f"{option}: job '{job.name}' has no source.partition; leave it out"
        raise UsageError(message)
    found = survey(job)
    if wanted is None:
        chosen = due(job, found, relabel=relabel, job_of=job_of)
    else:
        chosen = within(found, wanted)
    if wanted is not None and not chosen:
        raise InputMissing(job.source.path, f"there is no partition in {wanted}")
    newest_first = reversed(chosen)
    return [str(part.partition) for part in sorted(newest_first, key=lambda p: bool(p.awaited))]


def _outcome(job_of: JobOf, partition: str, run_one: RunOne) -> Outcome:
    try:
        return Outcome(partition, run_one(job_of(partition), partition=partition))
    except LabelmillError as error:
        return Outcome(partition, error=error)


def _is_changed(output: Path, part: Found) -> bool:
    """Whether the input of a partition is another than that of its live snapshot.

    One that cannot be read is: its run says why.
    """
    manifest = live_manifest(output, part.partition)
    if manifest is None:
        return True
    try:
        return bool(part.input() != manifest["fingerprints"]["input"])
    except InputMissing:
        return True


def _may_pass(told: Mapping[str, Any] | None) -> bool:
    """Whether the last run failed in a way that another may not."""
    return told is not None and told["exit_code"] != 0 and bool(told["retryable"])
