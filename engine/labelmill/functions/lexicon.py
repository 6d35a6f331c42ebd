"""The `lexicon` type: scores of words, and thresholds for labels."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from pathlib import Path
from typing import Any, ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import DOCUMENT, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.thresholds import Threshold
from labelmill.io.lexicons import read_lexicon
from labelmill.text.gazetteer import CompiledGazetteer, Entry

VADER = "vader"
_WORD = re.compile(r"\w+|[^\w\s]")

Score = Callable[[str], float | None]


@FUNCTIONS.add("lexicon")
@dataclass(frozen=True, slots=True)
class Lexicon:
    """Vote by the score that a lexicon gives a text.

    `vader` is the compound score of VADER, from -1 to 1, for English; a text without a word that
    it knows scores 0. Any other name is a CSV file `term,score`: the score is the mean over the
    terms that stand in the text, each as often as it stands there, as whole words, without regard
    to case, of overlapping terms the longest; where none stands there the function abstains.

    Attributes:
        lexicon: `vader`, or the path of a CSV file with the header `term,score`.
        labels: a map from label to the rule that a score must fit: '>= 0.5', '< 0', '-0.1 .. 0.1'
            (both ends count) or '== 3'. No two rules may fit one score.

    Example:
        >>> mood = Lexicon(lexicon="vader", labels={"negative": "<= -0.4", "positive": ">= 0.4"})
        >>> mood.targets()
        ('negative', 'positive')
    """

    lexicon: str
    labels: Mapping[str, str]

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = DOCUMENT

    def __post_init__(self) -> None:
        if not self.labels:
            raise BadParameter("labels", "name at least one label and its rule", code="missing")
        rules = self._rules()
        for (label, rule), (other, second) in combinations(rules.items(), 2):
            if rule.overlaps(second):
                field = f"labels.{other}"
                message = f"'{self.labels[other]}' overlaps the rule of '{label}'"
                raise BadParameter(field, f"{message}, '{self.labels[label]}'")

    def targets(self) -> tuple[Target, ...]:
        """The labels that have a rule."""
        return tuple(self.labels)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The file, or the package that brings VADER."""
        if self.lexicon == VADER:
            return Needs(packages=("vaderSentiment",))
        return Needs(files=(self.lexicon,))

    def bind(self, bench: Bench) -> "LexiconVoter":
        """Read the lexicon.

        Raises:
            BadResource: if the file cannot be used.
        """
        rules = tuple((bench.labels.index(label), rule) for label, rule in self._rules().items())
        if self.lexicon == VADER:
            return LexiconVoter(_vader(), rules)
        return LexiconVoter(MeanScore.of(read_lexicon(bench.root / self.lexicon)), rules)

    def _rules(self) -> dict[str, Threshold]:
        rules = {}
        for label, rule in self.labels.items():
            try:
                rules[label] = Threshold.parse(rule)
            except ValueError as error:
                field = f"labels.{label}"
                raise BadParameter(field, str(error)) from error
        return rules


@dataclass(frozen=True, slots=True)
class MeanScore:
    """The mean score of the terms that stand in a text.

    Example:
        >>> score = MeanScore.of({"good": 2.0, "not good": -3.0, ":)": 1.0})
        >>> score("Good :) but not good"), score("Goodness")
        (0.0, None)
    """

    terms: CompiledGazetteer

    @classmethod
    def of(cls, scores: Mapping[str, float]) -> "MeanScore":
        """Compile a lexicon; the score of a term is kept as its id."""
        entries = [Entry(term, None, repr(score)) for term, score in scores.items()]
        return cls(CompiledGazetteer(entries, case="ignore"))

    def __call__(self, text: str) -> float | None:
        """The mean score, or None where no term stands in the text."""
        found = self.terms.find(text, [match.span() for match in _WORD.finditer(text)])
        scores = [float(mention.entry) for mention in found if mention.entry is not None]
        return fsum(scores) / len(scores) if scores else None


@dataclass(frozen=True, slots=True)
class LexiconVoter:
    """A way to score texts, and rules that do not overlap, each with its label set."""

    score: Score
    rules: tuple[tuple[int, Threshold], ...]

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Score every text."""
        hits = Hits()
        for doc, text in enumerate(batch.strings):
            score = self.score(text)
            for label, rule in self.rules if score is not None else ():
                if score is not None and rule.holds(score):
                    hits.add(doc, 0, len(text), label)
        return hits


def _vader() -> Score:
    from vaderSentiment.vaderSentiment import (  # noqa: PLC0415 (heavy)
        SentimentIntensityAnalyzer,
    )

    analyzer: Any = SentimentIntensityAnalyzer()

    def compound(text: str) -> float:
        return float(analyzer.polarity_scores(text)["compound"])

    return compound
