"""The `column` type: a column of the source becomes votes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.labels import Not, Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.columns import column_of, shown
from labelmill.text.operations import is_null, kind

Value = str | int | float | bool
Known = Mapping[tuple[str, Any], int]


@FUNCTIONS.add("column")
@dataclass(frozen=True, slots=True)
class Column:
    """Vote for what stands in a column of the source: an old label, or one annotator's.

    In document tasks the column holds one value a row. With `labels` the values under a label vote
    for it; without, the column holds names of labels. In ner the column is a list of `{start, end,
    label}`, in characters of the text, and the values are those of `label`. Null abstains. Where a
    text can have several labels the column may hold lists of such values; an empty list says that
    none of the labels applies. Numbers, texts and truth values are never equal to each other: 1 is
    not '1'.

    Attributes:
        column: the column of the source.
        labels: a map from label to the value or values that stand for it.
        unknown: what a value that stands for no label is: an `error` of its row, or `abstain`.

    Example:
        >>> Column(column="rating", labels={"positive": (4, 5), "negative": (1, 2)}).targets()
        ('positive', 'negative')
    """

    column: str
    labels: Mapping[str, Value | tuple[Value, ...]] | None = None
    unknown: Literal["error", "abstain"] = "error"

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if self.labels is not None and not self.labels:
            raise BadParameter("labels", "name at least one label, or leave `labels` out")
        seen: dict[tuple[str, Any], str] = {}
        for label, value in self._pairs():
            if seen.setdefault(_key(value), label) != label:
                field = f"labels.{label}"
                message = f"the value {value!r} stands under '{seen[_key(value)]}' already"
                raise BadParameter(field, message)

    def targets(self) -> tuple[Target, ...]:
        """The labels of the map; without one the column says."""
        return tuple(self.labels or ())

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The column."""
        return Needs(columns=(self.column,))

    def bind(self, bench: Bench) -> "ColumnVoter":
        """Find out what each value votes for."""
        pairs = self._pairs() if self.labels else [(name, name) for name in bench.labels.names]
        known = {_key(value): bench.labels.index(label) for label, value in pairs}
        denied: tuple[int, ...] = ()
        if bench.labels.multi_label:
            names = dict.fromkeys(label for label, _ in pairs)
            denied = tuple(bench.labels.index(Not(name)) for name in names)
        return ColumnVoter(self.column, known, self.unknown == "error", bench.unit, denied)

    def _pairs(self) -> list[tuple[str, Value]]:
        return [
            (label, value)
            for label, values in (self.labels or {}).items()
            for value in (values if isinstance(values, tuple) else (values,))
        ]


@dataclass(frozen=True, slots=True)
class ColumnVoter:
    """The values of a column, with the label set that each votes for.

    `denied` are the label sets of "none of them applies", where a text can have several labels.
    """

    column: str
    known: Known
    strict: bool
    unit: Unit
    denied: tuple[int, ...] = ()

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Read the column of every row."""
        array = column_of(batch, self.column, "column")
        if self.unit == "span":
            check_spans(self.column, array.type, ("start", "end", "label"))
        hits = Hits()
        for doc, value in enumerate(array.to_pylist()):
            try:
                self._add(hits, doc, value, batch.strings[doc])
            except ValueError as error:
                hits.fail(doc, "bad_value", f"column '{self.column}': {error}")
        return hits

    def _add(self, hits: Hits, doc: int, value: Any, text: str) -> None:
        if is_null(value):
            return
        if self.unit == "document":
            for voted in self._labels(value):
                hits.add(doc, 0, len(text), voted)
            return
        spans = [(*bounds_of(span, text), self._label(span["label"])) for span in value]
        for start, end, label in spans:
            if label is not None:
                hits.add(doc, start, end, label)

    def _labels(self, value: Any) -> list[int]:
        """The label sets that a value votes for; a list of values is for texts with several."""
        if isinstance(value, list) and self.denied:
            labels = [self._label(item) for item in value]
            return [label for label in labels if label is not None] if value else [*self.denied]
        label = self._label(value)
        return [] if label is None else [label]

    def _label(self, value: Any) -> int | None:
        if is_null(value):
            return None
        label = self.known.get(_key(value))
        if label is None and self.strict:
            wanted = ", ".join(shown(known) for _, known in list(self.known)[:10])
            message = f"{shown(value)} ({kind(value)}) stands for no label; known: {wanted}"
            raise ValueError(message)
        return label


def check_spans(column: str, found: pa.DataType, wanted: tuple[str, ...]) -> None:
    """Make sure that a column holds lists of spans.

    Raises:
        BadParameter: if it holds anything else.
    """
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    item = found.value_type if any(is_list(found) for is_list in lists) else None
    if item is None or not pa.types.is_struct(item) or not {f.name for f in item} >= {*wanted}:
        message = f"'{column}' holds {found}; wanted a list of {{{', '.join(wanted)}}}"
        raise BadParameter("column", message, code="column")


def bounds_of(span: Mapping[str, Any] | None, text: str) -> tuple[int, int]:
    """Start and end of a span that a column holds.

    Raises:
        ValueError: if it does not lie in the text.

    Example:
        >>> bounds_of({"start": 0, "end": 4}, "Acme rose")
        (0, 4)
    """
    start, end = (span["start"], span["end"]) if span is not None else (None, None)
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(text):
        message = f"{shown(span)} is no span of a text of {len(text)} characters"
        raise ValueError(message)
    return start, end


def _key(value: Any) -> tuple[str, Any]:
    hashable = value if kind(value) in ("text", "number", "truth value") else repr(value)
    return kind(value), hashable
