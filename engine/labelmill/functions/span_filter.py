"""The `span_filter` type: spans of other functions that meet some conditions."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.mentions import Gazetteer
from labelmill.core.protocols import SPAN, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.rows import Row
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, nearest
from labelmill.functions.columns import check_columns
from labelmill.functions.near import checked_pattern
from labelmill.functions.reading import Found, check_reads, spans_by_text
from labelmill.text.expression import Expression
from labelmill.text.words import one_or_many


@FUNCTIONS.add("span_filter")
@dataclass(frozen=True, slots=True)
class SpanFilter:
    """Vote on those spans of other functions that meet every condition given here.

    In `when` the `text` and its measures (`n_words`, `upper_ratio`) are those of the span; columns
    are those of its row. With `label` all spans that are left are votes for it, else each keeps
    the label that it had.

    Attributes:
        reads: names of the labeling functions whose spans are taken.
        when: a condition in the expression language.
        min_tokens: the fewest tokens that a span may have.
        max_tokens: the most tokens that a span may have.
        pattern: a regular expression that must match the whole span.
        not_in: name of a gazetteer, or a list of them, that must not have the span as a term.
        label: what the spans vote for; left out, each keeps its own label.

    Example:
        >>> long = SpanFilter(reads=("capitals",), min_tokens=2, not_in="first_names")
        >>> long.needs(Path(".")).gazetteers
        ('first_names',)
    """

    reads: tuple[str, ...]
    when: str | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    pattern: str | None = None
    not_in: str | tuple[str, ...] = ()
    label: Target | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN

    def __post_init__(self) -> None:
        check_reads(self.reads)
        given = (self.when, self.min_tokens, self.max_tokens, self.pattern, self.not_in or None)
        if all(condition is None for condition in given):
            wanted = "`when`, `min_tokens`, `max_tokens`, `pattern` or `not_in`"
            raise BadParameter("when", f"give at least one condition: {wanted}", code="missing")
        for field in ("min_tokens", "max_tokens"):
            value = getattr(self, field)
            if value is not None and value < 1:
                raise BadParameter(field, f"must be at least 1, found {value}")
        if (self.max_tokens or 1) < (self.min_tokens or 1) and self.max_tokens is not None:
            raise BadParameter("max_tokens", f"must be at least min_tokens, {self.min_tokens}")
        self._condition()
        self._compiled()

    def targets(self) -> tuple[Target, ...]:
        """The label, if one is given."""
        return () if self.label is None else (self.label,)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The votes of other functions, the columns in `when`, the gazetteers in `not_in`."""
        condition = self._condition()
        columns = () if condition is None else tuple(sorted(condition.columns))
        return Needs(columns=columns, gazetteers=one_or_many(self.not_in), reads=self.reads)

    def bind(self, bench: Bench) -> "SpanFilterVoter":
        """Compile the conditions.

        Raises:
            BadParameter: if a gazetteer under `not_in` is unknown.
        """
        for name in one_or_many(self.not_in):
            if name not in bench.gazetteers:
                hint = nearest(name, bench.gazetteers)
                raise BadParameter("not_in", f"no gazetteer '{name}'{hint}", code="reference")
        return SpanFilterVoter(
            self.reads,
            Conditions(
                self._condition(),
                self.min_tokens or 1,
                self.max_tokens,
                self._compiled(),
                tuple(bench.gazetteers[name] for name in one_or_many(self.not_in)),
            ),
            None if self.label is None else bench.labels.index(self.label),
        )

    def _condition(self) -> Expression | None:
        return None if self.when is None else Expression.parse(self.when, "when")

    def _compiled(self) -> re.Pattern[str] | None:
        return None if self.pattern is None else checked_pattern("pattern", self.pattern)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a span must meet."""

    when: Expression | None
    min_tokens: int
    max_tokens: int | None
    pattern: re.Pattern[str] | None
    not_in: tuple[Gazetteer, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the row that are read."""
        return () if self.when is None else tuple(sorted(self.when.columns))

    def met(self, text: str, n_tokens: int, row: Row) -> bool:
        """Whether a span meets all of them.

        Raises:
            ValueError: if `when` cannot be worked out for it.
        """
        if n_tokens < self.min_tokens or (self.max_tokens or n_tokens) < n_tokens:
            return False
        if self.pattern is not None and not self.pattern.fullmatch(text):
            return False
        if any(text in terms for terms in self.not_in):
            return False
        return self.when is None or self.when.holds(_SpanRow(text, row))


@dataclass(frozen=True, slots=True)
class _SpanRow:
    """A row whose text is that of a span."""

    text: str
    row: Row

    def __getitem__(self, name: str, /) -> Any:
        return self.text if name == "text" else self.row[name]


@dataclass(frozen=True, slots=True)
class SpanFilterVoter:
    """Compiled conditions, and the label set of what meets them."""

    reads: tuple[str, ...]
    conditions: Conditions
    label: int | None

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:
        """Take the spans that meet the conditions; one that cannot be judged fails its row."""
        check_columns(batch, self.conditions.columns, "when")
        texts = spans_by_text(earlier, self.reads)
        hits = Hits()
        for doc, row in enumerate(batch.rows(self.conditions.columns)):
            if doc not in texts:
                continue
            bounds = batch.tokens.bounds(doc)
            try:
                kept = [span for span in texts[doc] if self._met(bounds, row, span)]
            except ValueError as error:
                hits.fail(doc, "bad_value", str(error))
                continue
            for span in kept:
                label = span.label if self.label is None else self.label
                hits.add(doc, span.start, span.end, label, span.entry)
        return hits

    def _met(self, bounds: Sequence[tuple[int, int]], row: Row, span: Found) -> bool:
        begun = bisect_left(bounds, span.end, key=lambda token: token[0])
        ended = bisect_right(bounds, span.start, key=lambda token: token[1])
        n_tokens = begun - ended
        return self.conditions.met(row.text[span.start : span.end], n_tokens, row)
