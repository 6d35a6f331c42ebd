"""The `keyword` type: words and phrases that stand in a text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.searching import Search, note_labels, note_places, overdue_on
from labelmill.text.folding import fold, fold_with_offsets
from labelmill.text.scan import Probe
from labelmill.text.words import Case, needles, one_or_many, phrase_pattern

Int32 = npt.NDArray[np.int32]
Words = str | tuple[str, ...]


@FUNCTIONS.add("keyword")
@dataclass(frozen=True, slots=True)
class Keyword:
    """Vote for a label where words or phrases stand in a text.

    A text counts when it has any word of `any`, every word of `all` and no word of `none`. The
    hits are the places of the words of `any` and `all`. White space inside a phrase matches any
    run of white space. Give `label`, or `labels` with words for each label.

    Attributes:
        label: what the words vote for.
        any: words of which one is enough.
        all: words that must all be there.
        none: words that must not be there.
        labels: a map from label to words (as under `any`), instead of `label` and `any`.
        case: `ignore` upper and lower case, take it as `exact`, or `fold` (Unicode casefold and
            NFKC).
        match: whole `word`s only, or any `substring`.
        min_hits: how many hits a text needs before they count.

    Example:
        >>> keyword = Keyword(label="refund", any=("money back",))
        >>> keyword.find("I want my Money back")
        [(10, 20)]
    """

    label: Target | None = None
    any: Words = ()
    all: Words = ()
    none: Words = ()
    labels: Mapping[str, Words] | None = None
    case: Case = "ignore"
    match: Literal["word", "substring"] = "word"
    min_hits: int = 1

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        words = one_or_many(self.any) + one_or_many(self.all)
        if self.labels is None and not words:
            raise BadParameter(
                "any", "give words under `any` or `all`, or `labels`", code="missing"
            )
        if self.labels is None and self.label is None:
            raise BadParameter("label", "say what the words vote for", code="missing")
        if self.labels is not None and words:
            raise BadParameter("labels", "stands instead of `any` and `all`, not beside them")
        for field in ("any", "all", "none"):
            _refuse_blank(field, getattr(self, field))
        for label, rule in (self.labels or {}).items():
            _refuse_blank(f"labels.{label}", rule)
        if self.min_hits < 1:
            raise BadParameter("min_hits", f"must be at least 1, found {self.min_hits}")

    def targets(self) -> tuple[Target, ...]:
        """The labels that it may vote for."""
        return tuple(self.labels or ()) if self.label is None else (self.label,)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """Nothing but the text."""
        return Needs()

    def find(self, text: str) -> list[tuple[int, int]]:
        """Places of the words, in the order in which they stand."""
        return sorted(span for rule in self._rules() for span in rule.find(text))

    def bind(self, bench: Bench) -> "KeywordVoter":
        """Compile the words for a job."""
        labels = tuple(bench.labels.index(target) for target in self.targets())
        rules = tuple(zip(self._rules(), labels, strict=True))
        return KeywordVoter(rules, by_place=bench.unit == "span" or self.min_hits > 1)

    def _rules(self) -> list["Rule"]:
        if self.labels is not None:
            return [self._rule(one_or_many(words), ()) for words in self.labels.values()]
        return [self._rule(one_or_many(self.any), one_or_many(self.all))]

    def _rule(self, any_of: tuple[str, ...], all_of: tuple[str, ...]) -> "Rule":
        none_of = one_or_many(self.none)
        return Rule(
            self._pattern(any_of) if any_of else None,
            tuple(self._pattern((word,)) for word in all_of),
            self._pattern(none_of) if none_of else None,
            self.case,
            self.min_hits,
            needles(self._as_searched(any_of), ignore_case=self.case == "ignore"),
        )

    def _pattern(self, words: tuple[str, ...]) -> re.Pattern[str]:
        return phrase_pattern(
            self._as_searched(words),
            whole_words=self.match == "word",
            ignore_case=self.case == "ignore",
        )

    def _as_searched(self, words: tuple[str, ...]) -> list[str]:
        return [fold(word, "fold") if self.case == "fold" else word for word in words]


@dataclass(frozen=True, slots=True)
class Rule:
    """The compiled words of one label.

    Of `needles` one must stand in a text in which any word of `any_of` stands; empty where
    nothing can be said. Looking for them is much cheaper than searching.
    """

    any_of: re.Pattern[str] | None
    all_of: tuple[re.Pattern[str], ...]
    none_of: re.Pattern[str] | None
    case: Case
    min_hits: int
    needles: tuple[str, ...] = ()

    def probes(self) -> tuple[Probe, ...]:
        """What decides whether a text counts, but for `min_hits`."""
        patterns = (self.any_of, *self.all_of, self.none_of)
        return tuple(Probe(p, self.case == "fold") for p in patterns if p is not None)

    def texts(self, batch: Batch) -> Int32:
        """The texts that count, whatever `min_hits` is, ascending."""
        refused = 0 if self.none_of is None else 1
        probes = self.probes()
        wanted, unwanted = probes[: len(probes) - refused], probes[len(probes) - refused :]
        docs = batch.searched(wanted[0])
        for probe in wanted[1:]:
            docs = np.intersect1d(docs, batch.searched(probe), assume_unique=True)
        for probe in unwanted:
            docs = np.setdiff1d(docs, batch.searched(probe), assume_unique=True)
        return docs

    def find(self, text: str) -> list[tuple[int, int]]:
        """Places of the words, or nothing where the text does not count."""
        if self.case != "fold":
            return self._find(text)
        folded, offsets = fold_with_offsets(text, "fold")
        return [(offsets[start][0], offsets[end - 1][1]) for start, end in self._find(folded)]

    def _find(self, text: str) -> list[tuple[int, int]]:
        if self._hopeless(text):
            return []
        if self.none_of is not None and self.none_of.search(text):
            return []
        spans = [m.span() for m in self.any_of.finditer(text)] if self.any_of else []
        if self.any_of is not None and not spans:
            return []
        for pattern in self.all_of:
            places = [m.span() for m in pattern.finditer(text)]
            if not places:
                return []
            spans += places
        return sorted(set(spans)) if len(spans) >= self.min_hits else []

    def _hopeless(self, text: str) -> bool:
        """Whether no word of `any_of` can stand in a text; false where that is not sure."""
        if not self.needles:
            return False
        if self.case == "ignore":
            if not text.isascii():
                return False
            text = text.lower()
        return not any(needle in text for needle in self.needles)


@dataclass(frozen=True, slots=True)
class KeywordVoter:
    """Compiled rules, each with the label set that it votes for.

    Unless hits count `by_place`, a text in which the words of one label stand is read no more.
    """

    rules: tuple[tuple[Rule, int], ...]
    by_place: bool = True

    def probes(self) -> tuple[Probe, ...]:
        """Every pattern that is looked for."""
        return tuple(probe for rule, _ in self.rules for probe in rule.probes())

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Look for the words in every text."""
        hits = Hits()
        late = overdue_on(batch, self.probes())
        searches = [Search(rule.find, label, rule.texts(batch)) for rule, label in self.rules]
        if not self.by_place:
            searches = note_labels(hits, searches, late)
        note_places(hits, searches, batch, late)
        return hits


def _refuse_blank(field: str, words: Words) -> None:
    if any(not word.strip() for word in one_or_many(words)):
        raise BadParameter(field, "holds an empty word, which would match everywhere")
