"""A whole run: from a checked job to published snapshots."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from threading import Thread
from typing import Any

from threadpoolctl import threadpool_limits

from labelmill.config.spec import Job
from labelmill.errors import InputMissing, LabelmillError, OverBudget
from labelmill.io import durable
from labelmill.pipeline import ending
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import write_prints
from labelmill.pipeline.choice import Chooser
from labelmill.pipeline.damage import Torn, check_damage, enduring, told_of_damage
from labelmill.pipeline.engines import ROWS_OF_A_SMALL_JOB, executor_of
from labelmill.pipeline.fitting import Fitter, Labeled, labeled_parts, to_look_at
from labelmill.pipeline.freshness import emptied, labeled_by_others, standing, why_stale
from labelmill.pipeline.gold_set import GoldSet, gold_works, label_gold, read_gold
from labelmill.pipeline.held import release
from labelmill.pipeline.keys import decide
from labelmill.pipeline.known import known_digests
from labelmill.pipeline.labeled import (
    LabelRecord,
    forget_others,
    kept_folder,
    read_record,
    works_of,
)
from labelmill.pipeline.locks import locked
from labelmill.pipeline.outputs import local_output, upload
from labelmill.pipeline.parts import Parts
from labelmill.pipeline.plan import Plan, make_plan
from labelmill.pipeline.publish import remove_unfinished
from labelmill.pipeline.ready import check_ready
from labelmill.pipeline.record import Record
from labelmill.pipeline.rekeyed import check_key, told_of_key
from labelmill.pipeline.rescue import LabelRescue
from labelmill.pipeline.result import Run, Snapshot
from labelmill.pipeline.rows import dropping_step
from labelmill.pipeline.shop import Shop
from labelmill.pipeline.sighting import note_sight
from labelmill.pipeline.snapshot import make_snapshot
from labelmill.pipeline.stages import label_shard
from labelmill.pipeline.telling import Listener, Progress, Telling, deaf, silent
from labelmill.pipeline.views import check_link, publish
from labelmill.pipeline.works import Work, key_file
from labelmill.pipeline.writers import check_owner, writing
from labelmill.report.page import page_template


def run_job(  # noqa: PLR0913 (an option each)
    job: Job,
    *,
    partition: str | None = None,
    full_refresh: bool = False,
    progress: Progress = silent,
    listener: Listener = deaf,
    has_lock: bool = False,
    relabel: bool = False,
    refit: bool = False,
    verify: bool = False,
    take_over: bool = False,
) -> Run:
    """Run a job and publish what comes out.

    Args:
        job: the checked job.
        partition: take one partition only.
        full_refresh: do everything anew, whatever is known or published.
        progress: told of every finished task.
        listener: told when the run begins and ends, and of signals that it ends for.
        has_lock: whether the caller holds the lock of the job.
        relabel: make those partitions too that are published and would be labeled by another
            model.
        refit: fit a model that would be kept anew, on the newest partitions.
        verify: read the bytes of all input, also of files that were not touched since.
        take_over: publish to the output although what is live there is another job's.

    Raises:
        LabelmillError: whatever stopped the run; nothing was published then, or in a job with
            partitions only those that were finished before.
    """
    record = Record.of(job, "run")
    record.facts["config"] = dict(job.resolved.public)
    record.facts["overrides"] = list(job.resolved.overrides)
    record.facts["partition"] = partition
    telling = Telling(job, record, progress, listener)
    drained = ending.drained(job.execution.grace, telling.signal)
    holding = nullcontext() if has_lock else locked(job)
    digests = known_digests(job, verify=verify)
    failing = telling.failing
    with failing(), drained, holding, writing(job), threadpool_limits(1), digests, failing():
        telling.started()
        asked, step = Asked(full_refresh, relabel, refit, take_over), telling.step
        result = enduring(job, lambda torn: _run(job, partition, torn, step, record, asked))
        lost = emptied(result.output, record.facts["input"])
        result = replace(result, warnings=(*result.warnings, *lost))
        record.facts["snapshots"] = {s.partition or "": s.id for s in result.snapshots}
        record.facts["warnings"] = list(result.warnings)
        telling.ended(result)
        record.close(result.status)  # while the lock is held: nobody takes the run for lost
    return result


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a run beyond making what is not published as it should be."""

    full_refresh: bool = False
    relabel: bool = False
    refit: bool = False
    take_over: bool = False


def _run(
    job: Job, partition: str | None, torn: Torn, progress: Progress, record: Record, asked: Asked
) -> Run:
    output = local_output(job)
    if not asked.take_over:
        check_owner(job)
    check_key(job, output, partition)
    check_ready(job, partition)
    plan = make_plan(job, partition, torn)
    record.facts["plan"] = plan.digest
    record.facts["input"] = [part.facts() for part in plan.partitions]
    check_damage(job, [file for part in plan.partitions for file in part.files])
    if not plan.rows:
        _note_input(record, plan)
        return Run(record.id, "no data", output, ())
    gold = None if plan.gold is None else plan.gold.input
    anew, refit = asked.full_refresh, asked.refit
    parts = Parts(job, plan.partitions, torn)
    chooser = Chooser(job, gold, output, parts, anew=anew, refit=refit)
    stale = _stale(output, plan, full_refresh=asked.full_refresh)
    if asked.relabel:
        stale |= labeled_by_others(output, chooser, [v for v, why in stale.items() if not why])
    record.facts["stale"] = {value: list(why) for value, why in stale.items() if why}
    if not any(stale.values()):
        return _nothing_to_do(plan, output, record)
    kept = kept_folder(job)
    durable.make_folder(output)
    with writing(job):
        if not asked.take_over:
            check_owner(job)  # somebody may have been the first to publish there meanwhile
        done = _make(plan, None if asked.full_refresh else kept, chooser, progress, record)
    forget_others(kept)
    return done


