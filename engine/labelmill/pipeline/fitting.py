"""The fit stage of a run: each label model that its partitions need, fitted or taken as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from labelmill.aggregate.artifact import FILE_NAME as MODEL_FILE
from labelmill.aggregate.artifact import Artifact, from_json
from labelmill.aggregate.fitted import check_is_of
from labelmill.core.digests import digest_bytes
from labelmill.errors import BadParameter, UsageError
from labelmill.io import durable
from labelmill.pipeline.choice import Choice, Chooser, inputs_of
from labelmill.pipeline.fit import fit, vote_space
from labelmill.pipeline.gold_set import GoldSet
from labelmill.pipeline.labeled import LabelRecord
from labelmill.pipeline.plan import PartitionPlan, Plan
from labelmill.pipeline.publish import snapshot_folder
from labelmill.pipeline.refining import (
    read_sample,
    refine,
    sample_shard,
    sample_tasks,
    whole_refinement,
)
from labelmill.pipeline.shop import Shop
from labelmill.pipeline.works import FittedFiles, Work
from labelmill.refine.artifact import FILE_NAME as REFINEMENT_FILE
from labelmill.refine.artifact import to_bytes


@dataclass(frozen=True, slots=True)
class Labeled:
    """A partition whose rows were voted on: its shards, and what is said of each."""

    part: PartitionPlan
    works: tuple[Work, ...]
    records: tuple[LabelRecord, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A label model of a run: its files, what a person has to be told, and the choice."""

    files: FittedFiles
    told: tuple[str, ...]
    choice: Choice
    artifact: Artifact

    def facts(self, partitions: Iterable[str | None]) -> dict[str, Any]:
        """What the record of the run says of it; `partitions` are those that it labels."""
        fit_ = self.artifact.fit or {}
        return {
            "model": digest_bytes(self.files.model.read_bytes()),
            "type": self.artifact.type,
            "fitted": self.choice.snapshot is None,
            "why": self.choice.why,
            "snapshot": self.choice.snapshot,
            "up_to": fit_.get("up_to"),
            "fitted_on": sorted(fit_.get("inputs", {})),
            "rows": fit_.get("rows"),
            "labels": sorted(value or "" for value in partitions),
        }


