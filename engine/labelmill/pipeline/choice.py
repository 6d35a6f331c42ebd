"""Which label model labels a partition, and which partitions it sees.

That hangs on `label_model.fit`, on the names and the content of the partitions of the source, and
where a model is kept, on what is published: never on the clock, nor on the order of runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from labelmill.aggregate.artifact import FILE_NAME as MODEL_FILE
from labelmill.aggregate.fitted import Fitted
from labelmill.config.model import canonical
from labelmill.config.spec import Job
from labelmill.core.digests import digest, digest_bytes
from labelmill.errors import UsageError
from labelmill.pipeline.fingerprint import file_digests, function_fingerprints
from labelmill.pipeline.outputs import local_output
from labelmill.pipeline.parts import Parts
from labelmill.pipeline.plan import PartitionPlan, plan_gold
from labelmill.pipeline.publish import manifest_of, snapshot_folder
from labelmill.pipeline.survey import in_order, natural
from labelmill.pipeline.views import live_view
from labelmill.refine.artifact import FILE_NAME as REFINEMENT_FILE

SHORT = 16
"""Digests of partitions that a model was fitted on are cut to so many characters."""

CHANGED_PARTS = {
    "functions": "the labeling functions changed",
    "prepare": "the prepare steps changed",
    "labels": "the task or its labels changed",
    "label_model": "the label model is another one",
    "rows": "which rows and columns are read changed",
    "gold": "gold changed",
    "refine": "refine changed",
}
"""What is said of each thing that a label model hangs on."""

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The label model of a partition.

    It is taken from a published `snapshot`, or fitted on `parts`, the partitions of its window up
    to `up_to`; `why` is a sentence.
    """

    why: str
    snapshot: str | None = None
    up_to: str | None = None
    parts: tuple[PartitionPlan, ...] = ()

    @property
    def name(self) -> tuple[str | None, str | None, tuple[str | None, ...]]:
        """Choices with the same name are of one model."""
        return self.snapshot, self.up_to, tuple(part.value for part in self.parts)


