"""Trying the parts of a job without its data: lists are read, models loaded, functions bound."""

from collections.abc import Callable, Iterator
from functools import partial

from labelmill.aggregate.fitted import Fitted
from labelmill.config.located import Complaint
from labelmill.config.spec import Job
from labelmill.errors import BadColumn, BadParameter, BadResource
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.fit import vote_space
from labelmill.pipeline.gold_set import check_gold


def try_job(job: Job, *, deep: bool) -> list[Complaint]:
    """What a run would stumble over before its first row.

    Args:
        job: the job.
        deep: also bind labeling functions and augment steps as a run does, which imports what
            they need (spaCy, snorkel, code of the project).
    """
    bound = BoundJob(job)
    complaints = list(_gazetteers(bound))
    complaints += _label_model(bound)
    complaints += _gold(bound)
    if deep:
        broken = {complaint.name for complaint in complaints}
        complaints += _functions(bound, broken)
        complaints += _augmenters(bound, broken)
    return complaints


def _gazetteers(bound: BoundJob) -> Iterator[Complaint]:
    for name in bound.gazetteers:
        yield from _tried("gazetteers", name, partial(bound.gazetteers.__getitem__, name))


def _label_model(bound: BoundJob) -> Iterator[Complaint]:
    kind, space = bound.job.label_model.kind, vote_space(bound)
    if isinstance(kind, Fitted):
        located = kind.located(bound.job.root)
        yield from _tried("label_model", None, partial(located.applied, space))
    elif hasattr(kind, "check"):
        yield from _tried("label_model", None, partial(kind.check, space))


def _gold(bound: BoundJob) -> Iterator[Complaint]:
    if bound.job.gold is not None:
        yield from _tried("gold", None, partial(check_gold, bound, bound.job.gold))


def _functions(bound: BoundJob, broken: set[str | None]) -> Iterator[Complaint]:
    for spec in bound.job.functions:
        if not broken & set(spec.kind.needs(bound.job.root).gazetteers):
            bind = partial(spec.kind.bind, bound.bench(spec.name))
            yield from _tried("labeling_functions", spec.name, bind)


def _augmenters(bound: BoundJob, broken: set[str | None]) -> Iterator[Complaint]:
    for spec in bound.job.augment:
        if not broken & set(spec.kind.needs(bound.job.root).gazetteers):
            bind = partial(spec.kind.bind, bound.bench(spec.name, only=spec.only))
            yield from _tried("augment", spec.name, bind)


def _tried(section: str, name: str | None, act: Callable[[], object]) -> Iterator[Complaint]:
    try:
        act()
    except BadParameter as error:
        yield Complaint(section, name, error.field, error.message, error.code)
    except BadResource as error:
        yield Complaint(section, name, "", str(error), "resource")
    except BadColumn as error:
        yield Complaint(section, name, "label", str(error), "column")
