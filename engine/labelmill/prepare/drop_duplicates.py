"""The `drop_duplicates` step: rows whose text stands in another row."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.registry import PREPARE_STEPS
from labelmill.core.spans import Edit


@PREPARE_STEPS.add("drop_duplicates")
@dataclass(frozen=True, slots=True)
class DropDuplicates:
    """Take out rows whose prepared text is exactly that of an earlier row.

    This looks at all rows of a run at once, wherever the step stands under `prepare`: the texts are
    compared as all steps leave them. The first row stays: that of the earliest partition, then of
    the smallest id. The order and the number of files change nothing.

    Example:
        >>> DropDuplicates.scope, DropDuplicates().prepare("any text")
        ('global', ())
    """

    version: ClassVar[int] = 1
    scope: ClassVar[str] = "global"

    def prepare(self, text: str) -> tuple[Edit, ...]:  # noqa: ARG002 (one text shows no duplicates)
        """No edits: the rows are taken out by the run, which sees them all."""
        return ()
