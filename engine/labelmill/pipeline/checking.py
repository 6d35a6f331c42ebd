"""The check stage: every declared check looks at the snapshot before it is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labelmill.config.spec import CheckSpec
from labelmill.core.facts import Facts


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found."""

    name: str
    type: str
    severity: str
    passed: bool
    value: float
    message: str

    @property
    def told(self) -> str:
        """The finding as a sentence."""
        return f"check '{self.name}': {self.message}"

    def row(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "name": self.name,
            "type": self.type,
            "severity": self.severity,
            "passed": self.passed,
            "value": self.value,
            "message": self.message,
        }


def carry_out_checks(checks: Sequence[CheckSpec], facts: Facts) -> list[CheckResult]:
    """Let every check look at a snapshot."""
    results = []
    for spec in checks:
        found = spec.kind.check(facts)
        results.append(
            CheckResult(
                spec.name, spec.type, spec.severity, found.passed, found.value, found.message
            )
        )
    return results
