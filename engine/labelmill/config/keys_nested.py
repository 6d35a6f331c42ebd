"""The keys of maps that stand below a section: `ready_when` of a source, `fit` of a model."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

FILE_NAME = r"^[^/\\]*[^/\\.][^/\\]*$"
DURATION = r"^[0-9]+(\.[0-9]+)?[smhd]$"


@dataclass(frozen=True, slots=True)
class Ready:
    """When the input is complete; where both are given, both must hold.

    Attributes:
        file: a marker such as `_SUCCESS` in the folder of the partition, or of the source.
        min_age: for how long no file may have changed: a number and `s`, `m`, `h` or `d`.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    file: Annotated[str, Field(pattern=FILE_NAME)] | None = None
    min_age: Annotated[str, Field(pattern=DURATION)] | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """A label model for so many partitions.

    Attributes:
        every: how many partitions share a label model, counted in the order of their names.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    every: Annotated[int, Field(ge=1, description="how many partitions share a label model")]


@dataclass(frozen=True, slots=True)
class Fit:
    """When a label model is fitted, and on which partitions.

    Attributes:
        when: `on_change` (what it hangs on is another), `always`, `frozen` or `{every: 7}`.
        window: it is fitted on the last so many partitions.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    when: Annotated[
        Literal["on_change", "always", "frozen"] | Every, Field(description="when it is fitted")
    ] = "on_change"
    window: Annotated[
        int, Field(ge=1, description="it is fitted on the last so many partitions")
    ] = 30
