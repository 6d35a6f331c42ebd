"""The `drop_empty` step: rows without a word."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.protocols import Drop
from labelmill.core.registry import PREPARE_STEPS
from labelmill.core.spans import Edit


@PREPARE_STEPS.add("drop_empty")
@dataclass(frozen=True, slots=True)
class DropEmpty:
    """Take out rows whose text is empty or only white space.

    A null text is not empty: such a row has the status `error`, whatever stands under `prepare`.

    Example:
        >>> DropEmpty().prepare("  ")
        Drop(reason='the text is empty')
    """

    version: ClassVar[int] = 1

    def prepare(self, text: str) -> tuple[Edit, ...] | Drop:
        """Drop the row, or leave it as it is."""
        return () if text.strip() else Drop("the text is empty")
