"""A whole run: from a checked job to published snapshots."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from math import ceil
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

from threadpoolctl import threadpool_limits

from labelmill.aggregate.artifact import FILE_NAME as MODEL_FILE
from labelmill.aggregate.artifact import Artifact
from labelmill.config.spec import Job
from labelmill.core.hiding import hide_in_error
from labelmill.errors import ChecksFailed, InputMissing, LabelmillError, OverBudget
from labelmill.io import durable
from labelmill.pipeline import ending
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import write_prints
from labelmill.pipeline.engines import ROWS_OF_A_SMALL_JOB, executor_of
from labelmill.pipeline.fit import fit
from labelmill.pipeline.freshness import standing, why_stale
from labelmill.pipeline.gold_set import GoldSet, gold_works, label_gold, read_gold
from labelmill.pipeline.held import release
from labelmill.pipeline.keys import KeyFile, decide
from labelmill.pipeline.labeled import (
    LabelRecord,
    forget_others,
    label_digest,
    read_record,
    works_of,
)
from labelmill.pipeline.locks import locked
from labelmill.pipeline.plan import Plan, make_plan
from labelmill.pipeline.publish import local_output, remove_unfinished
from labelmill.pipeline.ready import check_ready
from labelmill.pipeline.record import Record, status_of
from labelmill.pipeline.refining import read_sample, refine, sample_shard, sample_tasks
from labelmill.pipeline.rescue import LabelRescue
from labelmill.pipeline.result import Run, Snapshot
from labelmill.pipeline.rows import is_global
from labelmill.pipeline.shop import Shop
from labelmill.pipeline.snapshot import make_snapshot
from labelmill.pipeline.stages import label_shard
from labelmill.pipeline.telling import Listener, Progress, Telling, deaf, silent
from labelmill.pipeline.views import publish
from labelmill.pipeline.works import FittedFiles, Work, texts_of
from labelmill.refine.artifact import FILE_NAME as REFINEMENT_FILE
from labelmill.refine.artifact import to_bytes
from labelmill.report.page import page_template


def run_job(
    job: Job,
    *,
    partition: str | None = None,
    full_refresh: bool = False,
    progress: Progress = silent,
    listener: Listener = deaf,
    has_lock: bool = False,
) -> Run:
    """Run a job and publish what comes out.

    Args:
        job: the checked job.
        partition: take one partition only.
        full_refresh: do everything anew, whatever is known or published.
        progress: told of every finished task.
        listener: told when the run begins and ends, and of signals that it ends for.
        has_lock: whether the caller holds the lock of the job.

    Raises:
        LabelmillError: whatever stopped the run; nothing was published then, or in a job with
            partitions only those that were finished before.
    """
    record = Record(job.name, job.state_folder, hidden=job.resolved.hidden)
    record.facts["config"] = dict(job.resolved.public)
    record.facts["overrides"] = list(job.resolved.overrides)
    record.facts["verb"] = "run"
    record.facts["partition"] = partition
    telling = Telling(job, record, progress, listener)
    try:
        drained = ending.drained(job.execution.grace, telling.signal)
        with drained, nullcontext() if has_lock else locked(job), threadpool_limits(1):
            telling.started()
            result = _run(job, partition, telling.step, record, full_refresh=full_refresh)
    except BaseException as error:
        hide_in_error(error, job.resolved.hidden)
        if isinstance(error, ChecksFailed):
            record.facts["held"] = {error.partition or "": error.snapshot}
        telling.ended(None, error)
        record.close(status_of(error), error)
        raise
    record.facts["snapshots"] = {s.partition or "": s.id for s in result.snapshots}
    record.facts["warnings"] = list(result.warnings)
    telling.ended(result)
    record.close(result.status)
    return result


def _run(
    job: Job, partition: str | None, progress: Progress, record: Record, *, full_refresh: bool
) -> Run:
    output = local_output(job)
    check_ready(job, partition)
    plan = make_plan(job, partition)
    record.facts["plan"] = plan.digest
    facts = [{"partition": p.value, "files": len(p.files), "rows": p.rows} for p in plan.partitions]
    record.facts["input"] = facts
    if not plan.rows:
        _note_input(record, plan)
        return Run(record.id, "no data", output, ())
    stale = _stale(output, plan, full_refresh=full_refresh)
    record.facts["stale"] = {value: list(why) for value, why in stale.items() if why}
    if not any(stale.values()):
        return _nothing_to_do(plan, output, record)
    kept = job.state_folder / "shards" / job.name / label_digest(job)[:16]
    done = _make(plan, None if full_refresh else kept, output, progress, record)
    forget_others(kept)
    return done


def _make(plan: Plan, kept: Path | None, output: Path, progress: Progress, record: Record) -> Run:
    """Make and publish what is not published as it should be."""
    job = plan.job
    for part in plan.partitions:
        part.digests.begin()
    durable.make_folder(output)
    remove_unfinished(output)
    folder = job.state_folder / "work" / job.name
    durable.remove_folder(folder)
    durable.make_folder(folder)
    write_prints(job, folder)
    works = works_of(plan, folder, kept)
    try:
        with executor_of(job, len(works), plan.rows) as (bound, executor):
            shop = Shop(bound, executor, progress)
            return _carry_out(shop, plan, works, output, record)
    except LabelmillError:
        with suppress(InputMissing):
            _note_input(record, plan)
        raise
    finally:
        durable.remove_folder(folder)


def _stale(output: Path, plan: Plan, *, full_refresh: bool) -> dict[str, tuple[str, ...]]:
    """Why each partition with rows has to be made; nothing for one that is published as it is."""
    return {
        part.value or "": ("full_refresh",) if full_refresh else why_stale(output, plan, part)
        for part in plan.partitions
        if part.shards
    }


def _nothing_to_do(plan: Plan, output: Path, record: Record) -> Run:
    """What is published stays; what a killed run left behind is mended and removed."""
    _note_input(record, plan)
    remove_unfinished(output)
    durable.remove_folder(plan.job.state_folder / "work" / plan.job.name)
    record.facts["cells"] = {"cast": {}, "known": 0}
    live = tuple(standing(output, part) for part in plan.partitions if part.shards)
    for snapshot in live:
        _publish(plan.job, output, snapshot)
    return Run(record.id, "nothing to do", output, live)


def _note_input(record: Record, plan: Plan) -> None:
    """Note the digest of each partition's input, once it is there."""
    for fact, part in zip(record.facts["input"], plan.partitions, strict=True):
        fact["digest"] = part.input


