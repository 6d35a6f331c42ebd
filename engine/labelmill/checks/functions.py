"""A number of one labeling function, or of each, held against bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelmill.checks.bounds import broken
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter, nearest

EVERY = "*"


def chosen(facts: Facts, lf: str) -> Mapping[str, Mapping[str, Any]]:
    """The report rows of one labeling function, or with `*` of all.

    Raises:
        BadParameter: if there is no labeling function of that name.
    """
    if lf == EVERY:
        return facts.functions
    if lf not in facts.functions:
        raise BadParameter("lf", f"no labeling function '{lf}'{nearest(lf, facts.functions)}")
    return {lf: facts.functions[lf]}


@dataclass(frozen=True, slots=True)
class Held:
    """Shares held against bounds: what is wrong, and the share that says most.

    That is the one furthest outside the bounds, or the smallest (with `largest` the largest).
    """

    problems: tuple[str, ...]
    value: float

    @classmethod
    def of(
        cls,
        shares: Mapping[str, float],
        low: float | None,
        high: float | None,
        *,
        largest: bool = False,
    ) -> "Held":
        """Hold shares, by what they are called, against bounds.

        Example:
            >>> Held.of({"coverage of a": 0.1, "coverage of b": 0.9}, 0.2, None)
            Held(problems=('coverage of a is 0.1, below min 0.2',), value=0.1)
        """
        found = [
            f"{what} is {share:.4g}, {problem}"
            for what, share in shares.items()
            if (problem := broken(share, low, high))
        ]
        sign = 1 if largest else -1

        def says(share: float) -> tuple[float, float]:
            below = 0.0 if low is None else low - share
            above = 0.0 if high is None else share - high
            return max(below, above, 0.0), sign * share

        return cls(tuple(found), max(shares.values(), key=says, default=0.0))
