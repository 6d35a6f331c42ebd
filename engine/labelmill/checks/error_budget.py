"""The `error_budget` check: how many rows something went wrong on."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.checks.bounds import check_bounds
from labelmill.checks.functions import EVERY, Held, chosen
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS

_ADVICE = "preview the rows that fail, and mend the function or the source"


@CHECKS.add("error_budget")
@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Bound the share of rows in quarantine.

    A row is in quarantine if nobody can read it, or if a labeling function failed on it. The run
    itself stops where that happens on more than `error_budget` of the rows; this check can be
    stricter, can be a warning, and unlike the run it does not round up: with `max: 0` no row may be
    in quarantine. With `lf` only the rows count on which that function failed.

    Attributes:
        max: largest share allowed, 0 to 1.
        lf: name of a labeling function, or `*` for each; all that is in quarantine where it is
            null.

    Example:
        >>> facts = Facts(1000, {}, {}, {}, (), {"a": {"errors": 2}}, quarantined=3)
        >>> ErrorBudget(max=0.001).check(facts).message.partition(";")[0]
        'the share of rows in quarantine is 0.003, above max 0.001'
        >>> ErrorBudget(max=0.002, lf="a").check(facts).passed
        True
    """

    max: float
    lf: str | None = None

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_bounds(None, self.max, highest=1)

    def check(self, facts: Facts) -> Finding:
        """Compare the share with the bound.

        Raises:
            BadParameter: if there is no labeling function of that name.
        """
        rows = max(facts.rows_in, 1)
        shares = {"the share of rows in quarantine": facts.quarantined / rows}
        if self.lf is not None:
            shares = {
                f"the share of rows on which {name} fails": row["errors"] / rows
                for name, row in chosen(facts, self.lf).items()
            }
        held = Held.of(shares, None, self.max, largest=True)
        if held.problems:
            return Finding.broken(held.value, f"{'; '.join(held.problems)}; {_ADVICE}")
        message = f"{next(iter(shares))} is {held.value:.4g}, at most {self.max:g}"
        if self.lf == EVERY:
            message = f"no function fails on more than {held.value:.4g} of the rows"
        return Finding.kept(held.value, message)
