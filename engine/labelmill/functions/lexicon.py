"""The `lexicon` type: scores of words, and thresholds for labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import DOCUMENT, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.thresholds import Threshold
from labelmill.io.lexicons import read_lexicon
from labelmill.text.folded_tokens import pieces_of_words
from labelmill.text.gazetteer import CompiledGazetteer, Entry, key_of
from labelmill.text.scan import Probe
from labelmill.text.word_cuts import words_of
from labelmill.text.words import Case, phrase_pattern

VADER = "vader"
_CASE: Case = "ignore"

MOST_HINTS = 200
"""A lexicon with more terms than this is not looked for in the scan."""

MOST_TIMES = 4096
"""A term stands in a text of so many characters at most so often."""

SLACK = 1e-12
"""Far more than the rounding of a mean of that many scores, as a share of the score."""

WORTH_CUTTING_ALL = 0.25
"""Where more texts than this must be cut, all are: other lexicons need the same cut."""

Score = Callable[[str], float]
Scores = npt.NDArray[np.float64]


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
            return LexiconVoter(OneByOne(_vader()), rules)
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
class Hint:
    """A term of a short lexicon: what finds it in ASCII texts, and the bounds of its mean.

    The mean of equal scores may differ from the score in its last bits.
    """

    probe: Probe
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MeanScore:
    """The mean score of the terms that stand in a text.

    Of a short lexicon each term is looked for in the scan of the job. The mean lies between the
    scores of the terms that stand there, which mostly is all that a rule asks; only the other
    texts are cut into words.

    Example:
        >>> score = MeanScore.of({"good": 2.0, "not good": -3.0, ":)": 1.0})
        >>> score("Good :) but not good"), score("Goodness")
        (0.0, None)
    """

    terms: CompiledGazetteer
    hints: tuple[Hint, ...]

    @classmethod
    def of(cls, scores: Mapping[str, float]) -> "MeanScore":
        """Compile a lexicon; the score of a term is kept as its id."""
        entries = [Entry(term, None, repr(score)) for term, score in scores.items()]
        hints = _hints(scores) if len(scores) <= MOST_HINTS else ()
        return cls(CompiledGazetteer(entries, case=_CASE), hints)

    def __call__(self, text: str) -> float | None:
        """The mean score, or None where no term stands in the text."""
        found = self.terms.find(text, words_of(text))
        return _mean([float(mention.entry) for mention in found if mention.entry is not None])

    def bounds(self, batch: Batch) -> tuple[Scores, Scores]:
        """Bounds of the score of every text; where no term stands the lower is above the higher."""
        low, high = np.full(len(batch), np.inf), np.full(len(batch), -np.inf)
        if self.hints:
            unknown = ~np.asarray(pc.string_is_ascii(batch.texts), dtype=np.bool_)
            unknown |= batch.lengths > MOST_TIMES
        else:
            unknown = np.ones(len(batch), dtype=np.bool_)
        for hint in self.hints:
            docs = batch.searched(hint.probe)
            low[docs] = np.minimum(low[docs], hint.low)
            high[docs] = np.maximum(high[docs], hint.high)
            unknown[list(batch.overdue(hint.probe))] = True
        low[unknown], high[unknown] = -np.inf, np.inf
        return low, high

    def exact(self, batch: Batch, docs: npt.NDArray[np.int64]) -> Scores:
        """The score of some texts, [n_docs]; NaN where no term stands."""
        if len(docs) > len(batch) * WORTH_CUTTING_ALL:
            return self._cut(batch)[docs]
        rows = pa.array(docs)
        return self._cut(Batch(batch.ids.take(rows), batch.texts.take(rows)))

    def _cut(self, batch: Batch) -> Scores:
        """The scores of texts that are cut into words."""
        reading = batch.kept(("words", _CASE), lambda: pieces_of_words(batch, _CASE))
        found = self.terms.search(
            reading, lambda doc: (batch.strings[doc], words_of(batch.strings[doc]))
        )
        table = self.terms.table
        of_entry = np.array(table.entries.id.to_pylist(), dtype=np.float64)
        scores = of_entry[table.order[found.key]] if len(found.doc) else of_entry[:0]
        return _means(len(batch), found.doc, scores)


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A score that is worked out for one text at a time."""

    score: Score
    hints: tuple[Hint, ...] = ()

    def bounds(self, batch: Batch) -> tuple[Scores, Scores]:
        """The score of every text, which is both bounds."""
        scores = self.exact(batch, np.arange(len(batch)))
        return scores, scores

    def exact(self, batch: Batch, docs: npt.NDArray[np.int64]) -> Scores:
        """The score of some texts, [n_docs]."""
        texts = batch.texts.take(pa.array(docs)).to_pylist()
        return np.array([self.score(text) for text in texts], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LexiconVoter:
    """A way to score texts, and rules that do not overlap, each with its label set."""

    scores: MeanScore | OneByOne
    rules: tuple[tuple[int, Threshold], ...]

    def probes(self) -> tuple[Probe, ...]:
        """What the scan of the job looks for."""
        return tuple(hint.probe for hint in self.scores.hints)

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Score every text, as exactly as the rules ask."""
        low, high = self.scores.bounds(batch)
        labels = self._labels(low, high)
        unsure = np.zeros(len(batch), dtype=np.bool_)
        for _, rule in self.rules:
            unsure |= (low < high) & (low <= rule.high) & (high >= rule.low)
        docs = np.flatnonzero(unsure & (labels < 0))
        if len(docs):
            scores = self.scores.exact(batch, docs)
            labels[docs] = self._labels(scores, scores)
        docs = np.flatnonzero(labels >= 0)
        hits = Hits()
        hits.add_all(docs, 0, batch.lengths[docs], labels[docs])
        return hits

    def _labels(self, low: Scores, high: Scores) -> npt.NDArray[np.int32]:
        """The label whose rule is true of all numbers from low to high, -1 if none is."""
        labels = np.full(len(low), -1, dtype=np.int32)
        for label, rule in self.rules:
            labels[(low <= high) & rule.holds_for(low) & rule.holds_for(high)] = label
        return labels


def _hints(scores: Mapping[str, float]) -> tuple[Hint, ...]:
    """The terms as patterns with which ASCII texts can be searched; the first of equal ones."""
    fold = key_of(_CASE)
    by_key: dict[str, float] = {}
    for term, score in scores.items():
        by_key.setdefault(fold(term), score)
    hints = []
    for key, score in by_key.items():
        if key and key.isascii():
            probe = Probe(phrase_pattern([key], whole_words=True, ignore_case=True))
            slack = 0.0 if _is_its_own_mean(score) else abs(score) * SLACK
            hints.append(Hint(probe, score - slack, score + slack))
    return tuple(hints)


def _is_its_own_mean(score: float) -> bool:
    """Whether any number of equal scores have exactly that score as their mean."""
    times = np.arange(1, MOST_TIMES + 1)
    return bool((score * times / times == score).all())


def _means(n_texts: int, doc: npt.NDArray[np.int32], scores: Scores) -> Scores:
    """The mean score of each text, to the last bit that of `fsum`; `doc` is sorted."""
    means = np.full(n_texts, np.nan)
    count = np.bincount(doc, minlength=n_texts)
    first = np.cumsum(count) - count
    single = count == 1
    means[single] = scores[first[single]]
    ordered = scores.tolist()
    for text in np.flatnonzero(count > 1).tolist():
        means[text] = _mean(ordered[first[text] : first[text] + count[text]])
    return means


def _mean(scores: Sequence[float]) -> float | None:
    return fsum(scores) / len(scores) if scores else None


def _vader() -> Score:
    from vaderSentiment.vaderSentiment import (  # noqa: PLC0415 (heavy)
        SentimentIntensityAnalyzer,
    )

    analyzer: Any = SentimentIntensityAnalyzer()

    def compound(text: str) -> float:
        return float(analyzer.polarity_scores(text)["compound"])

    return compound