@dataclass(frozen=True)
class Chooser:
    """Says for partitions of a job which label model labels them.

    Attributes:
        job: the job.
        gold: the digest of its labeled set, if it has one.
        output: where it publishes.
        parts: the partitions of its source.
        anew: whether models are fitted again that are published.
        refit: whether one that would be kept is to see the newest partitions.
    """

    job: Job
    gold: str | None
    output: Path
    parts: Parts
    anew: bool = False
    refit: bool = False
    _choices: dict[str | None, Choice] = field(default_factory=dict)

    @cached_property
    def hangs_on(self) -> dict[str, str]:
        """A digest of each thing in the job that a fitted model hangs on."""
        return fit_parts(self.job, self.gold)

    def of(self, partition: str | None) -> Choice:
        """The model for a partition."""
        if partition not in self._choices:
            self._choices[partition] = self._choose(partition)
        return self._choices[partition]

    def labels_as_published(self, partition: str | None, manifest: Manifest) -> bool:
        """Whether a partition is labeled by the model that would label it now."""
        told = fit_of(manifest)
        if told is None:
            return True
        frozen = self.job.label_model.fit.when == "frozen"
        if told.get("hangs_on") != self.hangs_on and not frozen:
            return False
        if self.job.source.partition is None:
            return True
        choice = self.of(partition)
        if choice.snapshot is not None:
            return bool(self._model_of(choice.snapshot) == manifest["fingerprints"].get("model"))
        return bool(told.get("inputs") == inputs_of(choice.parts))

    def _choose(self, partition: str | None) -> Choice:
        if self.job.label_model.fit.when == "frozen" and self._manifests:
            return Choice("frozen: it is never fitted again", self._frozen)
        if isinstance(self.job.label_model.kind, Fitted) and self.job.refine is None:
            return Choice("it was fitted before (label_model.type: fitted)")
        if self.job.source.partition is None:
            changes = "all is done anew" if self.anew else self._changes
            return self._fit(partition, [partition], changes or "the input changed")
        return self._of_many(partition)

    def _of_many(self, partition: str | None) -> Choice:
        """The model for a partition of several."""
        fit = self.job.label_model.fit
        if fit.when == "always":
            return self._windowed(partition, partition, "always: each partition has its own")
        if fit.when == "every":
            names = in_order({*self.parts.names, *self._live, partition})
            first = names[names.index(partition) // fit.every * fit.every]
            why = f"every {fit.every}: that of the partitions from '{first}' on"
            return self._windowed(partition, first, why)
        return self._kept(partition)

    def _kept(self, partition: str | None) -> Choice:
        """The model that is published, as long as what it hangs on is the same."""
        same = self._same
        sound = None if self.anew or self.refit else self._sound(same)
        if sound is not None:
            return Choice("on_change: nothing that it hangs on changed", sound)
        if same and not self.refit:
            told = self._fits[same[0]]
            why = "all is done anew" if self.anew else "that of the live snapshots is damaged"
            return self._windowed(partition, told.get("up_to"), why, search=False)
        why = "a new fit is asked for" if self.refit else self._changes
        usable = (n for n in reversed(self.parts.names) if self.parts.get(n, partition) is not None)
        return self._windowed(partition, next(usable, partition), why)

    def _windowed(
        self, partition: str | None, up_to: str | None, why: str, *, search: bool = True
    ) -> Choice:
        """A model of the partitions up to one; where it is published, it is taken from there."""
        names = [n for n in self.parts.names if natural(n) <= natural(up_to)]
        window = names[-self.job.label_model.fit.window :]
        usable = [name for name in window if self.parts.get(name, partition) is not None]
        choice = self._fit(up_to, usable or [partition], why)
        if not search or self.anew:
            return choice
        inputs = inputs_of(choice.parts)
        sound = self._sound(n for n in self._same if self._fits[n].get("inputs") == inputs)
        return choice if sound is None else Choice(why, sound)

    def _fit(self, up_to: str | None, names: Sequence[str | None], why: str) -> Choice:
        found = (self.parts.get(name) for name in names)
        return Choice(why, up_to=up_to, parts=tuple(part for part in found if part is not None))

    @cached_property
    def _changes(self) -> str:
        """What changed since the newest partition was labeled; empty if nothing did."""
        if not self._manifests:
            return "nothing is published yet"
        told = fit_of(next(iter(self._manifests.values()))) or {}
        before = told.get("hangs_on", {})
        changed = [k for k, v in self.hangs_on.items() if before.get(k) != v]
        return "; ".join(CHANGED_PARTS[key] for key in changed)

    @cached_property
    def _live(self) -> dict[str | None, str]:
        """What is live, the newest partition first."""
        view = live_view(self.output)
        if view is None or view.key != self.job.source.partition:
            return {}
        return {name: view.snapshots[name] for name in reversed(in_order(view.snapshots))}

    @cached_property
    def _manifests(self) -> dict[str | None, Manifest]:
        """The manifests of what is live, the newest partition first; those that can be read."""
        found = {
            name: manifest_of(snapshot_folder(self.output, snapshot))
            for name, snapshot in self._live.items()
        }
        return {name: told for name, told in found.items() if told and fit_of(told) is not None}

    @cached_property
    def _fits(self) -> dict[str | None, Mapping[str, Any]]:
        """What the manifests say of the fit of the models of what is live."""
        return {name: fit_of(manifest) or {} for name, manifest in self._manifests.items()}

    @cached_property
    def _same(self) -> list[str | None]:
        """The live partitions whose model hangs on what a fitted one would, the newest first."""
        hangs_on = self.hangs_on
        return [name for name, fit in self._fits.items() if fit.get("hangs_on") == hangs_on]

    def _sound(self, names: Iterable[str | None]) -> str | None:
        """The first snapshot of some live partitions whose model is what its manifest says."""
        kinds = {"model": MODEL_FILE, "refinement": REFINEMENT_FILE}
        if self.job.refine is None:
            del kinds["refinement"]
        for name in names:
            folder = snapshot_folder(self.output, self._live[name])
            prints = self._manifests[name]["fingerprints"]
            if all(_digest(folder / file) == prints.get(kind) for kind, file in kinds.items()):
                return self._live[name]
        return None

    @cached_property
    def _frozen(self) -> str:
        """The snapshot with the model that is never fitted again."""
        sound = self._sound(self._manifests)
        if sound is None:
            folder = snapshot_folder(self.output, next(iter(self._live.values())))
            what = "" if self.job.refine is None else f" and {REFINEMENT_FILE}"
            message = (
                f"label_model.fit: frozen: {folder}: there is no {MODEL_FILE}{what} as its "
                "manifest has it; write `when: on_change` to fit another one"
            )
            raise UsageError(message)
        return sound

    def _model_of(self, snapshot: str) -> str | None:
        told = manifest_of(snapshot_folder(self.output, snapshot)) or {"fingerprints": {}}
        found: str | None = told["fingerprints"].get("model")
        return found


def chooser_of(job: Job) -> Chooser:
    """What says which label models a job has, as its source and its output are now."""
    gold = None if job.gold is None else plan_gold(job, job.gold).input
    return Chooser(job, gold, local_output(job), Parts(job))


def fit_parts(job: Job, gold: str | None) -> dict[str, str]:
    """A digest of each thing in a job that a fitted label model hangs on.

    Args:
        job: the job.
        gold: the digest of its labeled set, if it has one.
    """
    model, source = job.label_model, job.source
    needs = getattr(model.kind, "needs", None)
    files = () if needs is None else needs(job.root).files
    refine = None if job.refine is None else [canonical(job.refine), job.split.group]
    return {
        "functions": digest(list(function_fingerprints(job).items())),
        "prepare": digest([[step.type, step.name, canonical(step.kind)] for step in job.prepare]),
        "labels": digest([job.task.type, canonical(job.task.kind), job.language]),
        "label_model": digest(
            [
                [model.type, getattr(model.kind, "version", 1), canonical(model.kind)],
                [model.seed, model.class_balance, file_digests(job.root, files)],
            ]
        ),
        "rows": digest([source.id, source.text, source.where, job.seed]),
        "gold": digest(gold),
        "refine": digest(refine),
    }


def inputs_of(parts: Iterable[PartitionPlan]) -> dict[str, str]:
    """What partitions hold, by name."""
    return {part.value or "": part.input[:SHORT] for part in parts}


def fit_of(manifest: Manifest) -> Mapping[str, Any] | None:
    """What a manifest says of the fit of its label model."""
    found: Mapping[str, Any] | None = (manifest.get("label_model") or {}).get("fit")
    return found


def _digest(path: Path) -> str:
    return digest_bytes(path.read_bytes()) if path.is_file() else "absent"
