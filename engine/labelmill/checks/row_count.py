"""The `row_count` check: enough rows, and not too many."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from labelmill.checks.bounds import broken, check_bounds, wanted
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter


@CHECKS.add("row_count")
@dataclass(frozen=True, slots=True)
class RowCount:
    """Count the rows that go into the training set.

    Augmented rows do not count, nor do rows that are left out of all splits (dropped ties, rows of
    low confidence, filtered rows).

    Attributes:
        min: fewest rows allowed.
        max: most rows allowed.
        split: count only this split; all three where it is null.

    Example:
        >>> facts = Facts(9, {}, {}, {"train": 6, "dev": 1, "test": 1}, (), {})
        >>> RowCount(min=5, split="train").check(facts).message
        'split train has 6 rows, wanted at least 5'
    """

    min: int | None = None
    max: int | None = None
    split: Literal["train", "dev", "test"] | None = None

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise BadParameter("min", "give `min`, `max` or both", code="missing")
        check_bounds(self.min, self.max)

    def check(self, facts: Facts) -> Finding:
        """Compare the number of rows with the bounds."""
        if self.split is None:
            found, where = sum(facts.splits.values()), "the training set"
        else:
            found, where = facts.splits.get(self.split, 0), f"split {self.split}"
        message = f"{where} has {found} rows, wanted {wanted(self.min, self.max)}"
        problem = broken(found, self.min, self.max)
        return Finding(problem is None, float(found), message + (_ADVICE if problem else ""))


_ADVICE = "; look at the row counts by status in the report, and at the source"
