"""The checked job: what the rest of labelmill reads of a config."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from labelmill.core.facts import Check
from labelmill.core.protocols import (
    Augmenter,
    Exporter,
    LabelingFunction,
    LabelModel,
    PrepareStep,
)

STATE = ".labelmill"
"""The folder of the state, where a config names no other."""


@dataclass(frozen=True, slots=True)
class ReadyWhen:
    """When a partition of the source, or all of it, is complete.

    `file` is the name of a marker beside the data; `min_age` are seconds since the last change.
    """

    file: str | None = None
    min_age: float = 0.0


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Where the rows come from; `path` is absolute, a glob, or a URL."""

    path: str
    id: str
    text: str
    gold: str | None = None
    carry: tuple[str, ...] = ()
    where: str | None = None
    partition: str | None = None
    allow_empty: bool = False
    ready_when: ReadyWhen | None = None
    on_corrupt: Literal["fail", "skip"] = "fail"
    max_corrupt: int = 1


@dataclass(frozen=True, slots=True)
class GazetteerSpec:
    """A list of terms; `path` and `stop` are as written, relative to the root."""

    path: str
    label: str | None = None
    case: Literal["exact", "ignore", "fold"] = "exact"
    min_length: int = 1
    stop: tuple[str, ...] | str = ()


@dataclass(frozen=True, slots=True)
class PrepareSpec:
    """One entry under `prepare`; `name` defaults to its type."""

    name: str
    type: str
    kind: PrepareStep


Row = str | Mapping[str, Any]
"""An example: a text, or a row as a map from column to value."""


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One labeling function.

    `should` maps a label to examples; under the key None stand texts for whatever the function
    votes. An entry that makes several functions (`votes`) gives one of these for each.
    """

    name: str
    type: str
    kind: LabelingFunction
    should: Mapping[str | None, tuple[Row, ...]] = field(default_factory=dict)
    should_not: tuple[Row, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class FitSpec:
    """Which partitions a label model is fitted on, and when.

    `every` is how many partitions share a model where `when` is "every".
    """

    when: Literal["on_change", "always", "frozen", "every"] = "on_change"
    every: int = 1
    window: int = 30

    @property
    def said(self) -> str:
        """When it is fitted, as it is written in YAML."""
        return f"{{every: {self.every}}}" if self.when == "every" else self.when


@dataclass(frozen=True, slots=True)
class LabelModelSpec:
    """The label model."""

    type: str
    kind: LabelModel
    seed: int
    class_balance: Mapping[str, float] | None = None
    fit: FitSpec = FitSpec()


@dataclass(frozen=True, slots=True)
class RefineSpec:
    """How the texts are read after the votes."""

    folds: int = 5
    rounds: int = 1
    min_agreement: float = 0.0
    label_uncovered: bool = True
    drop: float = 0.0


@dataclass(frozen=True, slots=True)
class SelectSpec:
    """Which labeled rows go into the training set."""

    min_confidence: float = 0.0
    tie: Literal["drop", "keep"] = "drop"
    uncovered: Literal["drop", "keep"] = "drop"


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """Fractions of the splits, which sum to 1, and what keeps rows together."""

    train: float = 0.8
    dev: float = 0.1
    test: float = 0.1
    group: Literal["id", "exact", "near_duplicates"] = "exact"


@dataclass(frozen=True, slots=True)
class AugmentSpec:
    """One augmentation step."""

    name: str
    type: str
    kind: Augmenter
    copies: int = 1
    fraction: float = 1.0
    only: tuple[str, ...] = ()
    protect: Literal["nothing", "entities"] = "nothing"


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check."""

    name: str
    type: str
    kind: Check
    severity: Literal["error", "warn"] = "error"


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """One export."""

    name: str
    type: str
    kind: Exporter


@dataclass(frozen=True, slots=True)
class ExecutionSpec:
    """How the work is carried out; none of it changes a byte of the output."""

    workers: int | None = None
    memory_per_worker: int | None = None
    shard_rows: int = 20_000
    grace: float = 30.0
    engine: Literal["local", "ray"] = "local"
    address: str | None = None


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """Whom a run tells of itself; paths are absolute."""

    prometheus: str | None = None
    openlineage: str | None = None
    token: str | None = None
    namespace: str = "labelmill"


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """The task: `kind` is an instance of a class in labelmill.tasks."""

    type: str
    kind: Any


@dataclass(frozen=True, slots=True)
class Resolved:
    """A config after extends, overrides and interpolation: plain data that pickles.

    `tree` holds secrets from the environment; `public` is the same with every `${env.X}` that
    is listed under `env` redacted, with all defaults filled in. `hidden` are the texts that may
    not be shown, each with what is shown instead.
    """

    file: Path
    root: Path
    tree: Mapping[str, Any]
    public: Mapping[str, Any]
    overrides: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A job, checked and built.

    `output` is absolute or a URL; so is `state`, which is empty where the config names none.
    `gold` is the labeled set of its own, as a source whose column `gold` holds the labels; nothing
    of it is emitted.
    """

    name: str
    description: str
    owner: str
    language: str
    seed: int
    task: TaskSpec
    source: SourceSpec
    prepare: tuple[PrepareSpec, ...]
    gazetteers: Mapping[str, GazetteerSpec]
    functions: tuple[FunctionSpec, ...]
    label_model: LabelModelSpec
    select: SelectSpec
    split: SplitSpec
    augment: tuple[AugmentSpec, ...]
    checks: tuple[CheckSpec, ...]
    export: tuple[ExportSpec, ...]
    execution: ExecutionSpec
    output: str
    error_budget: float
    resolved: Resolved
    gold: SourceSpec | None = None
    refine: RefineSpec | None = None
    record: RecordSpec = RecordSpec()
    state: str = ""

    @property
    def root(self) -> Path:
        """The project root, which all relative paths start from."""
        return self.resolved.root

    @property
    def state_folder(self) -> Path:
        """The folder of the state on this machine, also where what has to last lies in a store."""
        here = self.state and "://" not in self.state
        return Path(self.state) if here else self.root / STATE
