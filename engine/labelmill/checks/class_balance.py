"""The `class_balance` check: how often each label was given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from labelmill.checks.bounds import broken, check_bounds
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter


@CHECKS.add("class_balance")
@dataclass(frozen=True, slots=True)
class ClassBalance:
    """Compare the share of each label with what is expected.

    The share of a label is that among all labeled rows; in ner, among all entities. Where a row can
    have several labels the shares need not sum to 1, and `expected` must be given for `max_drift`.
    Give `min` and `max` as one number for every label, or as a map from label to number.
    `max_drift` bounds the largest absolute difference between a label's share and its expected
    share. Where nothing was labeled the check fails.

    The value found is the largest drift where `max_drift` is given, else the smallest share.

    Attributes:
        min: smallest share allowed, for every label or by label.
        max: largest share allowed, for every label or by label.
        expected: expected share of each label, summing to 1; equal shares where it is null.
        max_drift: largest difference allowed between a share and the expected share.

    Example:
        >>> facts = Facts(9, {}, {"ham": 8, "spam": 1}, {}, (), {})
        >>> print(ClassBalance(min={"spam": 0.25}).check(facts).message.partition(";")[0])
        label spam has share 0.1111 (1 of 9), below min 0.25
    """

    min: float | Mapping[str, float] | None = None
    max: float | Mapping[str, float] | None = None
    expected: Mapping[str, float] | None = None
    max_drift: float | None = None

    version: ClassVar[int] = 1
    by_label: ClassVar[tuple[str, ...]] = ("min", "max", "expected")

    def __post_init__(self) -> None:
        if self.min is None and self.max is None and self.max_drift is None:
            raise BadParameter("max_drift", "give `min`, `max` or `max_drift`", code="missing")
        for label in self._named():
            low, high = _of(self.min, label), _of(self.max, label)
            check_bounds(low, high, highest=1, where=f".{label}" if label else "")
        if isinstance(self.min, Mapping) and sum(self.min.values()) > 1 + _TOLERANCE:
            raise BadParameter("min", "the shares sum to more than 1, so no data can have them")
        if self.max_drift is not None and not 0 <= self.max_drift <= 1:
            raise BadParameter("max_drift", f"{self.max_drift} is not between 0 and 1")
        self._check_expected()

    def check(self, facts: Facts) -> Finding:
        """Compare the shares with the bounds."""
        total = facts.given
        if not total:
            return Finding(
                passed=False,
                value=0.0,
                message=f"nothing was labeled, so no label has a share; {_ADVICE}",
            )
        counts = {label: facts.classes.get(label, 0) for label in [*facts.classes, *self._named()]}
        counts.pop("", None)
        expected = self._expected(facts)
        if facts.multi_label and self.max_drift is not None and self.expected is None:
            message = "`max_drift` needs `expected` where a row can have several labels; give it"
            return Finding(passed=False, value=0.0, message=message)
        problems, drifts = [], []
        for label, count in counts.items():
            share = count / total
            drift = abs(share - expected.get(label, 0.0))
            drifts.append(drift)
            about = f"label {label} has share {share:.4g} ({count} of {total})"
            problems += [f"{about}, {p}" for p in self._problems(label, share, drift, expected)]
        value = max(drifts) if self.max_drift is not None else min(counts.values()) / total
        if problems:
            return Finding(passed=False, value=value, message=f"{'; '.join(problems)}; {_ADVICE}")
        name = "the largest drift" if self.max_drift is not None else "the smallest share"
        return Finding(
            passed=True, value=value, message=f"all labels keep their bounds; {name} is {value:.4g}"
        )

    def _problems(
        self, label: str, share: float, drift: float, expected: Mapping[str, float]
    ) -> Iterator[str]:
        outside = broken(share, _of(self.min, label), _of(self.max, label))
        if outside:
            yield outside
        if self.max_drift is not None and drift > self.max_drift + _TOLERANCE:
            away = f"{drift:.4g} away from the expected {expected.get(label, 0.0):.4g}"
            yield f"{away}, above max_drift {self.max_drift:g}"

    def _expected(self, facts: Facts) -> Mapping[str, float]:
        if self.expected is not None:
            return self.expected
        return dict.fromkeys(facts.classes, 1 / len(facts.classes))

    def _check_expected(self) -> None:
        if self.expected is None:
            return
        if self.max_drift is None:
            raise BadParameter("max_drift", "say how far a share may be from `expected`")
        if any(share < 0 for share in self.expected.values()):
            raise BadParameter("expected", "a share is negative")
        total = sum(self.expected.values())
        if abs(total - 1) > 1e-6:
            raise BadParameter("expected", f"the shares sum to {total:g}, not to 1")

    def _named(self) -> list[str]:
        """Labels that a parameter names, and "" for a bound on every label."""
        names: dict[str, None] = {}
        for bound in (self.min, self.max, self.expected):
            names.update(dict.fromkeys(bound) if isinstance(bound, Mapping) else {"": None})
        return list(names)


_ADVICE = (
    "look at the labeling functions of these labels in the report, or set `class_balance` of the "
    "label model"
)
_TOLERANCE = 1e-9


def _of(bound: float | Mapping[str, float] | None, label: str) -> float | None:
    return bound.get(label) if isinstance(bound, Mapping) else bound
