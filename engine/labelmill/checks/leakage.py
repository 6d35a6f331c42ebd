"""The `leakage` check: no row stands in two splits."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS

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

    Example:
        >>> leaks = ("3 texts stand in both train and test",)
        >>> facts = Facts(9, {}, {}, {"train": 6, "test": 3}, leaks, {})
        >>> Leakage().check(facts).message.partition(";")[0]
        'the splits are not apart: 3 texts stand in both train and test'
    """

    version: ClassVar[int] = 1
    looks_for_leaks: ClassVar[bool] = True

    def check(self, facts: Facts) -> Finding:
        """Count what stands in more than one split."""
        n_leaks = len(facts.leaks)
        if not n_leaks:
            return Finding(
                passed=True, value=0.0, message="no id and no group stands in more than one split"
            )
        shown = ", ".join(facts.leaks[:_SHOWN]) + (", ..." if n_leaks > _SHOWN else "")
        message = f"the splits are not apart: {shown}; {_ADVICE}"
        return Finding(passed=False, value=float(n_leaks), message=message)
