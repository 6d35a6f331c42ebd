"""The `conflict` check: how often labeling functions contradict each other."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.checks.bounds import check_bounds, wanted
from labelmill.checks.functions import EVERY, Held, chosen
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS

_ADVICE = "look at the pairs that conflict in the report, or move the bound"


@CHECKS.add("conflict")
@dataclass(frozen=True, slots=True)
class Conflict:
    """Compare the share of rows on which a labeling function conflicts with bounds.

    A function conflicts on a row where another votes for what cannot be true together with its own
    vote; in ner, on a token. The share is of all readable rows, as coverage is, so that of a
    function that votes seldom is small. With `lf: '*'` each function must keep the bound, and the
    value found is the largest share.

    Attributes:
        max: largest share allowed, 0 to 1.
        lf: name of a labeling function, or `*` for each.

    Example:
        >>> facts = Facts(10, {}, {}, {}, (), {"a": {"conflicts": 0.4}, "b": {"conflicts": 0.1}})
        >>> print(Conflict(max=0.3).check(facts).message.partition(";")[0])
        conflict of a is 0.4, above max 0.3
        >>> Conflict(max=0.3, lf="b").check(facts).passed
        True
    """

    max: float
    lf: str = EVERY

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_bounds(None, self.max, highest=1)

    def check(self, facts: Facts) -> Finding:
        """Compare conflicts with the bound.

        Raises:
            BadParameter: if there is no labeling function of that name.
        """
        rows = chosen(facts, self.lf)
        shares = {f"conflict of {name}": row["conflicts"] for name, row in rows.items()}
        held = Held.of(shares, None, self.max, largest=True)
        if held.problems:
            return Finding.broken(held.value, f"{'; '.join(held.problems)}; {_ADVICE}")
        whose = "every labeling function" if self.lf == EVERY else self.lf
        message = f"conflict of {whose} is {wanted(None, self.max)} ({held.value:.4g})"
        return Finding.kept(held.value, message)