def _make(
    plan: Plan, kept: Path | None, chooser: Chooser, progress: Progress, record: Record
) -> Run:
    """Make and publish what is not published as it should be."""
    job, output = plan.job, chooser.output
    made = [p.value for p in plan.partitions if record.facts["stale"].get(p.value or "")]
    seen = replace(plan, partitions=(*plan.partitions, *to_look_at(plan, chooser, made)))
    for part in seen.partitions:
        part.digests.begin()
    check_link(output)
    remove_unfinished(output)
    folder = job.state_folder / "work" / job.name
    durable.remove_folder(folder)
    durable.make_folder(folder)
    write_prints(job, folder)
    works = works_of(seen, folder, kept, len(plan.shards))
    try:
        with executor_of(job, len(works), seen.rows) as (bound, executor):
            shop = Shop(bound, executor, progress)
            return _carry_out(shop, plan, seen, works, chooser, record)
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
    told = [warning for snapshot in live for warning in told_of_damage(snapshot.report)]
    ids = tuple(snapshot.id for snapshot in live)
    return Run(record.id, "nothing to do", output, live, tuple(told), ids)


def _note_input(record: Record, plan: Plan) -> None:
    """Note the digest of each partition's input, once it is there."""
    for fact, part in zip(record.facts["input"], plan.partitions, strict=True):
        fact["digest"] = part.input


def _carry_out(
    shop: Shop, plan: Plan, seen: Plan, works: list[Work], chooser: Chooser, record: Record
) -> Run:
    """Vote on all that is `seen`, and publish what of the plan is not as it should be."""
    job = plan.job
    rescue = LabelRescue(ceil(job.error_budget * seen.rows), seen.rows)
    if plan.rows >= ROWS_OF_A_SMALL_JOB:
        # Compiled while workers label: when the page is made, everybody waits for it.
        Thread(target=page_template, daemon=True).start()
    records = label(shop, works, rescue)
    record.facts["cells"] = cells_of(job, records)
    known = _label_gold(shop, plan, works)
    labeled = labeled_parts(seen, works, records)
    own, others = labeled[: len(plan.partitions)], labeled[len(plan.partitions) :]
    removed = _decide(shop.bound, own, job.split.group)
    _decide(shop.bound, others, "id" if job.refine is None else job.split.group)
    check_budget(job, records[: len(plan.shards)], removed)
    fitter = Fitter(shop, chooser, labeled, known)
    _note_input(record, plan)
    note_sight(seen, shop.bound, records, whole=record.facts["partition"] is None)
    snapshots, warnings = _publish_all(plan, labeled, fitter, record)
    record.facts["seconds"] = {stage: round(took, 3) for stage, took in shop.seconds.items()}
    stale = {value for value, why in record.facts["stale"].items() if why}
    same = tuple(one.id for one in snapshots if (one.partition or "") not in stale)
    return Run(record.id, "published", chooser.output, tuple(snapshots), tuple(warnings), same)


def _publish_all(
    plan: Plan, labeled: Sequence[Labeled], fitter: Fitter, record: Record
) -> tuple[list[Snapshot], list[str]]:
    """Publish each partition of the plan that is not as it should be; gives all with warnings."""
    shop, output = fitter.shop, fitter.chooser.output
    snapshots: list[Snapshot] = []
    warnings = [*shop.bound.doubts(), *told_of_key(plan.job, output)]
    for one in labeled[: len(plan.partitions)]:
        part = one.part
        if part.shards and not record.facts["stale"].get(part.value or ""):
            snapshots.append(standing(output, part))
        elif part.shards:
            model = fitter.of(part.value)
            record.facts["models"] = fitter.facts()
            warnings += [told for told in model.told if told not in warnings]
            made = make_snapshot(shop, plan, part, one.works, one.records, model.files, output)
            upload(output, shop.progress)
            _publish(plan.job, output, made.snapshot)
            snapshots.append(made.snapshot)
            warnings += made.warnings
    return snapshots, warnings


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


def _label_gold(shop: Shop, plan: Plan, works: Sequence[Work]) -> GoldSet | None:
    """Vote on the labeled set, if the job has one."""
    if plan.gold is None:
        return None
    gold = gold_works(plan.gold, works[0].folder, len(plan.shards))
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


def _decide(bound: BoundJob, labeled: Sequence[Labeled], group: str) -> Counter[str]:
    """Decide which rows stay, partition by partition: what a run looks at besides changes nothing.

    Gives how many rows each step took out.
    """
    removed: Counter[str] = Counter()
    step = dropping_step(bound.job)
    for one in labeled:
        pairs = zip(one.works, one.records, strict=True)
        files = [key_file(bound, work, one.part.value or "", r.rows) for work, r in pairs]
        removed.update(decide(files, drop_duplicates=step, group=group) if files else {})
    return removed


def _publish(job: Job, output: Path, snapshot: Snapshot) -> None:
    partition = snapshot.partition
    key = None if partition is None else job.source.partition
    publish(output, key, partition, snapshot.id)
    release(output, partition)
