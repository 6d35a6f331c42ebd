"""Making one snapshot: labels, splits, augmented rows, exports, report, checks, manifest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from labelmill.aggregate.artifact import Artifact, from_json
from labelmill.aggregate.multi_label import FittedMultiLabel
from labelmill.aggregate.story import Story
from labelmill.core.digests import digest, digest_bytes
from labelmill.core.facts import EMPTY_TRAIN
from labelmill.core.hiding import hidden_in_all
from labelmill.core.protocols import ExportCount
from labelmill.core.schema import SPLITS
from labelmill.errors import ChecksFailed
from labelmill.export.card import dataset_card
from labelmill.io import durable
from labelmill.pipeline.card import card_facts
from labelmill.pipeline.checking import CheckResult, Subject, carry_out_checks
from labelmill.pipeline.conservation import check_conservation
from labelmill.pipeline.damage import rows_of_damage, told_of_damage
from labelmill.pipeline.fingerprint import function_fingerprints, versions
from labelmill.pipeline.held import Held, hold, make_way, override_of
from labelmill.pipeline.infer import ShardSummary
from labelmill.pipeline.labeled import LabelRecord
from labelmill.pipeline.mentions import Mentions, write_mentions
from labelmill.pipeline.plan import PartitionPlan, Plan
from labelmill.pipeline.publish import commit, json_bytes, seal, staging_folder
from labelmill.pipeline.refining import refine_report
from labelmill.pipeline.result import Snapshot
from labelmill.pipeline.shop import Shop
from labelmill.pipeline.stages import (
    AugmentTask,
    ExportTask,
    InferTask,
    augment_shard,
    export_split,
    infer_shard,
)
from labelmill.pipeline.works import FittedFiles, Work
from labelmill.report.analysis import function_rows
from labelmill.report.document import SCHEMA_VERSION, agreement, conflict_rows, totals
from labelmill.report.page import report_page


@dataclass(frozen=True, slots=True)
class Made:
    """A committed snapshot, and the checks of severity `warn` that failed on it."""

    snapshot: Snapshot
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Making:
    """A snapshot on its way."""

    shop: Shop
    plan: Plan
    part: PartitionPlan
    works: Sequence[Work]
    files: FittedFiles
    staging: Path


def make_snapshot(  # noqa: PLR0913, PLR0917
    shop: Shop,
    plan: Plan,
    part: PartitionPlan,
    works: Sequence[Work],
    records: Sequence[LabelRecord],
    files: FittedFiles,
    output: Path,
) -> Made:
    """Make the snapshot of one partition and give it its final name.

    Raises:
        ChecksFailed: if a check of severity `error` fails, or the train split is empty; the
            snapshot is held then, so that it can be looked at.
        NotConserved: if rows were lost or doubled.
        InputMissing: if the input was changed while it was read.
    """
    fitted = [digest_bytes(path.read_bytes()) for path in files.all()]
    id_ = digest([part.input, plan.digest, *fitted])[:32]
    making = Making(shop, plan, part, works, files, staging_folder(output, id_))
    try:
        summary = _label_and_augment(making, records)
        exports = _export(making)
        report = _report(making, summary, exports)
        subject = Subject(
            shop.bound,
            plan,
            part,
            id_,
            making.staging,
            output,
            works[0].folder,
            files,
            summary,
            report,
        )
        results = [*_train_check(making, summary), *carry_out_checks(subject)]
        report["checks"] = [result.row() for result in results]
        _write_documents(making, id_, report)
        part.check_unchanged()
        if plan.gold is not None:
            plan.gold.check_unchanged()
    except BaseException:
        durable.remove_folder(making.staging)
        raise
    make_way(output, id_)
    folder = commit(output, making.staging, id_)
    warnings = _hold_if_failed(output, Snapshot(id_, folder, part.value, report), results)
    warnings += told_of_damage(report)
    warnings += _idle_steps(report["augmented"])
    warnings += _single_class(report)
    return Made(Snapshot(id_, folder, part.value, report), warnings)


def _idle_steps(augmented: Mapping[str, Any]) -> tuple[str, ...]:
    """Warnings about augment steps that were tried and made no row at all."""
    tried: dict[str, list[str]] = {}
    for told, count in augmented["dropped"].items():
        step, _, reason = told.partition(": ")
        tried.setdefault(step, []).append(f"{count} x {reason}")
    return tuple(
        f"augment step '{step}' made no rows ({', '.join(reasons)})"
        for step, reasons in tried.items()
        if step not in augmented["made"]
    )


def _label_and_augment(making: Making, records: Sequence[LabelRecord]) -> ShardSummary:
    shop, job = making.shop, making.plan.job
    for path in making.files.all():
        durable.write_bytes(making.staging / path.name, path.read_bytes())
    parts = [f"part-{number:05}.parquet" for number in range(len(making.works))]
    tasks = [
        InferTask(work, part, making.files, making.staging, record.errors)
        for work, part, record in zip(making.works, parts, records, strict=True)
    ]
    summary, found = ShardSummary(), Mentions(job.seed)
    runs = [work.run for work in making.works]
    for record in shop.each("infer", infer_shard, tasks, runs=runs):
        summary += record.summary
        found.add(record.mentions)
    check_conservation(making.staging, summary)
    if job.augment and job.split.train > 0:
        mentions = None
        if any(step.kind.needs(job.root).mentions for step in job.augment):
            mentions = making.works[0].file("mentions")
            write_mentions(mentions, found)
        children = [
            AugmentTask(work, part, making.staging, mentions)
            for work, part in zip(making.works, parts, strict=True)
        ]
        summary = reduce(add, shop.each("augment", augment_shard, children), summary)
    return summary


def _export(making: Making) -> dict[str, dict[str, Any]]:
    job = making.plan.job
    tasks = [
        ExportTask(split, number, making.staging)
        for split in SPLITS
        if getattr(job.split, split) > 0
        for number in range(len(job.export))
    ]
    counts = list(making.shop.each("export", export_split, tasks)) if tasks else []
    exports: dict[str, dict[str, Any]] = {}
    for task, count in zip(tasks, counts, strict=True):
        name = job.export[task.exporter].name
        exports.setdefault(name, {})[task.split] = _export_row(count)
    return exports


def _export_row(count: ExportCount) -> dict[str, Any]:
    return {"written": count.written, "left_out": dict(sorted(count.left_out.items()))}


def _report(
    making: Making, summary: ShardSummary, exports: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    job, bound = making.plan.job, making.shop.bound
    spans = bound.unit == "span"
    several = bound.space.names if bound.multi_label else ()
    model = from_json(making.files.model.read_bytes())
    kinds = [(function.name, function.type) for function in job.functions]
    counts = summary.counts
    rows = (
        []
        if counts is None
        else function_rows(counts, kinds, bound.space, model.fitted.weights(), spans=spans)
    )
    status = Counter(summary.status)
    return {
        "schema_version": SCHEMA_VERSION,
        "job": job.name,
        "task": job.task.type,
        "multi_label": bound.multi_label,
        "labels": list(bound.space.names),
        "partition": making.part.value,
        "label_model": _label_model(model, job.label_model.seed),
        "refine": refine_report(bound, making.files.refinement, summary),
        "totals": totals(
            status, sum(summary.filtered.values()), summary.rows_in, summary.quarantined
        ),
        "skipped_files": rows_of_damage(making.part.files),
        "filtered": dict(sorted(summary.filtered.items())),
        "functions": rows,
        "conflicts": [] if counts is None else conflict_rows(bound.names, counts.conflicts),
        "classes": {name: summary.classes[name] for name in bound.space.names},
        "confidence": [summary.confidence[tenth] for tenth in range(10)],
        "measures": summary.measures.row(),
        "splits": {split: summary.splits[split] for split in SPLITS},
        "augmented": {
            "made": dict(sorted(summary.copies.items())),
            "dropped": dict(sorted(summary.copies_dropped.items())),
            "failures": hidden_in_all(dict(sorted(summary.failures.items())), job.resolved.hidden),
        },
        "spans_lost": summary.spans_lost,
        "gold": agreement(summary.judgement, spans=spans, labels=several),
        "exports": exports,
        "samples": [sample.row() for sample in summary.samples],
    }


def _label_model(model: Artifact, seed: int) -> dict[str, Any]:
    """The model that is used, how it came to be that one, and how it was calibrated."""
    heat = None if model.calibration is None else asdict(model.calibration)
    story = model.story or Story(model.type, model.type, "it was fitted before")
    told = {"type": model.type, "seed": seed, "calibration": heat, "fit": model.fit} | story.row()
    if isinstance(model.fitted, FittedMultiLabel):
        told["by_label"] = model.fitted.rows()
    return told


def _single_class(report: Mapping[str, Any]) -> tuple[str, ...]:
    """A warning about labels that are all the same, though the task has several."""
    given = [name for name, count in report["classes"].items() if count]
    if len(given) != 1 or len(report["labels"]) < 2 or report["multi_label"]:
        return ()
    message = (
        f"every label that was given is '{given[0]}': nothing can be learned from such a training "
        "set; see what its labeling functions vote for"
    )
    return (message,)


def _elsewhere(summary: ShardSummary) -> str:
    """Where the rows went instead of train, if some were taken into a split."""
    others = [f"{n} in {split}" for split, n in summary.splits.items() if n]
    if not others:
        return ""
    return f"; {' and '.join(others)}: rows that `split.group` holds to be one stay together"


def _train_check(making: Making, summary: ShardSummary) -> list[CheckResult]:
    """A check that failed, where the train split is empty and should not be."""
    if making.plan.job.split.train <= 0 or summary.splits["train"]:
        return []
    states = ", ".join(f"{n} {state}" for state, n in sorted(summary.status.items()))
    told = f"the train split is empty (rows: {states or 'none'}){_elsewhere(summary)}"
    return [CheckResult(EMPTY_TRAIN, EMPTY_TRAIN, "error", passed=False, value=0.0, message=told)]


def _hold_if_failed(
    output: Path, snapshot: Snapshot, results: Sequence[CheckResult]
) -> tuple[str, ...]:
    """Keep a snapshot from being published if a check failed on it; gives the warnings."""
    lost = [r for r in results if not r.passed]
    failed = [r for r in lost if r.severity == "error"]
    override = override_of(output, snapshot.id) if failed else None
    if failed and (override is None or not {r.name for r in failed} <= set(override["checks"])):
        hold(output, Held(snapshot.id, snapshot.partition, {r.name: r.message for r in failed}))
        told = [f"{r.told}; nothing was published" for r in failed]
        raise ChecksFailed(told, snapshot.id, snapshot.partition)
    why = "" if override is None else f" (overridden: {override['reason']})"
    return tuple(f"{r.told}{why}" if r in failed else r.told for r in lost)


def _write_documents(making: Making, id_: str, report: dict[str, Any]) -> None:
    plan, staging = making.plan, making.staging
    durable.write_bytes(staging / "report.json", json_bytes(report))
    durable.write_bytes(staging / "report.html", report_page(report).encode())
    fingerprints = {
        "input": making.part.input,
        "plan": plan.digest,
        "model": digest_bytes(making.files.model.read_bytes()),
    }
    if making.files.refinement is not None:
        fingerprints["refinement"] = digest_bytes(making.files.refinement.read_bytes())
    if plan.gold is not None:
        fingerprints["gold"] = plan.gold.input
    card = dataset_card(card_facts(plan, report, fingerprints))
    durable.write_bytes(staging / "README.md", card.encode())
    manifest = {
        "schema_version": 1,
        "snapshot": id_,
        "job": plan.job.name,
        "partition": making.part.value,
        "seed": plan.job.seed,
        "rows": report["totals"] | {"splits": report["splits"]},
        "skipped_files": report["skipped_files"],
        "fingerprints": fingerprints,
        "functions": function_fingerprints(plan.job),
        "checks": report["checks"],
        "label_model": report["label_model"],
        "refine": report["refine"],
        "config": {k: v for k, v in plan.job.resolved.public.items() if k != "output"},
        "versions": versions(),
    }
    seal(staging, manifest)
