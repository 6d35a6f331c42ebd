"""The `leakage` check: no row stands in two splits."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.checks.bounds import check_bounds
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter

_SHOWN = 5
_ADVICE = (
    "set `split.group` so that they stay together, or change the augment step that makes one text "
    "into another"
)


@CHECKS.add("leakage")
@dataclass(frozen=True, slots=True)
class Leakage:
    """Fail where an id or a group of rows that belong together stands in more than one split.

    What belongs together is what `split.group` says: rows of one id, of one text, or near
    duplicates; an augmented row belongs to the row it was made from. A model scored on rows that it
    learned from looks better than it is. An augment step can also leak: it may make a text of
    train into one that stands in test. The value found is the number of things that leak.

    With `near_duplicates` the texts of the splits are compared too, as the group `near_duplicates`
    does it: a row of dev or test counts that is almost the same as one of train (or, of test, as
    one of dev). `max_near` is the share of such rows among those of dev and test that is allowed;
    with `split.group: near_duplicates` there are none but those that augment steps make.

    Attributes:
        near_duplicates: whether to look for near duplicates; reads all texts once more.
        max_near: largest share allowed of rows of dev and test with a near duplicate.

    Example:
        >>> leaks = ("3 texts stand in both train and test",)
        >>> facts = Facts(9, {}, {}, {"train": 6, "test": 3}, leaks, {})
        >>> Leakage().check(facts).message.partition(";")[0]
        'the splits are not apart: 3 texts stand in both train and test'
    """

    near_duplicates: bool = False
    max_near: float = 0.0

    version: ClassVar[int] = 1
    looks_for_leaks: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_bounds(None, self.max_near, highest=1, where="_near")
        if self.max_near and not self.near_duplicates:
            raise BadParameter("max_near", "nothing is counted without `near_duplicates: true`")

    @property
    def looks_for_near(self) -> bool:
        """Whether near duplicates have to be found."""
        return self.near_duplicates

    def check(self, facts: Facts) -> Finding:
        """Count what stands in more than one split."""
        leaks, near = list(facts.leaks), 0
        if self.near_duplicates and facts.near is not None:
            near = facts.near.found
            share = near / facts.near.rows if facts.near.rows else 0.0
            if share > self.max_near:
                told = f"{near} of {facts.near.rows} rows of dev and test have a near duplicate in "
                leaks.append(f"{told}an earlier split ({share:.4g}, above {self.max_near:g})")
        value = float(len(facts.leaks) + near)
        if not leaks:
            told = "no id and no group stands in more than one split"
            told += f"; {near} near duplicates" if self.near_duplicates else ""
            return Finding.kept(value, told)
        shown = ", ".join(leaks[:_SHOWN]) + (", ..." if len(leaks) > _SHOWN else "")
        return Finding.broken(value, f"the splits are not apart: {shown}; {_ADVICE}")
