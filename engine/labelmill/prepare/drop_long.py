"""The `drop_long` step: rows that are too long."""

from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.protocols import Drop
from labelmill.core.registry import PREPARE_STEPS
from labelmill.core.spans import Edit
from labelmill.errors import BadParameter


@PREPARE_STEPS.add("drop_long")
@dataclass(frozen=True, slots=True)
class DropLong:
    """Take out rows whose text has more than some number of characters.

    The text counts as the steps before this one left it.

    Attributes:
        max_chars: the longest text that stays, in characters (code points).

    Example:
        >>> DropLong(max_chars=3).prepare("four")
        Drop(reason='the text has more than 3 characters')
    """

    max_chars: int

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.max_chars < 1:
            raise BadParameter("max_chars", f"must be at least 1, found {self.max_chars}")

    def prepare(self, text: str) -> tuple[Edit, ...] | Drop:
        """Drop the row, or leave it as it is."""
        if len(text) <= self.max_chars:
            return ()
        return Drop(f"the text has more than {self.max_chars} characters")
