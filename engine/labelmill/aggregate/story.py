"""The story of a fit: which label model was asked for, which is used, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something strange about a fitted label model, or about the votes that it learned from.

    `code` names the kind of finding, `function` the labeling function where it is about one,
    `value` the number behind it. A `fatal` one is a reason not to use the model.
    """

    code: str
    message: str
    function: str | None = None
    value: float | None = None
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A model that was tried before one was chosen, and its score (the higher, the better)."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Story:
    """Which type was asked for, which is used, why, what was found, and what was tried.

    Example:
        >>> story = Story("dawid_skene", "majority", "the label 'ham' is lost")
        >>> Story.of(story.row()) == story
        True
    """

    asked: str
    used: str
    why: str
    findings: tuple[Finding, ...] = ()
    tried: tuple[Trial, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Story":
        """Read what `row` gave."""
        return cls(
            str(row["asked"]),
            str(row["used"]),
            str(row["why"]),
            tuple(Finding(**finding) for finding in row["findings"]),
            tuple(Trial(**trial) for trial in row["tried"]),
        )

    def row(self) -> dict[str, Any]:
        """The story as plain JSON data."""
        return {
            "asked": self.asked,
            "used": self.used,
            "why": self.why,
            "findings": [asdict(finding) for finding in self.findings],
            "tried": [asdict(trial) for trial in self.tried],
        }

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person who runs the job has to be told at once, in at most one sentence.

        Findings about single functions are left to the report.
        """
        whole = [finding for finding in self.findings if finding.function is None]
        if any(finding.fatal for finding in whole):
            return (f"label model '{self.asked}': {self.why}",)
        if whole:
            rest = f" (and {len(whole) - 1} more, see the report)" if len(whole) > 1 else ""
            return (f"label model '{self.asked}': {whole[0].message}{rest}",)
        return ()
