"""What checks look at, what they find, and what a check must do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a snapshot before it is published; checks read nothing else.

    `status` counts rows by status, `classes` the labels (in ner the entities) of labeled rows,
    `splits` the rows of each split without augmented ones, `leaks` the groups or ids that stand
    in more than one split (looked for only where a check says `looks_for_leaks`), `functions` the
    report row of each labeling function by name. With `multi_label` a row can have several labels,
    or none.
    """

    rows_in: int
    status: Mapping[str, int]
    classes: Mapping[str, int]
    splits: Mapping[str, int]
    leaks: tuple[str, ...]
    functions: Mapping[str, Mapping[str, Any]]
    multi_label: bool = False

    @property
    def rows_out(self) -> int:
        """Rows with any status but filtered."""
        return self.rows_in - self.status.get("filtered", 0)

    @property
    def given(self) -> int:
        """What shares of labels are of: all labels given, or the rows that can have several."""
        return self.status.get("labeled", 0) if self.multi_label else sum(self.classes.values())

    @property
    def coverage(self) -> float:
        """Share of readable rows with at least one vote."""
        readable = self.rows_out - self.status.get("error", 0)
        covered = readable - self.status.get("uncovered", 0)
        return covered / readable if readable else 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the value it looked at, and a sentence that says what was wanted."""

    passed: bool
    value: float
    message: str


@runtime_checkable
class Check(Protocol):
    """A declared check (one entry under `checks`)."""

    version: ClassVar[int]

    def check(self, facts: Facts) -> Finding:
        """Look at a snapshot."""
        ...
