"""Noting what a run saw of its input, for the plans that come after it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labelmill.config.model import canonical
from labelmill.config.spec import Job
from labelmill.core.digests import digest
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import setting_of
from labelmill.pipeline.fingerprint import function_fingerprints
from labelmill.pipeline.labeled import LabelRecord
from labelmill.pipeline.lasting import lasting
from labelmill.pipeline.plan import PartitionPlan, Plan
from labelmill.pipeline.seen import (
    Bounds,
    Form,
    Seen,
    SeenFile,
    Sight,
    read_sight,
    write_sight,
)


def sight_file(job: Job) -> Path:
    """Where it is kept what was seen of a job's input."""
    return job.state_folder / "seen" / f"{job.name}.json"


def sight_of(job: Job) -> Sight:
    """What was seen of a job's input; where the state lies in a store, some machine saw it."""
    path, lasts = sight_file(job), lasting(job)
    if lasts is not None and not path.exists():
        lasts.fetch(path.parent, path.name)
    return read_sight(path)


def form_of(bound: BoundJob) -> Form:
    """What the votes of a job hang on besides its input."""
    job, source = bound.job, bound.job.source
    prints = function_fingerprints(job)
    texts = {
        "source.id": source.id,
        "source.text": source.text,
        "source.where": source.where,
        "source.gold": source.gold,
        "source.partition": source.partition,
        "prepare": [[step.type, step.name, canonical(step.kind)] for step in job.prepare],
    }
    return Form(
        {name: {**prints[name], "label sets": meaning} for name, meaning in bound.meanings.items()},
        {name: digest(value) for name, value in texts.items()},
        {name: digest(value) for name, value in setting_of(job).items()},
    )


def note_sight(plan: Plan, bound: BoundJob, records: Sequence[LabelRecord], *, whole: bool) -> None:
    """Keep what a run saw.

    Args:
        plan: what it looked at.
        bound: the job.
        records: what the label stage says of each of its shards.
        whole: whether it looked at the whole source; files that it did not see are gone then.
    """
    path, form = sight_file(plan.job), form_of(bound)
    before = sight_of(plan.job)
    parts = {part.value for part in plan.partitions}
    kept = {} if whole else before.files
    files = {name: file for name, file in kept.items() if file.partition not in parts}
    fresh: dict[str, dict[Bounds, Seen]] = {}
    for shard, record in zip(plan.shards, records, strict=True):
        if record.seen is not None:
            own = fresh.setdefault(str(shard.file.path), {})
            own[shard.start, shard.stop] = record.seen
    for part in plan.partitions:
        files |= _noted(part, before, fresh, form)
    if files != before.files:
        write_sight(path, Sight(files))
        lasts = lasting(plan.job)
        if lasts is not None:
            lasts.send(path.parent, path.name)


def _noted(
    part: PartitionPlan, before: Sight, fresh: Mapping[str, Mapping[Bounds, Seen]], form: Form
) -> dict[str, SeenFile]:
    """The files of a partition as they are now, by path; those whose shards nobody knows lack."""
    found = {}
    for file in part.files:
        path, content = str(file.path), part.digests.of(file)
        known = before.of(path, part.value, content)
        same = known is not None and known.content == content and known.form.texts == form.texts
        old = known.shards if known is not None and same else {}
        own = {
            bounds: seen.with_those_of(old.get(bounds))
            for bounds, seen in fresh.get(path, {}).items()
        }
        if own or old or not file.rows:
            found[path] = SeenFile(file.name, part.value, content, own or old, form)
    return found
