"""What a type of each kind must do: the contracts between the engine and its types.

A *type* is a frozen dataclass whose fields are its YAML parameters. It is declared once, asked
what it `needs`, and then *bound* to a job, which gives the object that does the work. Binding
happens again in every worker process, so a type holds plain data only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace, Target
from labelmill.core.mentions import Gazetteer
from labelmill.core.patterns import VotePatterns
from labelmill.core.soft import Codes
from labelmill.core.spans import Edit, Example
from labelmill.core.votes import Hits, Votes

Unit = Literal["document", "span"]
"""What a vote is about: a whole text (classification, sentiment) or a span of it (ner)."""

DOCUMENT: frozenset[Unit] = frozenset({"document"})
SPAN: frozenset[Unit] = frozenset({"span"})
BOTH: frozenset[Unit] = frozenset({"document", "span"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What a type reads besides the text; fingerprints and checks hang on it.

    `columns` None means every column of the source. `files` are relative to the project root.
    `packages` are spaCy model packages that must be installed.
    """

    columns: tuple[str, ...] | None = ()
    files: tuple[str, ...] = ()
    gazetteers: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    mentions: bool = False


@dataclass(frozen=True)
class Bench:
    """What a type may use once it is bound to a job.

    `name` is the name of the thing that is bound, `labels` has every label set of the job,
    `mentions` holds the distinct mentions per label in the train split (for augmenters that
    ask for them), `only` the labels that an augment step is limited to.
    """

    name: str
    root: Path
    labels: LabelSpace
    unit: Unit
    language: str = "en"
    seed: int = 0
    gazetteers: Mapping[str, Gazetteer] = field(default_factory=dict)
    mentions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only: tuple[str, ...] = ()


class Voter(Protocol):
    """A labeling function at work."""

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:
        """Find what this function votes for in a batch.

        Args:
            batch: rows with the columns that the function needs.
            earlier: votes of the functions under `reads`, by name.
        """
        ...


@runtime_checkable
class Searching(Protocol):
    """A labeling function at work that looks for patterns, which one scan does for all of them."""

    def probes(self) -> tuple[Any, ...]:
        """What it will ask `Batch.searched` for: labelmill.text.scan.Probe."""
        ...


@runtime_checkable
class LabelingFunction(Protocol):
    """A declared labeling function (one entry under `labeling_functions`)."""

    units: ClassVar[frozenset[Unit]]
    version: ClassVar[int]

    def targets(self) -> tuple[Target, ...]:
        """Everything it may vote for, as far as it is declared."""
        ...

    def needs(self, root: Path) -> Needs:
        """What it reads."""
        ...

    def bind(self, bench: Bench) -> Voter:
        """Make the object that votes.

        Raises:
            BadParameter: if a parameter does not fit the job.
            BadResource: if a file, function or model cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class VoteSpace:
    """What a label model is told about the votes it fits on.

    `labels` are the labels of the items: the task's labels, or in ner the tags with "O" first.
    `prior` [n_labels] sums to 1 and is what an item without votes gets.

    Where an item can have several labels, `prior` is the share of the items that have each label,
    NaN where it is not known, and `targets` holds for each function the label sets that it declares
    to vote for (none where it does not say).
    """

    functions: tuple[str, ...]
    labels: LabelSpace
    prior: npt.NDArray[np.float64]
    seed: int = 0
    balance_given: bool = False
    targets: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Gold:
    """Items whose labels are known, for label models that learn from some.

    `patterns` has an item for each (in ner each token, with sequences), and `labels` [n_items]
    the index of its label in the labels of the vote space. Where items can have several labels,
    `labels` is [n_items, n_labels], 1 for each label that an item has and 0 for the others.
    """

    patterns: VotePatterns
    labels: npt.NDArray[np.int64]


class FittedLabelModel(Protocol):
    """A label model with its parameters.

    A `sequential` one reads the tokens of a text in order and answers for each item.
    """

    sequential: ClassVar[bool]

    def predict(self, patterns: VotePatterns) -> npt.NDArray[np.float64]:
        """Probabilities, [n_patterns, n_labels]; of a sequential model [n_items, n_labels]."""
        ...

    def weights(self) -> npt.NDArray[np.float64] | None:
        """Learned weight or accuracy of each function, [n_functions], if the model has such."""
        ...

    def parameters(self) -> dict[str, Any]:
        """Everything that `restore` needs, as plain JSON data."""
        ...


@runtime_checkable
class LabelModel(Protocol):
    """A declared label model (the entry under `label_model`).

    A `sequential` model reads the tokens of a text in order; its patterns carry `sequences`. A type
    whose fit uses gold says so by `learns_from_gold: ClassVar[bool] = True`, so that it is never
    judged on gold that it learned from.
    """

    units: ClassVar[frozenset[Unit]]
    version: ClassVar[int]
    sequential: ClassVar[bool]

    def fit(
        self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
    ) -> FittedLabelModel:
        """Learn from vote patterns and their counts; a model that can does from gold too."""
        ...

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> FittedLabelModel:
        """Rebuild a fitted model from its parameters."""
        ...


@runtime_checkable
class StandIn(Protocol):
    """A declared label model that stands for another one where votes are of some kind."""

    def for_unit(self, unit: Unit) -> LabelModel:
        """The model that is fitted."""
        ...


class Rewriter(Protocol):
    """An augmenter at work."""

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits to the example's text, sorted and without overlap; none if nothing fits."""
        ...


