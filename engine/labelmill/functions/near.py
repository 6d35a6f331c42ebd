"""The `near` type: spans of other functions that stand near a word."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import SPAN, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.reading import check_reads, spans_by_text
from labelmill.text.words import one_or_many, phrase_pattern

Side = Literal["left", "right", "both"]


@FUNCTIONS.add("near")
@dataclass(frozen=True, slots=True)
class Near:
    """Vote on spans of other functions that have a word or pattern near them.

    The word must stand wholly within the `window` tokens on a side of the span, outside the span
    itself. Give `words` or `pattern`. With `label` all such spans are votes for it, else each keeps
    the label that it had.

    Attributes:
        reads: names of the labeling functions whose spans are taken.
        words: words and phrases, whole words only, of which one must stand near.
        pattern: a regular expression in Python's syntax, instead of `words`.
        window: how many tokens count as near.
        side: look to the `left` of the span, to the `right`, or on `both` sides.
        case: take case as `exact`, or `ignore` it.
        label: what the spans vote for; left out, each keeps its own label.

    Example:
        >>> Near(reads=("capitals",), words=("CEO", "chief executive"), window=3).needs(Path("."))
        Needs(columns=(), files=(), gazetteers=(), reads=('capitals',), packages=(), mentions=False)
    """

    reads: tuple[str, ...]
    words: str | tuple[str, ...] = ()
    pattern: str | None = None
    window: int = 5
    side: Side = "both"
    case: Literal["exact", "ignore"] = "ignore"
    label: Target | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN

    def __post_init__(self) -> None:
        check_reads(self.reads)
        if bool(one_or_many(self.words)) == (self.pattern is not None):
            raise BadParameter("words", "give `words` or `pattern`", code="missing")
        if any(not word.strip() for word in one_or_many(self.words)):
            raise BadParameter("words", "holds an empty word, which would match everywhere")
        if self.window < 1:
            raise BadParameter("window", f"must be at least 1 token, found {self.window}")
        self._compiled()

    def targets(self) -> tuple[Target, ...]:
        """The label, if one is given."""
        return () if self.label is None else (self.label,)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The votes of other functions."""
        return Needs(reads=self.reads)

    def bind(self, bench: Bench) -> "NearVoter":
        """Compile the words."""
        label = None if self.label is None else bench.labels.index(self.label)
        return NearVoter(self.reads, self._compiled(), self.window, self.side, label)

    def _compiled(self) -> re.Pattern[str]:
        if self.pattern is None:
            words = one_or_many(self.words)
            return phrase_pattern(words, whole_words=True, ignore_case=self.case == "ignore")
        return checked_pattern("pattern", self.pattern, ignore_case=self.case == "ignore")


@dataclass(frozen=True, slots=True)
class NearVoter:
    """A compiled pattern and where to look for it."""

    reads: tuple[str, ...]
    pattern: re.Pattern[str]
    window: int
    side: Side
    label: int | None

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:
        """Look around every span."""
        hits = Hits()
        for doc, spans in spans_by_text(earlier, self.reads).items():
            found = self.pattern.finditer(batch.strings[doc])
            cues = [match.span() for match in found if match.group()]
            tokens = batch.tokens.bounds(doc) if cues else []
            for span in spans if cues else ():
                if self._is_near(cues, tokens, span.start, span.end):
                    label = span.label if self.label is None else self.label
                    hits.add(doc, span.start, span.end, label, span.entry)
        return hits

    def _is_near(
        self, cues: list[tuple[int, int]], tokens: list[tuple[int, int]], start: int, end: int
    ) -> bool:
        places = []
        if self.side != "right":
            first = bisect_right(tokens, start, key=lambda token: token[1])
            low = tokens[max(0, first - self.window)][0] if first else start
            places.append((low, start))
        if self.side != "left":
            after = bisect_left(tokens, end, key=lambda token: token[0])
            high = tokens[min(len(tokens), after + self.window) - 1][1] if after else end
            places.append((end, high))
        return any(_holds_one(cues, low, high) for low, high in places)


def _holds_one(cues: list[tuple[int, int]], low: int, high: int) -> bool:
    """Whether one of the cues, which are sorted and apart, lies within low and high."""
    place = bisect_left(cues, low, key=lambda cue: cue[0])
    return place < len(cues) and cues[place][1] <= high


def checked_pattern(field: str, pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile a regular expression.

    Raises:
        BadParameter: if it does not compile.
    """
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"the pattern {pattern!r} does not compile: {error}"
        raise BadParameter(field, message) from error
