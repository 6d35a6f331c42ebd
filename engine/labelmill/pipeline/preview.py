"""Votes on a few rows, for people to look at; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from labelmill.config.spec import Job
from labelmill.core.schema import said
from labelmill.errors import UsageError, nearest
from labelmill.io.shard_reader import read_shard
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.memory import InMemory, label_table
from labelmill.pipeline.plan import Plan, make_plan
from labelmill.pipeline.rows import source_columns, with_partition


@dataclass(frozen=True, slots=True)
class PreviewVote:
    """One vote; `label` joins the labels of a set with |."""

    lf: str
    label: str
    start: int
    end: int
    entry: str | None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row with its votes and what a label model makes of them.

    `probs` maps labels to probabilities (document tasks), `entities` are (start, end, label,
    confidence), `errors` are (lf, reason, message). Where a text can have several labels, `labels`
    holds those of a labeled row.
    """

    id: str
    text: str
    status: str
    label: str | None
    confidence: float | None
    votes: tuple[PreviewVote, ...]
    errors: tuple[tuple[str, str, str], ...]
    probs: dict[str, float]
    entities: tuple[tuple[int, int, str, float], ...]
    labels: tuple[str, ...] | None = None


def preview(
    job: Job,
    *,
    rows: int = 10,
    ids: Sequence[str] = (),
    lf: str | None = None,
    partition: str | None = None,
) -> list[PreviewRow]:
    """Vote on the first rows, on those with some ids, or on those where one function votes.

    With `partition` only rows of that partition are looked at. The label model is fitted on the
    rows of the first shard alone, so its numbers are a foretaste and not those of a run.

    Raises:
        UsageError: if there is no such function, or no row has one of the ids.
    """
    if lf is not None and lf not in [function.name for function in job.functions]:
        known = [function.name for function in job.functions]
        message = f"there is no labeling function '{lf}'{nearest(lf, known)}"
        raise UsageError(message)
    bound = BoundJob(job)
    table = _table(bound, make_plan(job, partition), ids)
    done = label_table(bound, table)
    found = _rows(bound, done)
    if ids:
        wanted = set(ids)
        return [row for row in found if row.id in wanted]
    if lf is not None:
        found = [row for row in found if any(v.lf == lf for v in row.votes) or _failed(row, lf)]
    return found[:rows]


def _table(bound: BoundJob, plan: Plan, ids: Sequence[str]) -> pa.Table:
    """The first shard, or the first shard that holds one of the ids."""
    source = plan.job.source
    for shard in plan.shards:
        names = [source.id, source.text, *source_columns(bound, plan.schema)]
        table = with_partition(bound, read_shard(shard, list(dict.fromkeys(names))), shard)
        if not ids or pc.is_in(table[source.id].cast(pa.string()), pa.array(ids)).to_numpy().any():
            return table
    message = f"no row of {source.path} has an id among: {', '.join(ids)}"
    raise UsageError(message)


def _failed(row: PreviewRow, lf: str) -> bool:
    return any(name == lf for name, _, _ in row.errors)


def _rows(bound: BoundJob, done: InMemory) -> list[PreviewRow]:
    errors: dict[int, list[tuple[str, str, str]]] = {}
    for name, failed in done.errors.items():
        for error in failed:
            place = int(done.labeled.place[error.doc])
            errors.setdefault(place, []).append((name, error.reason, error.message))
    for place, row in enumerate(done.labeled.table["status"].to_pylist()):
        if row == "error":
            errors.setdefault(place, [])
    faults = iter(done.rows.faults)
    rows = []
    for place, row in enumerate(done.labeled.table.to_pylist()):
        told = errors.get(place, [])
        if row["status"] == "error":
            told = [("", "unreadable", next(faults).reason)]
        rows.append(_row(row, bound.space.names, tuple(told)))
    return rows


def _row(
    row: dict[str, Any], names: tuple[str, ...], errors: tuple[tuple[str, str, str], ...]
) -> PreviewRow:
    spans = "entities" in row
    return PreviewRow(
        id=str(row["id"]),
        text=row["text"] or "",
        status=row["status"],
        label=row.get("label"),
        confidence=row["confidence"],
        votes=tuple(
            PreviewVote(v["lf"], said(v), v["start"], v["end"], v["entry"])
            for v in row["votes"] or ()
        ),
        errors=errors,
        probs={} if spans else dict(zip(names, row["probs"] or (), strict=False)),
        entities=tuple(
            (e["start"], e["end"], e["label"], e["confidence"]) for e in row.get("entities") or ()
        ),
        labels=None if row.get("labels") is None else tuple(row["labels"]),
    )
