"""The `whitespace` step: single spaces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from labelmill.core.registry import PREPARE_STEPS
from labelmill.core.spans import Edit

_RUN = re.compile(r"\s+")
_BREAK = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@PREPARE_STEPS.add("whitespace")
@dataclass(frozen=True, slots=True)
class Whitespace:
    r"""Make every run of white space one space, and take it away at both ends.

    Every kind of white space counts: tabs, line ends, no-break spaces. With `lines: keep` a run
    that breaks a line becomes one line break instead. Only what changes is edited.

    Attributes:
        collapse: make every run inside the text one space.
        strip: take white space away at both ends.
        lines: `join` lines with a space, or `keep` one line break.

    Example:
        >>> Whitespace().prepare("two  words\n")
        (Edit(start=3, end=5, replacement=' '), Edit(start=10, end=11, replacement=''))
    """

    collapse: bool = True
    strip: bool = True
    lines: Literal["join", "keep"] = "join"

    version: ClassVar[int] = 1

    def prepare(self, text: str) -> tuple[Edit, ...]:
        """An edit for each run that changes."""
        return tuple(self._edits(text))

    def _edits(self, text: str) -> Iterator[Edit]:
        for match in _RUN.finditer(text):
            start, end = match.span()
            run = match.group()
            wanted = run
            if self.strip and (start == 0 or end == len(text)):
                wanted = ""
            elif self.collapse:
                wanted = "\n" if self.lines == "keep" and _BREAK.search(run) else " "
            if wanted != run:
                yield Edit(start, end, wanted)
