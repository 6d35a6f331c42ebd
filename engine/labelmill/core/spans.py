"""Spans and edits: places in a text, counted in characters (code points), half-open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labeled place in a text."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace characters start to end of a text; start == end inserts."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a training set on its way to being augmented.

    `label` is null in ner and where a text can have several `labels`; `spans` is empty in document
    tasks. `tokens` holds (start, end) of each token of `text`.
    """

    id: str
    text: str
    label: str | None = None
    spans: tuple[Span, ...] = ()
    tokens: tuple[tuple[int, int], ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
