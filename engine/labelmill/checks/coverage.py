"""The `coverage` check: how many rows have votes."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.checks.bounds import check_bounds, wanted
from labelmill.checks.functions import EVERY, Held, chosen
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter


@CHECKS.add("coverage")
@dataclass(frozen=True, slots=True)
class Coverage:
    """Compare the share of rows that have a vote with bounds.

    Without `lf` it is the share of readable rows on which any labeling function voted. With `lf` it
    is that of one labeling function; with `lf: '*'` each of them must keep the bounds, and the
    value found is the one furthest outside them, or the smallest.

    Attributes:
        min: smallest share allowed, 0 to 1.
        max: largest share allowed, 0 to 1.
        lf: name of a labeling function, or `*` for each.

    Example:
        >>> facts = Facts(10, {"labeled": 4, "uncovered": 6}, {}, {}, (), {"a": {"coverage": 0.4}})
        >>> Coverage(min=0.5).check(facts).passed, Coverage(min=0.3, lf="a").check(facts).passed
        (False, True)
    """

    min: float | None = None
    max: float | None = None
    lf: str | None = None

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise BadParameter("min", "give `min`, `max` or both", code="missing")
        check_bounds(self.min, self.max, highest=1)

    def check(self, facts: Facts) -> Finding:
        """Compare coverage with the bounds.

        Raises:
            BadParameter: if there is no labeling function of that name.
        """
        shares = {"coverage": facts.coverage}
        if self.lf is not None:
            rows = chosen(facts, self.lf)
            shares = {f"coverage of {name}": row["coverage"] for name, row in rows.items()}
        held = Held.of(shares, self.min, self.max)
        if held.problems:
            return Finding.broken(held.value, f"{'; '.join(held.problems)}; {_ADVICE}")
        whose = "coverage of every labeling function" if self.lf == EVERY else next(iter(shares))
        message = f"{whose} is {wanted(self.min, self.max)} ({held.value:.4g})"
        return Finding.kept(held.value, message)


_ADVICE = "preview the labeling functions on rows of this input, or move the bound"
