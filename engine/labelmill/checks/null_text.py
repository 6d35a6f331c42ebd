"""The `null_text` check: rows without a text."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow.compute as pc

from labelmill.checks.bounds import check_bounds
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS

_ADVICE = "look at the source, or take such rows out with `source.where` or `drop_empty`"


@CHECKS.add("null_text")
@dataclass(frozen=True, slots=True)
class NullText:
    """Bound the share of rows without a text that somebody can read.

    A text counts that is null or no valid UTF-8 (such a row has the status `error`), and with
    `blank` also one that holds nothing but white space after preparation. Rows that a prepare step
    or `where` took out do not count. The share is of all rows that went in.

    Attributes:
        max: largest share allowed, 0 to 1.
        blank: whether texts of nothing but white space count.

    Example:
        >>> import pyarrow as pa
        >>> from labelmill.core.tables import HeldTables
        >>> labels = pa.table({"text": ["fine", " "], "status": ["labeled", "uncovered"]})
        >>> facts = Facts(2, {}, {}, {}, (), {}, tables=HeldTables({"labels": labels}))
        >>> NullText().check(facts).message.partition(";")[0]
        '1 of 2 rows have no text (0 null or unreadable, 1 blank), above max 0'
        >>> NullText(blank=False).check(facts).passed
        True
    """

    max: float = 0.0
    blank: bool = True

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_bounds(None, self.max, highest=1)

    def check(self, facts: Facts) -> Finding:
        """Count rows without a text."""
        null = _unreadable(facts)
        blank = _blank(facts) if self.blank else 0
        share = (null + blank) / max(facts.rows_in, 1)
        parts = f"{null} null or unreadable, {blank} blank" if self.blank else "null or unreadable"
        found = f"{null + blank} of {facts.rows_in} rows have no text ({parts})"
        if share > self.max:
            return Finding.broken(share, f"{found}, above max {self.max:g}; {_ADVICE}")
        return Finding.kept(share, f"{found}, at most {self.max:g} may")


def _unreadable(facts: Facts) -> int:
    """Rows whose text is null or not valid, from what quarantine says of them."""
    name = facts.source.text
    count = 0
    for batch in facts.tables.batches("quarantine", ["lf", "message"]):
        whole = batch.filter(pc.is_null(batch["lf"]))
        said = (m for m in whole["message"].to_pylist() if m is not None)
        count += sum(m == f"{name} is null" or m.startswith(f"{name}: ") for m in said)
    return count


def _blank(facts: Facts) -> int:
    count = 0
    for batch in facts.tables.batches("labels", ["text"]):
        bare = pc.equal(pc.utf8_trim_whitespace(batch["text"]), "")
        count += pc.sum(bare).as_py() or 0
    return count
