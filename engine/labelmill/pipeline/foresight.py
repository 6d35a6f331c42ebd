"""What a run of a plan would do, and why: partitions, votes and label models."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labelmill.config.spec import Job
from labelmill.io.source import list_files
from labelmill.pipeline.choice import Choice, Chooser
from labelmill.pipeline.crossing import Cell, Crossing, Files
from labelmill.pipeline.damage import Torn
from labelmill.pipeline.fitting import to_look_at
from labelmill.pipeline.freshness import labeled_by_others, why_stale
from labelmill.pipeline.parts import Parts
from labelmill.pipeline.plan import Plan
from labelmill.pipeline.publish import published_partitions
from labelmill.pipeline.rekeyed import told_of_key
from labelmill.pipeline.survey import in_order


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a run would do.

    Attributes:
        stale: why each partition with rows would be made; nothing where it is published as it is.
        looked_at: partitions besides those of the plan that a label model would be fitted on.
        cells: where functions would vote; none where nothing would be made.
        files: those of each partition that are others than they were when they were labeled.
        models: the label models of what would be made, each with the partitions that it labels.
        relabeled: partitions that another label model would label, which `--relabel` does.
        dropped: partitions that are live and gone from the source.
        warnings: what a run would warn of.
    """

    stale: Mapping[str | None, tuple[str, ...]]
    looked_at: tuple[str | None, ...]
    cells: tuple[Cell, ...]
    files: Mapping[str | None, Files]
    models: tuple[tuple[Choice, tuple[str | None, ...]], ...]
    relabeled: tuple[str | None, ...]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def made(self) -> list[str | None]:
        """The partitions that a run would make."""
        return [value for value, why in self.stale.items() if why]


def foresee(plan: Plan, output: Path, torn: Torn | None = None) -> Foreseen:
    """Look ahead; nothing is voted on, and nothing is written.

    Args:
        plan: the plan.
        output: where the job publishes.
        torn: the files that it leaves out, as `make_plan` takes them.

    Raises:
        LabelmillError: what would stop the run before it votes.
    """
    job = plan.job
    gold = None if plan.gold is None else plan.gold.input
    chooser = Chooser(job, gold, output, Parts(job, plan.partitions, torn))
    stale = {part.value: why_stale(output, plan, part) for part in plan.partitions if part.shards}
    made = [value for value, why in stale.items() if why]
    others = to_look_at(plan, chooser, made)
    live = set(published_partitions(output))
    seen = replace(plan, partitions=(*plan.partitions, *others))
    crossing = Crossing(seen, {v for v, why in stale.items() if "missing" not in why} | live)
    same = [value or "" for value, why in stale.items() if not why]
    return Foreseen(
        stale,
        tuple(part.value for part in others),
        crossing.cells() if made else (),
        crossing.files(),
        _models(chooser, made),
        tuple(value or None for value in labeled_by_others(output, chooser, same)),
        _dropped(job, live),
        told_of_key(job, output) if made else (),
    )


def _models(
    chooser: Chooser, made: list[str | None]
) -> tuple[tuple[Choice, tuple[str | None, ...]], ...]:
    choices = {chooser.of(value).name: chooser.of(value) for value in made}
    return tuple(
        (choice, tuple(value for value in made if chooser.of(value).name == name))
        for name, choice in choices.items()
    )


def _dropped(job: Job, live: set[str]) -> tuple[str, ...]:
    if job.source.partition is None:
        return ()
    there = {file.partition for file in list_files(job.source.path, job.source.partition)}
    return tuple(str(name) for name in in_order(live) if name not in there)
