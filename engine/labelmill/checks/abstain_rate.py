"""The `abstain_rate` check: how many rows no function has anything to say about."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from labelmill.checks.bounds import broken, check_bounds, wanted
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter

_ADVICE = "look at uncovered rows in labels/, or add a labeling function for them"


@CHECKS.add("abstain_rate")
@dataclass(frozen=True, slots=True)
class AbstainRate:
    """Compare the share of rows without a label with bounds.

    By default these are the uncovered rows, on which every labeling function abstained. Name other
    states to count rows that stay without a label for another reason, or all of them together. The
    share is of readable rows.

    Attributes:
        min: smallest share allowed, 0 to 1.
        max: largest share allowed, 0 to 1.
        states: which rows count: `uncovered`, `tie`, `low_confidence`.

    Example:
        >>> facts = Facts(10, {"labeled": 4, "tie": 1, "uncovered": 5}, {}, {}, (), {})
        >>> AbstainRate(max=0.4).check(facts).message.partition(";")[0]
        'uncovered: 5 of 10 rows (0.5), above max 0.4'
        >>> AbstainRate(max=0.4, states=("tie",)).check(facts).passed
        True
    """

    min: float | None = None
    max: float | None = None
    states: tuple[Literal["uncovered", "tie", "low_confidence"], ...] = ("uncovered",)

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise BadParameter("max", "give `min`, `max` or both", code="missing")
        check_bounds(self.min, self.max, highest=1)
        if not self.states:
            raise BadParameter("states", "name at least one", code="missing")

    def check(self, facts: Facts) -> Finding:
        """Compare the share with the bounds; without a readable row it is 1."""
        count = sum(facts.status.get(state, 0) for state in set(self.states))
        share = count / facts.readable if facts.readable else 1.0
        found = f"{' + '.join(self.states)}: {count} of {facts.readable} rows ({share:.4g})"
        problem = broken(share, self.min, self.max)
        if problem:
            return Finding.broken(share, f"{found}, {problem}; {_ADVICE}")
        return Finding.kept(share, f"{found}, wanted {wanted(self.min, self.max)}")
