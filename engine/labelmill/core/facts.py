"""What checks look at, what they find, and what a check must do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import pyarrow as pa

from labelmill.core.tables import HeldTables, Tables

EMPTY_TRAIN = "empty_train"
"""The check that every run carries out by itself; it is told of only where it fails."""


@dataclass(frozen=True, slots=True)
class Past:
    """A snapshot that was published before.

    `report` is what its report.json holds, `functions` the fingerprint of each labeling function
    by name: the digest of each part that its votes hang on.
    """

    snapshot: str
    partition: str | None
    report: Mapping[str, Any]
    functions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of the source: its columns of ids and texts, and the schema of each file.

    `files` is empty unless a check says `looks_at_source`.
    """

    id: str = "id"
    text: str = "text"
    files: Mapping[str, pa.Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Rows of dev and test, and how many have a near duplicate in a split before theirs."""

    rows: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class GoldTexts:
    """Texts with their true labels, as names; where a text can have several, as sets of them."""

    texts: tuple[str, ...]
    labels: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class GoldAsk:
    """A labeled set: that of the job, or one of a check's own by its path."""

    path: str | None = None
    text: str = "text"
    label: str = "label"


def _no_gold(ask: GoldAsk) -> GoldTexts | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a snapshot before it is published; checks read nothing else.

    `status` counts rows by status, `classes` the labels (in ner the entities) of labeled rows,
    `splits` the rows of each split without augmented ones, `leaks` the groups or ids that stand
    in more than one split (looked for only where a check says `looks_for_leaks`), `functions` the
    report row of each labeling function by name. With `multi_label` a row can have several labels,
    or none.

    `filtered` counts rows that steps took out, `quarantined` rows on which something went wrong.
    `report` is the whole report so far, `tables` what was written, `fingerprints` says what the
    votes of each function hang on, and `past` are the snapshots published before, the newest
    first (as many as checks ask for with `looks_back`). `near` is there where a check says
    `looks_for_near`. `gold_texts` reads a labeled set, and `gold_of_job` says how the label model
    agrees with that of the job; they give None where the job has none.
    """

    rows_in: int
    status: Mapping[str, int]
    classes: Mapping[str, int]
    splits: Mapping[str, int]
    leaks: tuple[str, ...]
    functions: Mapping[str, Mapping[str, Any]]
    multi_label: bool = False
    filtered: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    report: Mapping[str, Any] = field(default_factory=dict)
    tables: Tables = field(default_factory=HeldTables)
    root: Path = Path()
    source: SourceFacts = field(default_factory=SourceFacts)
    fingerprints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    past: tuple[Past, ...] = ()
    near: NearDuplicates | None = None
    gold_texts: Callable[[GoldAsk], GoldTexts | None] = _no_gold
    gold_of_job: Callable[[], Mapping[str, Any] | None] = lambda: None

    @property
    def rows_out(self) -> int:
        """Rows with any status but filtered."""
        return self.rows_in - self.status.get("filtered", 0)

    @property
    def readable(self) -> int:
        """Rows that somebody can read: those with any status but filtered and error."""
        return self.rows_out - self.status.get("error", 0)

    @property
    def given(self) -> int:
        """What shares of labels are of: all labels given, or the rows that can have several."""
        return self.status.get("labeled", 0) if self.multi_label else sum(self.classes.values())

    @property
    def coverage(self) -> float:
        """Share of readable rows with at least one vote."""
        covered = self.readable - self.status.get("uncovered", 0)
        return covered / self.readable if self.readable else 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the value it looked at, and a sentence that says what was wanted."""

    passed: bool
    value: float
    message: str

    @classmethod
    def kept(cls, value: float, message: str) -> "Finding":
        """What was wanted holds."""
        return cls(passed=True, value=value, message=message)

    @classmethod
    def broken(cls, value: float, message: str) -> "Finding":
        """What was wanted does not hold."""
        return cls(passed=False, value=value, message=message)


@runtime_checkable
class Check(Protocol):
    """A declared check (one entry under `checks`).

    A type that only fits some tasks says so by `units`, one that reads files by `needs(root)`.
    """

    version: ClassVar[int]

    def check(self, facts: Facts) -> Finding:
        """Look at a snapshot."""
        ...