def _carry_out(shop: Shop, plan: Plan, works: list[Work], output: Path, record: Record) -> Run:
    job = plan.job
    rescue = LabelRescue(ceil(job.error_budget * plan.rows), plan.rows)
    if plan.rows >= ROWS_OF_A_SMALL_JOB:
        # Compiled while workers label: when the page is made, everybody waits for it.
        Thread(target=page_template, daemon=True).start()
    records = label(shop, works, rescue)
    record.facts["cells"] = cells_of(job, records)
    known = _label_gold(shop, plan, works)
    removed = _decide(shop.bound, plan, works, records)
    check_budget(job, records, removed)
    files, told = _fit(shop, plan, works, known)
    _note_input(record, plan)
    snapshots: list[Snapshot] = []
    warnings = [*shop.bound.doubts(), *told]
    start = 0
    for part in plan.partitions:
        stop = start + len(part.shards)
        if part.shards and not record.facts["stale"].get(part.value or ""):
            snapshots.append(standing(output, part))
        elif part.shards:
            made = make_snapshot(
                shop, plan, part, works[start:stop], records[start:stop], files, output
            )
            _publish(job, output, made.snapshot)
            snapshots.append(made.snapshot)
            warnings += made.warnings
        start = stop
    record.facts["seconds"] = {stage: round(took, 3) for stage, took in shop.seconds.items()}
    return Run(record.id, "published", output, tuple(snapshots), tuple(warnings))


def label(shop: Shop, works: Sequence[Work], rescue: LabelRescue) -> list[LabelRecord]:
    """Label the shards of which it is not known what that leaves."""
    known = {w.number: None if w.kept is None else read_record(w.kept) for w in works}
    open_ = [work for work in works if known[work.number] is None]
    runs = [work.run for work in open_]
    fresh = list(shop.each("label", label_shard, open_, rescue, runs))
    found = known | {work.number: record for work, record in zip(open_, fresh, strict=True)}
    return [record for work in works if (record := found[work.number]) is not None]


def cells_of(job: Job, records: Sequence[LabelRecord]) -> dict[str, Any]:
    """On how many shards each function voted, where it did, and how often votes were known."""
    cast = Counter(name for record in records for name in record.asked)
    return {
        "cast": dict(sorted(cast.items())),
        "known": len(job.functions) * len(records) - cast.total(),
    }


