"""The labels of a task, and the sets of labels that one vote can stand for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from labelmill.errors import BadParameter, nearest


@dataclass(frozen=True, slots=True)
class OneOf:
    """The text has one of these labels; the labeling function cannot tell which."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    one_of: Annotated[tuple[str, ...], Field(min_length=2)]


@dataclass(frozen=True, slots=True)
class Not:
    """The text does not have this label."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    not_: Annotated[str, Field(alias="not")]


Target = str | OneOf | Not
"""What stands under `label:`."""


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """The labels of a task in their declared order, and a table of label sets.

    Votes carry an index into `sets`. The first `len(names)` sets are the single labels, so a
    vote for one label carries that label's own index.

    Example:
        >>> space = LabelSpace(("ORG", "PERSON", "MONEY")).including([Not("MONEY")])
        >>> space.index("PERSON"), space.index(Not("MONEY"))
        (1, 3)
        >>> space.members(3)
        ('ORG', 'PERSON')
    """

    names: tuple[str, ...]
    ordered: bool = False
    sets: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise BadParameter("labels", "a label stands twice")
        if not self.sets:
            singles = tuple((i,) for i in range(len(self.names)))
            object.__setattr__(self, "sets", singles)

    def __len__(self) -> int:
        return len(self.names)

    def including(self, targets: Iterable[Target]) -> "LabelSpace":
        """Add the label sets of these targets, in order, each once."""
        sets = list(self.sets)
        for target in targets:
            members = self._resolve(target)
            if members not in sets:
                sets.append(members)
        return LabelSpace(self.names, self.ordered, tuple(sets))

    def index(self, target: Target) -> int:
        """Index of a target's label set.

        Raises:
            BadParameter: if the target names an unknown label, or its set was never included.
        """
        members = self._resolve(target)
        try:
            return self.sets.index(members)
        except ValueError:
            labels = ", ".join(self.names[i] for i in members)
            raise BadParameter("label", f"the label set ({labels}) was not declared") from None

    def members(self, index: int) -> tuple[str, ...]:
        """Names of the labels in a set."""
        return tuple(self.names[i] for i in self.sets[index])

    def membership(self) -> npt.NDArray[np.bool_]:
        """Which label stands in which set, [n_sets, n_labels]."""
        table = np.zeros((len(self.sets), len(self.names)), dtype=np.bool_)
        for row, members in enumerate(self.sets):
            table[row, list(members)] = True
        return table

    def _resolve(self, target: Target) -> tuple[int, ...]:
        if isinstance(target, OneOf):
            members = sorted({self._single(name) for name in target.one_of})
        elif isinstance(target, Not):
            left_out = self._single(target.not_)
            members = [i for i in range(len(self.names)) if i != left_out]
        else:
            members = [self._single(target)]
        if len(members) == len(self.names) > 1:
            raise BadParameter("label.one_of", "holds every label, so it says nothing")
        return tuple(members)

    def _single(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise BadParameter(
                "label", f"no label '{name}' in this task{nearest(name, self.names)}", code="label"
            ) from None
