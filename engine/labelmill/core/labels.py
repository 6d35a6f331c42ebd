"""The labels of a task, and the sets of labels that one vote can stand for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class AllOf:
    """The text has all of these labels; only where a text can have several."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    all_of: Annotated[tuple[str, ...], Field(min_length=2)]


Target = str | OneOf | Not | AllOf
"""What stands under `label:`."""


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """The labels of a task in their declared order, and a table of label sets.

    Votes carry an index into `sets`. The first `len(names)` sets are the single labels, so a
    vote for one label carries that label's own index.

    With `multi_label` a text can have several labels, or none, and a vote is a statement about
    some of them. After the single labels stand those labels again, as denied by a vote; of the
    sets after them `joint` names those (by index) of which all labels apply, of the others one.

    Example:
        >>> space = LabelSpace(("ORG", "PERSON", "MONEY")).including([Not("MONEY")])
        >>> space.index("PERSON"), space.index(Not("MONEY"))
        (1, 3)
        >>> space.members(3)
        ('ORG', 'PERSON')
        >>> topics = LabelSpace(("sport", "money"), multi_label=True)
        >>> topics.index(Not("sport")), topics.said(2)
        (2, 'not sport')
    """

    names: tuple[str, ...]
    ordered: bool = False
    sets: tuple[tuple[int, ...], ...] = ()
    multi_label: bool = False
    joint: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise BadParameter("labels", "a label stands twice")
        if not self.sets:
            singles = tuple((i,) for i in range(len(self.names)))
            object.__setattr__(self, "sets", singles * (2 if self.multi_label else 1))

    def __len__(self) -> int:
        return len(self.names)

    def including(self, targets: Iterable[Target]) -> "LabelSpace":
        """Add the label sets of these targets, in order, each once."""
        space = self
        for target in targets:
            members = space._resolve(target)
            if space._place(target, members) is None:
                joint = (len(space.sets),) if isinstance(target, AllOf) else ()
                space = replace(space, sets=(*space.sets, members), joint=space.joint + joint)
        return space

    def index(self, target: Target) -> int:
        """Index of a target's label set.

        Raises:
            BadParameter: if the target names an unknown label, or its set was never included.
        """
        members = self._resolve(target)
        place = self._place(target, members)
        if place is None:
            labels = ", ".join(self.names[i] for i in members)
            raise BadParameter("label", f"the label set ({labels}) was not declared")
        return place

    def members(self, index: int) -> tuple[str, ...]:
        """Names of the labels in a set."""
        return tuple(self.names[i] for i in self.sets[index])

    def membership(self) -> npt.NDArray[np.bool_]:
        """Which label stands in which set, [n_sets, n_labels]."""
        table = np.zeros((len(self.sets), len(self.names)), dtype=np.bool_)
        for row, members in enumerate(self.sets):
            table[row, list(members)] = True
        return table

    def said(self, index: int) -> str:
        """A vote for a set in words: `sport`, `ORG|PERSON`, `not sport` or `sport+money`."""
        members = self.members(index)
        if self.multi_label and index in self.joint:
            return "+".join(members)
        if self.multi_label and len(self) <= index < 2 * len(self):
            return f"not {members[0]}"
        return "|".join(members)

    def stances(self) -> npt.NDArray[np.int8]:
        """What a vote says of each label of a multi-label task, [n_sets, n_labels].

        1 where it says that the label applies, -1 where that it does not, 0 where it says nothing
        of that label, or only that one of several applies.
        """
        table = self.membership().astype(np.int8)
        weak = [i for i in range(2 * len(self), len(self.sets)) if i not in self.joint]
        table[weak] = 0
        table[len(self) : 2 * len(self)] *= -1
        return table

    def weak(self) -> npt.NDArray[np.bool_]:
        """Which sets say no more than that one of several labels applies, [n_sets]."""
        return ~np.asarray(self.stances().any(axis=1))

    def _place(self, target: Target, members: tuple[int, ...]) -> int | None:
        """Index of the set that a target means, None where there is none yet."""
        if not self.multi_label:
            return self.sets.index(members) if members in self.sets else None
        if isinstance(target, Not):
            return len(self) + members[0]
        if len(members) == 1:
            return members[0]
        wanted = isinstance(target, AllOf)
        same = (i for i, known in enumerate(self.sets) if known == members)
        return next((i for i in same if (i in self.joint) == wanted), None)

    def _resolve(self, target: Target) -> tuple[int, ...]:
        if isinstance(target, OneOf):
            members = sorted({self._single(name) for name in target.one_of})
        elif isinstance(target, AllOf):
            members = sorted({self._single(name) for name in target.all_of})
        elif isinstance(target, Not):
            members = self._without(self._single(target.not_))
        else:
            members = [self._single(target)]
        if self.multi_label:
            return tuple(members)
        if isinstance(target, AllOf):
            message = "a text has one label in this task; `all_of` is for `multi_label: true`"
            raise BadParameter("label.all_of", message)
        if len(members) == len(self.names) > 1:
            raise BadParameter("label.one_of", "holds every label, so it says nothing")
        return tuple(members)

    def _without(self, left_out: int) -> list[int]:
        """What `not` stands for: the other labels, or a label that is denied."""
        if self.multi_label:
            return [left_out]
        return [i for i in range(len(self.names)) if i != left_out]

    def _single(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise BadParameter(
                "label", f"no label '{name}' in this task{nearest(name, self.names)}", code="label"
            ) from None
