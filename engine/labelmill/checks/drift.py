"""The `drift` check: a snapshot is like those before it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from labelmill.checks.comparison import Comparison, Limits, finding_of, readable_rows
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter

Measure = Literal[
    "coverage", "conflict", "class_balance", "abstain_rate", "confidence", "text_length"
]
MEASURES: tuple[Measure, ...] = (
    "coverage",
    "conflict",
    "class_balance",
    "abstain_rate",
    "confidence",
    "text_length",
)


@CHECKS.add("drift")
@dataclass(frozen=True, slots=True)
class Drift:
    """Compare a snapshot with the median of the last ones that were published.

    In a job with partitions these are what is published of the partitions before this one, by
    name; else the snapshots of this output that were live before. What is compared: the share of
    rows that each labeling function votes on (`coverage`) and conflicts on (`conflict`), the shares
    of the labels (`class_balance`), the share of uncovered rows (`abstain_rate`), the mean
    confidence of labels, and how long the texts are.

    What counts is the size of the effect, not its significance: for shares of labels and lengths of
    texts the population stability index (PSI), for rates the relative change, where 0.5 is half as
    often or twice as often, for confidence the difference. What chance alone can do in so few rows
    (four standard errors) never fails.

    A labeling function that was changed since the newest of them, or is new, is expected to differ:
    that is said, and it does not fail. From then on it is compared with snapshots of its new form
    only; so are class balance, abstain rate and confidence with snapshots of the same functions as
    in the newest. As long as there are fewer than `at_least` to compare with the finding says that
    there is no baseline, and passes. The value found is the largest effect as a share of its limit:
    above 1 it fails.

    Attributes:
        snapshots: the median of so many is what a snapshot is compared with.
        at_least: fewer than so many are no baseline.
        min_rows: smaller snapshots are not compared, and not compared with.
        alarm: largest PSI allowed.
        note: a PSI above this is told, without failing.
        change: largest relative change of a rate allowed.
        confidence: largest difference allowed of the mean confidence.
        measures: what to compare.

    Example:
        >>> print(Drift().check(Facts(500, {"labeled": 500}, {}, {}, (), {})).message)
        no baseline: 0 snapshots to compare with, wanted 3; nothing was compared
    """

    snapshots: int = 7
    at_least: int = 3
    min_rows: int = 100
    alarm: float = 0.25
    note: float = 0.1
    change: float = 0.5
    confidence: float = 0.1
    measures: tuple[Measure, ...] = MEASURES

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for name in ("snapshots", "at_least", "min_rows"):
            if getattr(self, name) < 1:
                raise BadParameter(name, f"{getattr(self, name)} is not 1 or more")
        if self.at_least > self.snapshots:
            message = (
                f"{self.at_least} is above snapshots ({self.snapshots}), so nothing is compared"
            )
            raise BadParameter("at_least", message)
        for name in ("alarm", "change", "confidence"):
            if not getattr(self, name) > 0:
                raise BadParameter(name, f"{getattr(self, name)} is not above 0")
        if not 0 <= self.note <= self.alarm:
            raise BadParameter("note", f"{self.note} is not between 0 and alarm ({self.alarm})")
        if not self.measures:
            raise BadParameter("measures", "name at least one", code="missing")

    @property
    def looks_back(self) -> int:
        """How many snapshots before are needed."""
        return self.snapshots

    def check(self, facts: Facts) -> Finding:
        """Compare the snapshot with those before it."""
        past = [p for p in facts.past[: self.snapshots] if readable_rows(p.report) >= self.min_rows]
        if len(past) < self.at_least:
            snapshots = "1 snapshot" if len(past) == 1 else f"{len(past)} snapshots"
            told = f"no baseline: {snapshots} to compare with, wanted {self.at_least}"
            return Finding.kept(0.0, f"{told}; nothing was compared")
        if facts.readable < self.min_rows:
            told = f"{facts.readable} rows are too few to compare (min_rows: {self.min_rows})"
            return Finding.kept(0.0, told)
        return finding_of(Comparison(self._limits(), facts, tuple(past)))

    def _limits(self) -> Limits:
        return Limits(
            self.at_least,
            self.min_rows,
            self.alarm,
            self.note,
            self.change,
            self.confidence,
            self.measures,
        )