def _fit(
    shop: Shop, plan: Plan, works: Sequence[Work], known: GoldSet | None
) -> tuple[FittedFiles, list[str]]:
    """Fit all that is fitted; gives where it lies, and what a person has to be told."""
    shop.progress("fit", 0, 1)
    started = perf_counter()
    gold = None if known is None else known.gold
    model = fit(shop.bound, [(w.file("patterns"), w.file("decisions")) for w in works], gold)
    if known is not None:
        model = model.noting(*known.count.findings())
    files = FittedFiles(works[0].folder / MODEL_FILE)
    durable.write_bytes(files.model, model.to_json())
    shop.seconds["fit"] = perf_counter() - started
    shop.progress("fit", 1, 1)
    told = list(model.warnings)
    if plan.job.refine is None:
        return files, told
    files, doubts = _refine(shop, plan, works, model, known)
    return files, told + doubts


def _refine(
    shop: Shop, plan: Plan, works: Sequence[Work], model: Artifact, known: GoldSet | None
) -> tuple[FittedFiles, list[str]]:
    """Learn from the texts; gives what was fitted, and what a person has to be told."""
    tasks, runs = sample_tasks(works, plan.rows), [work.run for work in works]
    list(shop.each("sample", sample_shard, tasks, runs=runs))
    shop.progress("refine", 0, 1)
    started = perf_counter()
    found = refine(shop.bound, model, read_sample(shop.bound, model, works), known)
    folder = works[0].folder
    files = FittedFiles(folder / MODEL_FILE, folder / REFINEMENT_FILE)
    durable.write_bytes(folder / REFINEMENT_FILE, to_bytes(found))
    shop.seconds["refine"] = perf_counter() - started
    shop.progress("refine", 1, 1)
    told = [] if found.review.used else [f"refine: the texts are not used: {found.review.why}"]
    return files, told


def _label_gold(shop: Shop, plan: Plan, works: Sequence[Work]) -> GoldSet | None:
    """Vote on the labeled set, if the job has one."""
    if plan.gold is None:
        return None
    gold = gold_works(plan.gold, works[0].folder, len(works))
    rescue = LabelRescue(ceil(plan.job.error_budget * plan.gold.rows), plan.gold.rows)
    runs = [work.run for work in gold]
    return read_gold(gold, list(shop.each("gold", label_gold, gold, rescue, runs)))


def check_budget(job: Job, records: Sequence[LabelRecord], removed: Mapping[str, int]) -> None:
    """Stop a run in which too much went wrong; one row alone never stops it.

    Raises:
        OverBudget: if rows that nobody can read, rows with a repeated id, or rows on which one
            function failed are more than `error_budget` of the rows, rounded up.
    """
    rows = sum(record.rows_in for record in records)
    allowed = ceil(job.error_budget * rows)
    errors: Counter[str] = Counter()
    for record in records:
        errors.update(record.errors)
    first: dict[str | None, str] = {}
    for record in reversed(records):
        first.update(record.first)
    told = [
        (f"labeling function '{name}' failed on", count, _example(first.get(name)))
        for name, count in sorted(errors.items())
    ]
    unreadable = "nobody can read (null or invalid text or id, or a worker died of it)"
    told.append((unreadable, sum(r.faults for r in records), _example(first.get(None))))
    told.append(("a repeated id stands on", removed.get("unique_ids", 0), ""))
    hint = f"{allowed} allowed (error_budget: {job.error_budget}); nothing was published"
    over = [
        f"{what} {count} of {rows} rows, {hint}{example}"
        for what, count, example in told
        if count > allowed
    ]
    if over:
        raise OverBudget("\n".join(over))


def _example(failure: str | None) -> str:
    return f"; the first: {failure}" if failure else ""


def _decide(
    bound: BoundJob, plan: Plan, works: Sequence[Work], records: Sequence[LabelRecord]
) -> dict[str, int]:
    job = plan.job
    values = [part.value or "" for part in plan.partitions for _ in part.shards]
    files = [
        KeyFile(
            work.file("keys"),
            work.file("decisions"),
            value,
            record.rows,
            partial(texts_of, bound, work),
        )
        for work, value, record in zip(works, values, records, strict=True)
    ]
    dropping = [step.name for step in job.prepare if is_global(step.kind)]
    return decide(files, drop_duplicates=dropping[0] if dropping else None, group=job.split.group)


def _publish(job: Job, output: Path, snapshot: Snapshot) -> None:
    partition = snapshot.partition
    key = None if partition is None else job.source.partition
    publish(output, key, partition, snapshot.id)
    release(output, partition)
