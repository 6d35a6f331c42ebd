"""The `regex` type: what a regular expression finds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.searching import Search, note_labels, note_places, overdue_on
from labelmill.text.scan import Probe
from labelmill.text.words import one_or_many


@FUNCTIONS.add("regex")
@dataclass(frozen=True, slots=True)
class Regex:
    r"""Vote for a label wherever a regular expression matches.

    The meaning is that of Python's `re`: `pattern` is searched in the whole text, and each match
    that is not empty is a hit. In a document task the label with most hits wins; a pattern that
    matches only the empty string (a look-ahead, say) counts as one hit. Give `label` with
    `pattern`, or `labels` with a pattern (or several) for each label.

    All patterns of a job are looked for in one scan. Where `re` itself has to look (for a
    back-reference, say, or for the spans of matches) it gets five seconds for a text; a text that
    takes longer has no vote and is noted as `timeout`.

    Attributes:
        label: what a match votes for.
        pattern: a regular expression in Python's syntax, or a list of them.
        labels: a map from label to pattern or patterns, instead of `label` and `pattern`.
        case: `exact`, or `ignore` (re.IGNORECASE).
        multiline: let `^` and `$` match at line ends (re.MULTILINE).
        group: take the span of this group (a name or a number) instead of the whole match.

    Example:
        >>> regex = Regex(label="MONEY", pattern=r"(?:USD|€)\s?\d+")
        >>> regex.find("It cost USD 20, not €30.")
        [(8, 14), (20, 23)]
    """

    label: Target | None = None
    pattern: str | tuple[str, ...] | None = None
    labels: Mapping[str, str | tuple[str, ...]] | None = None
    case: Literal["exact", "ignore"] = "exact"
    multiline: bool = False
    group: int | str = 0

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if (self.labels is None) == (self.pattern is None):
            raise BadParameter("pattern", "give `label` and `pattern`, or `labels`", code="missing")
        if self.pattern is not None and self.label is None:
            raise BadParameter("label", "say what a match votes for", code="missing")
        for target, patterns in self._rules():
            field = "pattern" if self.labels is None else f"labels.{target}"
            if not patterns:
                raise BadParameter(field, "holds no pattern; write one, or a list of some")
            for pattern in patterns:
                self._compile(field, pattern)

    def targets(self) -> tuple[Target, ...]:
        """The labels that it may vote for."""
        return tuple(target for target, _ in self._rules())

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """Nothing but the text."""
        return Needs()

    def find(self, text: str) -> list[tuple[int, int]]:
        """Spans of all matches, by pattern and then by place."""
        return [
            span
            for _, patterns in self._rules()
            for pattern in patterns
            for span in matches(self._compile("pattern", pattern), text, self.group)
        ]

    def bind(self, bench: Bench) -> "RegexVoter":
        """Compile the patterns for a job."""
        return RegexVoter(
            tuple(
                (self._compile("pattern", pattern), bench.labels.index(target))
                for target, patterns in self._rules()
                for pattern in patterns
            ),
            self.group,
            by_place=bench.unit == "span" or self.group != 0,
            with_empty=bench.unit == "document",
        )

    def _rules(self) -> list[tuple[Target, tuple[str, ...]]]:
        if self.labels is not None:
            return [(label, one_or_many(rule)) for label, rule in self.labels.items()]
        if self.pattern is None or self.label is None:
            return []
        return [(self.label, one_or_many(self.pattern))]

    def _compile(self, field: str, pattern: str) -> re.Pattern[str]:
        flags = re.IGNORECASE if self.case == "ignore" else 0
        flags |= re.MULTILINE if self.multiline else 0
        try:
            compiled = re.compile(pattern, flags)
        except (re.error, OverflowError, RecursionError) as error:
            message = f"the pattern {pattern!r} does not compile: {error}"
            raise BadParameter(field, message) from error
        known = {*range(compiled.groups + 1), *compiled.groupindex}
        if self.group not in known:
            raise BadParameter("group", f"the pattern {pattern!r} has no group {self.group!r}")
        return compiled


@dataclass(frozen=True, slots=True)
class RegexVoter:
    """Compiled patterns, each with the label set that it votes for.

    Unless matches count `by_place`, a text in which the patterns of one label match is read no
    more. `with_empty` lets a pattern that matches nothing but the empty string count.
    """

    rules: tuple[tuple[re.Pattern[str], int], ...]
    group: int | str
    by_place: bool = True
    with_empty: bool = True

    def probes(self) -> tuple[Probe, ...]:
        """Every pattern that is looked for."""
        return tuple(Probe(pattern) for pattern, _ in self.rules)

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Search every text with every pattern."""
        hits = Hits()
        late = overdue_on(batch, self.probes())
        searches = [
            Search(partial(self._find, pattern), label, batch.searched(Probe(pattern)))
            for pattern, label in self.rules
        ]
        if not self.by_place:
            searches = note_labels(hits, searches, late)
        note_places(hits, searches, batch, late)
        return hits

    def _find(self, pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
        spans = matches(pattern, text, self.group)
        return spans if self.with_empty else [span for span in spans if span[0] < span[1]]


def matches(pattern: re.Pattern[str], text: str, group: int | str) -> list[tuple[int, int]]:
    """Spans that a pattern finds; one empty span at most, and only where there is no other.

    Example:
        >>> matches(re.compile("a*"), "baa", 0)
        [(1, 3)]
        >>> matches(re.compile("(?=b)"), "ab", 0)
        [(1, 1)]
    """
    spans = [match.span(group) for match in pattern.finditer(text)]
    spans = [span for span in spans if span[0] >= 0]
    return [span for span in spans if span[0] < span[1]] or spans[:1]