class Fitter:
    """Makes the label models of a run, each once."""

    def __init__(
        self, shop: Shop, chooser: Chooser, labeled: Sequence[Labeled], gold: GoldSet | None
    ) -> None:
        """Nothing is fitted yet; of all that was `labeled` it is decided which rows count."""
        self.shop = shop
        self.chooser = chooser
        self._labeled = {one.part.value: one for one in labeled}
        self._gold = gold
        self._folder = next(work.folder for one in labeled for work in one.works)
        self._models: dict[Any, Model] = {}
        self._labels: dict[Any, list[str | None]] = {}

    def facts(self) -> list[dict[str, Any]]:
        """What the record of the run says of its models so far."""
        return [model.facts(self._labels[name]) for name, model in self._models.items()]

    def of(self, partition: str | None) -> Model:
        """The model for a partition."""
        choice = self.chooser.of(partition)
        self._labels.setdefault(choice.name, []).append(partition)
        if choice.name not in self._models:
            folder = self._folder / f"model-{len(self._models)}"
            made = self._fitted if choice.snapshot is None else self._taken
            self._models[choice.name] = made(choice, folder)
        return self._models[choice.name]

    def _taken(self, choice: Choice, folder: Path) -> Model:
        """A model as it was published."""
        published = snapshot_folder(self.chooser.output, str(choice.snapshot))
        bound, refined = self.shop.bound, self.shop.bound.job.refine is not None
        files = FittedFiles(folder / MODEL_FILE, folder / REFINEMENT_FILE if refined else None)
        for path in files.all():
            durable.write_bytes(path, (published / path.name).read_bytes())
        model = from_json(files.model.read_bytes(), str(published / MODEL_FILE))
        try:
            check_is_of(model.space, vote_space(bound))
        except BadParameter as error:
            raise UsageError(_unfit(bound.job.label_model.fit.said, error.message)) from error
        doubts = _doubts(whole_refinement(bound, files.refinement)) if files.refinement else ()
        return Model(files, (*model.warnings, *doubts), choice, model)

    def _fitted(self, choice: Choice, folder: Path) -> Model:
        """A model that is fitted now."""
        shop, bound = self.shop, self.shop.bound
        works = self._works(choice)
        shop.progress("fit", 0, 1)
        started = perf_counter()
        gold = None if self._gold is None else self._gold.gold
        model = fit(bound, [(w.file("patterns"), w.file("decisions")) for w in works], gold)
        if self._gold is not None:
            model = model.noting(*self._gold.count.findings())
        model = replace(model, fit=self._facts(choice))
        files = FittedFiles(folder / MODEL_FILE)
        durable.write_bytes(files.model, model.to_json())
        _add(shop.seconds, "fit", started)
        shop.progress("fit", 1, 1)
        made = Model(files, model.warnings, choice, model)
        return made if bound.job.refine is None else self._refined(made, folder)

    def _refined(self, made: Model, folder: Path) -> Model:
        """Learn from the texts too."""
        shop = self.shop
        works = self._works(made.choice)
        rows = sum(len(work.shard) for work in works)
        runs = [work.run for work in works]
        tasks = sample_tasks(works, rows)
        list(shop.each("sample", sample_shard, tasks, runs=runs))
        shop.progress("refine", 0, 1)
        started = perf_counter()
        sample = read_sample(shop.bound, made.artifact, works)
        found = refine(shop.bound, made.artifact, sample, self._gold)
        files = FittedFiles(made.files.model, folder / REFINEMENT_FILE)
        durable.write_bytes(folder / REFINEMENT_FILE, to_bytes(found))
        _add(shop.seconds, "refine", started)
        shop.progress("refine", 1, 1)
        return replace(made, files=files, told=(*made.told, *_doubts(found)))

    def _facts(self, choice: Choice) -> dict[str, Any]:
        """What a model says of its fit; the partitions must be those that were voted on."""
        parts = choice.parts
        for part in parts:
            part.check_unchanged()
        return {
            "hangs_on": self.chooser.hangs_on,
            "inputs": inputs_of(parts),
            "rows": sum(part.rows for part in parts),
            "up_to": choice.up_to,
        }

    def _works(self, choice: Choice) -> list[Work]:
        """The shards that a model is fitted on."""
        return [work for part in choice.parts for work in self._labeled[part.value].works]


def labeled_parts(
    plan: Plan, works: Sequence[Work], records: Sequence[LabelRecord]
) -> list[Labeled]:
    """The partitions of a plan with their shards, and what the label stage says of these."""
    found, start = [], 0
    for part in plan.partitions:
        stop = start + len(part.shards)
        found.append(Labeled(part, tuple(works[start:stop]), tuple(records[start:stop])))
        start = stop
    return found


def to_look_at(plan: Plan, chooser: Chooser, made: Iterable[str | None]) -> list[PartitionPlan]:
    """The partitions that models have to see besides those of a plan, in natural order.

    Args:
        plan: the plan.
        chooser: says which models are needed.
        made: the partitions to be labeled by them.
    """
    known = {part.value for part in plan.partitions}
    others: dict[str | None, PartitionPlan] = {}
    for value in made:
        choice = chooser.of(value)
        if choice.snapshot is None:
            others |= {part.value: part for part in choice.parts if part.value not in known}
    return [others[name] for name in chooser.parts.names if name in others]


def _unfit(when: str, why: str) -> str:
    return (
        f"label_model.fit: {when}: the label model that is published cannot be used: {why}; or "
        "write `when: on_change` to fit another one"
    )


def _doubts(found: Any) -> tuple[str, ...]:
    review = found.review
    return () if review.used else (f"refine: the texts are not used: {review.why}",)


def _add(seconds: dict[str, float], stage: str, started: float) -> None:
    seconds[stage] = seconds.get(stage, 0.0) + perf_counter() - started
