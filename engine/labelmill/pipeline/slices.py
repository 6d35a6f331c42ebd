"""One of n slices of a job's shards, labeled ahead, so that n machines can label at once.

A slice leaves in the state what functions said of its rows, and publishes nothing. The run that
comes after finds all of it known and does the rest. All machines see the same source and the same
state; they agree on the slices by looking at the source.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from threadpoolctl import threadpool_limits

from labelmill.config.spec import Job, RecordSpec
from labelmill.errors import UsageError
from labelmill.io import durable
from labelmill.pipeline import ending
from labelmill.pipeline.cells import write_prints
from labelmill.pipeline.damage import Torn, enduring
from labelmill.pipeline.engines import executor_of
from labelmill.pipeline.labeled import LabelRecord, kept_folder, works_of
from labelmill.pipeline.locks import locked_for_slice
from labelmill.pipeline.past import LABEL
from labelmill.pipeline.plan import Plan, make_plan
from labelmill.pipeline.ready import check_ready
from labelmill.pipeline.record import Record
from labelmill.pipeline.rescue import LabelRescue
from labelmill.pipeline.result import Run
from labelmill.pipeline.run import cells_of, label
from labelmill.pipeline.shop import Shop
from labelmill.pipeline.telling import Listener, Progress, Telling, deaf, silent
from labelmill.pipeline.works import Work


@dataclass(frozen=True, slots=True)
class Slice:
    """The i-th of n parts that stand one after the other; both count from 1.

    Example:
        >>> Slice.read("2/3").of("abcdefgh"), Slice.read("2/3").of("a")
        ('cde', '')
    """

    number: int = 1
    total: int = 1

    @classmethod
    def read(cls, text: str) -> "Slice":
        """Read `i/n`.

        Raises:
            UsageError: if it is nothing of the kind.
        """
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text, re.ASCII)
        if found is None:
            message = f"--shards {text}: expected I/N, the I-th of N slices, such as 2/8"
            raise UsageError(message)
        number, total = map(int, found.groups())
        if not 1 <= number <= total:
            hint = "; slices count from 1, so add 1 to an index from 0" if number == 0 else ""
            message = f"--shards {text}: expected I/N with 1 <= I <= N{hint}"
            raise UsageError(message)
        return cls(number, total)

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"

    def of(self, items: Sequence[Any]) -> Sequence[Any]:
        """Its part of something; all n parts together are the whole, each as long as the others."""
        start, stop = ((len(items) * n) // self.total for n in (self.number - 1, self.number))
        return items[start:stop]


@dataclass(frozen=True, slots=True)
class SliceRun:
    """A slice that was labeled; `status` is "labeled" or "no data".

    `cells` is what `run.json` says under that key; `errors` counts failed rows by function.
    """

    id: str
    status: str
    slice: Slice
    shards: int = 0
    rows: int = 0
    cells: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    unreadable: int = 0


def label_slice(
    job: Job,
    slice_: Slice,
    *,
    partition: str | None = None,
    progress: Progress = silent,
    listener: Listener = deaf,
) -> SliceRun:
    """Label one slice of a job's shards and keep what functions said; publish nothing.

    What is already known is not asked again. The error budget is that of the whole job, and only
    a run holds it against the rows; a slice alone stops where too many rows end worker processes.

    Args:
        job: the checked job.
        slice_: which slice.
        partition: take the shards of one partition only.
        progress: told of every finished task.
        listener: told when the work begins and ends, and of signals that it ends for.

    Raises:
        LabelmillError: whatever stopped it; shards that were labeled are kept.
    """
    record = Record.of(job, LABEL)
    record.facts["config"] = dict(job.resolved.public)
    record.facts["overrides"] = list(job.resolved.overrides)
    record.facts |= {"partition": partition, "slice": str(slice_)}
    quiet = replace(job, record=RecordSpec())  # metrics and lineage tell of whole runs
    part = f"label-{slice_.number}-of-{slice_.total}"
    telling = Telling(quiet, record, progress, listener, part)
    with (
        telling.failing(),
        ending.drained(job.execution.grace, telling.signal),
        locked_for_slice(job, part),
        threadpool_limits(1),
        telling.failing(),
    ):
        telling.started()
        step = telling.step
        result = enduring(
            job, lambda torn: _label_slice(job, slice_, partition, torn, step, record)
        )
        telling.ended(Run(record.id, result.status, job.root, ()))
        record.close(result.status)
    return result


def _label_slice(
    job: Job,
    slice_: Slice,
    partition: str | None,
    torn: Torn,
    progress: Progress,
    record: Record,
) -> SliceRun:
    check_ready(job, partition)
    plan = make_plan(job, partition, torn)
    record.facts["plan"] = plan.digest
    if not plan.rows:
        return SliceRun(record.id, "no data", slice_)
    folder = job.state_folder / "work" / job.name / f"label-{record.id}"
    kept = kept_folder(job)
    works = slice_.of(works_of(plan, folder, kept))
    rows = sum(len(work.shard) for work in works)
    record.facts["labeled"] = {"shards": len(works), "of": len(plan.shards), "rows": rows}
    durable.make_folder(folder)
    try:
        write_prints(job, folder)
        records = _labeled(plan, works, rows, progress, record)
    finally:
        durable.remove_folder(folder)
    record.facts["cells"] = cells_of(job, records)
    errors: Counter[str] = Counter()
    for one in records:
        errors.update(one.errors)
    unreadable = sum(one.faults for one in records)
    record.facts["errors"] = {"functions": dict(sorted(errors.items())), "unreadable": unreadable}
    return SliceRun(
        record.id,
        "labeled",
        slice_,
        len(works),
        rows,
        record.facts["cells"],
        dict(sorted(errors.items())),
        unreadable,
    )


def _labeled(
    plan: Plan, works: Sequence[Work], rows: int, progress: Progress, record: Record
) -> list[LabelRecord]:
    """Label the shards of a slice; a slice of few shards may have none."""
    if not works:
        return []
    rescue = LabelRescue(ceil(plan.job.error_budget * plan.rows), plan.rows)
    with executor_of(plan.job, len(works), rows) as (bound, executor):
        shop = Shop(bound, executor, progress)
        records = label(shop, works, rescue)
    for part in plan.partitions:
        for file in {work.shard.file.path for work in works} & {f.path for f in part.files}:
            part.digests.check_unchanged(file)
    record.facts["seconds"] = {stage: round(took, 3) for stage, took in shop.seconds.items()}
    return records
