"""The keys around the parameters of a type: the frame of each kind of entry in a job file.

Each class is one map in YAML and its fields are the keys; the parameters of the entry's own type
stand beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from labelmill.config.key_kinds import Name, Rows
from labelmill.config.keys_nested import Fit


@dataclass(frozen=True, slots=True)
class TaskFrame:
    """The task.

    Attributes:
        type: the type of the task.
    """

    type: str


@dataclass(frozen=True, slots=True)
class PrepareFrame:
    """A prepare step.

    Attributes:
        type: the type of the step.
        name: what the step is called in reports; its type by default.
    """

    type: str
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class FunctionFrame:
    """A labeling function.

    Attributes:
        type: the type of the labeling function.
        name: its name: letters, digits, `-`, `_` and `.`; unique in the job.
        enabled: whether it is used.
        description: what it looks for and why.
        should: texts that it must vote on: a list, or a map from label to texts. A function that
            reads columns takes maps: `{text: fine, stars: 5}`. In ner brackets
            mark the exact span.
        should_not: texts that it must be silent on.
    """

    type: str
    name: Name
    enabled: bool = True
    description: str = ""
    should: Rows | Mapping[str, Rows] = ()
    should_not: Rows = ()


@dataclass(frozen=True, slots=True)
class LabelModelFrame:
    """The label model.

    Attributes:
        type: the type of the label model.
        seed: what its random choices hang on; the seed of the job by default.
        class_balance: a map from each label to its share of the rows; where a row can have several
            labels, from those whose share is known, and the shares need not sum to 1.
        fit: on which partitions it is fitted: `{when: on_change, window: 30}` (the default),
            or `when` is `always`, `frozen` or `{every: 7}`; see guide/incremental.md.
    """

    type: str
    seed: Annotated[int, Field(ge=0)] | None = None
    class_balance: Mapping[str, Annotated[float, Field(gt=0)]] | None = None
    fit: Fit = field(default_factory=Fit)


@dataclass(frozen=True, slots=True)
class AugmentFrame:
    """An augment step.

    Attributes:
        type: the type of the step.
        name: what its rows say under `made_by`; its type by default.
        enabled: whether it is used.
        copies: how many new rows are tried for each row.
        fraction: the share of the train split that it is used on.
        only: the labels that it is limited to.
        protect: whether `entities` must stay as they are.
    """

    type: str
    name: Name | None = None
    enabled: bool = True
    copies: Annotated[int, Field(ge=1)] = 1
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    only: tuple[str, ...] = ()
    protect: Literal["nothing", "entities"] = "nothing"


@dataclass(frozen=True, slots=True)
class CheckFrame:
    """A check.

    Attributes:
        type: the type of the check.
        name: what it is called in reports; its type by default.
        enabled: whether it is used.
        severity: `error` keeps a snapshot from being published, `warn` only says so.
    """

    type: str
    name: Name | None = None
    enabled: bool = True
    severity: Literal["error", "warn"] = "error"


@dataclass(frozen=True, slots=True)
class ExportFrame:
    """An export.

    Attributes:
        type: the format.
        name: the folder that it writes to in each split; its type by default.
        enabled: whether it is used.
    """

    type: str
    name: Name | None = None
    enabled: bool = True


FRAMES: dict[str, type[Any]] = {
    "task": TaskFrame,
    "prepare": PrepareFrame,
    "labeling_functions": FunctionFrame,
    "label_model": LabelModelFrame,
    "augment": AugmentFrame,
    "checks": CheckFrame,
    "export": ExportFrame,
}
"""The keys that every type of a section has, by section."""
