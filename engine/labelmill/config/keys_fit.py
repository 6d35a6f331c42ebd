"""The keys of `label_model.fit`: which partitions a label model sees, and when it is fitted."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field


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
