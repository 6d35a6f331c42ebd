"""The `leakage` check: no row stands in two splits."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.protocols import Facts, Finding
from labelmill.core.registry import CHECKS

_SHOWN = 5


@CHECKS.add("leakage")
@dataclass(frozen=True, slots=True)
class Leakage:
    """Fail where an id or a group of rows that belong together stands in more than one split.

    What belongs together is what `split.group` says: rows of one id, of one text, or near
    duplicates; an augmented row belongs to the row it was made from. A model scored on rows that it
    learned from looks better than it is. The value found is the number of leaks.

    Example:
        >>> facts = Facts(9, {}, {}, {"train": 6, "test": 3}, ("id c7",), {})
        >>> Leakage().check(facts).message.partition(";")[0]
        '1 leak between splits: id c7'
    """

    version: ClassVar[int] = 1

    def check(self, facts: Facts) -> Finding:
        """Count what stands in more than one split."""
        n_leaks = len(facts.leaks)
        if not n_leaks:
            return Finding(
                passed=True, value=0.0, message="no id and no group stands in more than one split"
            )
        shown = ", ".join(facts.leaks[:_SHOWN]) + (", ..." if n_leaks > _SHOWN else "")
        leaks = "1 leak" if n_leaks == 1 else f"{n_leaks} leaks"
        message = f"{leaks} between splits: {shown}; set `split.group` so that these stay together"
        return Finding(passed=False, value=float(n_leaks), message=message)