@runtime_checkable
class Augmenter(Protocol):
    """A declared augmentation step (one entry under `augment`)."""

    units: ClassVar[frozenset[Unit]]
    version: ClassVar[int]

    def needs(self, root: Path) -> Needs:
        """What it reads."""
        ...

    def bind(self, bench: Bench) -> Rewriter:
        """Make the object that rewrites."""
        ...


class Folder(Protocol):
    """A folder that an exporter fills; files appear whole or not at all."""

    def file(self, name: str) -> "FolderFile":
        """A binary file in this folder, for use in a with statement."""
        ...


class FolderFile(Protocol):
    """A file on its way; it takes its name when the with block ends without an error."""

    def __enter__(self) -> BinaryIO: ...

    def __exit__(self, *failure: object) -> None: ...


@dataclass(frozen=True, slots=True)
class ExportSetting:
    """What an exporter is told about the rows it gets.

    Rows come as record batches of the schema in labelmill.core.schema. `tokens` cuts texts
    into tokens as the job does. With `multi_label` a row has a list of `labels`.
    """

    job: str
    task: str
    unit: Unit
    labels: tuple[str, ...]
    split: str
    language: str
    definitions: Mapping[str, str] = field(default_factory=dict)
    analysis: Any = None
    multi_label: bool = False


@dataclass(frozen=True, slots=True)
class ExportCount:
    """How many rows an exporter wrote, and how many it left out, by reason."""

    written: int
    left_out: Mapping[str, int] = field(default_factory=dict)


@runtime_checkable
class Exporter(Protocol):
    """A declared export (one entry under `export`)."""

    units: ClassVar[frozenset[Unit]]
    version: ClassVar[int]

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write the rows of one split."""
        ...


@dataclass(frozen=True, slots=True)
class Drop:
    """A row that a prepare step takes out, and why."""

    reason: str


@runtime_checkable
class PrepareStep(Protocol):
    """A declared preparation step: it edits a text or takes the row out."""

    version: ClassVar[int]

    def prepare(self, text: str) -> tuple[Edit, ...] | Drop:
        """Edits to one text, or the reason to drop it."""
        ...


@dataclass(frozen=True, slots=True)
class Readout:
    """What a task reads off the probabilities of a batch, a row for each text.

    `status` holds codes of labelmill.core.soft.Status, [n_texts]; `answers` holds the columns of
    labels/*.parquet that depend on the task, by name.
    """

    status: Codes
    confidence: npt.NDArray[np.float32]
    answers: Mapping[str, pa.Array]


class Items(Protocol):
    """What a label model decides on, one by one: whole texts, or the tokens of texts."""

    def analysis(self, language: str) -> Any:
        """How texts are cut into tokens: a labelmill.text.language.Language."""
        ...

    def item_space(self, space: LabelSpace) -> LabelSpace:
        """Labels of the items that a label model sees: the labels, or tags with "O" first."""
        ...

    def settle(self, hits: Hits, function: int, batch: Batch) -> Votes:
        """Turn the hits of one function into its votes."""
        ...

    def settle_all(self, found: Sequence[tuple[int, Hits]], batch: Batch) -> Votes:
        """What `settle` gives for several functions (index and hits), in the order given."""
        ...

    def patterns(
        self, votes: Votes, batch: Batch, space: LabelSpace, n_functions: int
    ) -> VotePatterns:
        """Vote patterns of the items of a batch."""
        ...

    def read(
        self,
        probs: npt.NDArray[np.float64],
        votes: Votes,
        batch: Batch,
        space: LabelSpace,
        min_confidence: float,
    ) -> Readout:
        """Read status, confidence and answers off item probabilities [n_items, n_item_labels]."""
        ...


@runtime_checkable
class Task(Protocol):
    """A declared task: its labels, and the items that they are given to."""

    version: ClassVar[int]
    unit: ClassVar[Unit]

    def space(self) -> LabelSpace:
        """The task's labels."""
        ...

    def definitions(self) -> Mapping[str, str]:
        """What each label means, for labels that say so."""
        ...

    def items(self) -> Items:
        """What its votes are on."""
        ...
