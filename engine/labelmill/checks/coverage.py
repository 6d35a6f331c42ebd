"""The `coverage` check: how many rows have votes."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.checks.bounds import broken, check_bounds, wanted
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter, nearest

_EVERY = "*"


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
        shares = self._shares(facts)
        problems = [
            f"{where} is {share:.4g}, {problem}"
            for where, share in shares.items()
            if (problem := broken(share, self.min, self.max))
        ]
        value = max(shares.values(), key=lambda share: (self._excess(share), -share), default=0.0)
        if problems:
            return Finding(passed=False, value=value, message=f"{'; '.join(problems)}; {_ADVICE}")
        whose = "coverage of every labeling function" if self.lf == _EVERY else next(iter(shares))
        return Finding(
            passed=True,
            value=value,
            message=f"{whose} is {wanted(self.min, self.max)} ({value:.4g})",
        )

    def _shares(self, facts: Facts) -> dict[str, float]:
        if self.lf is None:
            return {"coverage": facts.coverage}
        if self.lf != _EVERY and self.lf not in facts.functions:
            hint = nearest(self.lf, facts.functions)
            raise BadParameter("lf", f"no labeling function '{self.lf}'{hint}")
        names = facts.functions if self.lf == _EVERY else [self.lf]
        return {f"coverage of {name}": facts.functions[name]["coverage"] for name in names}

    def _excess(self, share: float) -> float:
        below = 0.0 if self.min is None else self.min - share
        above = 0.0 if self.max is None else share - self.max
        return max(below, above, 0.0)


_ADVICE = "preview the labeling functions on rows of this input, or move the bound"
