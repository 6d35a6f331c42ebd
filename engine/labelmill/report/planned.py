"""A plan as plain data: what would run, and why."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job, RefineSpec
from labelmill.core.schema import SPLITS
from labelmill.pipeline.choice import Choice
from labelmill.pipeline.crossing import Cell, Files
from labelmill.pipeline.damage import Torn
from labelmill.pipeline.foresight import foresee
from labelmill.pipeline.freshness import differences
from labelmill.pipeline.outputs import address
from labelmill.pipeline.plan import PartitionPlan, Plan, changes
from labelmill.pipeline.publish import live_manifest
from labelmill.report.tables import share

Manifest = Mapping[str, Any]


def plan_facts(plan: Plan, output: Path, torn: Torn | None = None) -> dict[str, Any]:
    """What a run of a plan would read and do, and why; nothing is voted on.

    Functions are compared with the live snapshot; of a job with partitions, with that of the
    last one that is live.
    """
    seen = foresee(plan, output, torn)
    live = {part.value: live_manifest(output, part.value) for part in plan.partitions}
    last = next((live[part.value] for part in reversed(plan.partitions) if live[part.value]), None)
    types = {function.name: function.type for function in plan.job.functions}
    return {
        "job": plan.job.name,
        "task": plan.job.task.type,
        "source": plan.job.source.path,
        "output": address(output),
        "rows": plan.rows,
        "gold": _gold(plan),
        "partitions": [
            _partition(plan, part, live[part.value], seen.stale.get(part.value, ()))
            | {"files_changed": _changed(seen.files[part.value])}
            for part in plan.partitions
        ],
        "dropped": list(seen.dropped),
        "functions": [
            {"lf": name, "type": types.get(name), "state": state}
            for name, state in changes(plan, last).items()
        ],
        "makes": seen.made,
        "looks_at": list(seen.looked_at),
        "cells": [_cell(cell) for cell in seen.cells],
        "models": [_model(choice, labels) for choice, labels in seen.models],
        "relabels": list(seen.relabeled),
        "warnings": list(seen.warnings),
        "steps": [{"step": step, "does": does} for step, does in _steps(plan.job).items()],
    }


def _changed(files: Files) -> dict[str, list[str]]:
    return {what: list(names) for what, names in asdict(files).items() if names}


def _cell(cell: Cell) -> dict[str, Any]:
    """Where a function would vote in a partition; `unsure` only where rows were not looked at."""
    facts: dict[str, Any] = {
        "partition": cell.partition,
        "lf": cell.function,
        "shards": cell.shards,
        "votes_on": sum(cell.why.values()),
        "why": dict(cell.why),
    }
    return {**facts, "unsure": dict(cell.unsure)} if cell.unsure else facts


def _model(choice: Choice, labels: tuple[str | None, ...]) -> dict[str, Any]:
    return {
        "why": choice.why,
        "snapshot": choice.snapshot,
        "fitted_on": [part.value for part in choice.parts],
        "labels": list(labels),
    }


def _gold(plan: Plan) -> dict[str, Any] | None:
    """The labeled set, if the job has one."""
    if plan.gold is None or plan.job.gold is None:
        return None
    return {"path": plan.job.gold.path, "files": len(plan.gold.files), "rows": plan.gold.rows}


def _partition(
    plan: Plan, part: PartitionPlan, live: Manifest | None, stale: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "value": part.value,
        "files": len(part.files),
        "rows": part.rows,
        "shards": len(part.shards),
        "live": None if live is None else live["snapshot"],
        "state": _state(plan, part, live, stale),
    }


def _state(plan: Plan, part: PartitionPlan, live: Manifest | None, stale: tuple[str, ...]) -> str:
    if live is None:
        return "new"
    differ = differences(live, {"input": part.input, "plan": plan.digest})
    differ += ["files of the snapshot"] * ("files" in stale)
    return f"changed: {', '.join(differ)}" if differ else "unchanged"


def _steps(job: Job) -> dict[str, str]:
    n = len(job.functions)
    split = ", ".join(f"{name} {share(getattr(job.split, name))}" for name in SPLITS)
    select = f"confidence of at least {job.select.min_confidence:g}"
    return {
        "prepare": _named(job.prepare) or "nothing",
        "label": "1 labeling function" if n == 1 else f"{n} labeling functions",
        "fit": f"{job.label_model.type}, seed {job.label_model.seed}{_when(job)}",
        **({} if job.refine is None else {"refine": _refine(job.refine)}),
        "select": f"{select}; tie: {job.select.tie}; uncovered: {job.select.uncovered}",
        "split": f"{split}; kept together: {job.split.group}",
        "augment": _named(job.augment) or "nothing",
        "export": ", ".join(("parquet", *(export.name for export in job.export))),
        "check": _named(job.checks) or "nothing",
    }


def _when(job: Job) -> str:
    """When a label model is fitted, and on what, where the job has partitions."""
    fit = job.label_model.fit
    if job.source.partition is None:
        return "; frozen" if fit.when == "frozen" else ""
    return f"; {fit.said}, on the last {fit.window} partitions"


def _refine(refine: RefineSpec) -> str:
    dropped = f"; drop: {share(refine.drop)} of train" if refine.drop else ""
    return f"texts in {refine.folds} folds, rounds: {refine.rounds}{dropped}"


def _named(things: Any) -> str:
    return ", ".join(thing.name for thing in things)
