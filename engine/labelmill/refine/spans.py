"""Refining spans: other spellings carry labels to more places, and surroundings are read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.hashes import mixed
from labelmill.core.protocols import VoteSpace
from labelmill.core.votes import Votes
from labelmill.refine.contexts import BITS, Contexts
from labelmill.refine.reading import Floats, Known, Reading, Refined, Review, Setting
from labelmill.refine.runs import Runs, Tags
from labelmill.refine.spelling import Named, Spelling
from labelmill.refine.surroundings import (
    ENOUGH_FORMS,
    LEAST_AGREEMENT,
    MOSTLY,
    Forms,
    Shares,
    Surroundings,
    look_around,
)
from labelmill.refine.variants import Variants

Spans = set[tuple[int, int, int]]
MOST_TOKENS = 400_000
"""So many tokens are enough to learn surroundings from."""
NOTHING = "no name is abbreviated or written in another way"
UNUSED = Review(NOTHING)
NAMED = ("key", "label", "prob")
NAMED_MOST = 5
"""So many doubted words are named."""
CLEAR = 2.0
"""Standard errors from which on gold shows something."""


def fit(
    reading: Reading, space: VoteSpace, setting: Setting, known: Known | None = None
) -> "FittedSpans":
    """Learn from the spans of some rows.

    Abbreviations and variants get the label of a name, unless gold shows that this makes labels
    worse. Surroundings are read for what they say of words that functions take for spans; labels
    are changed by them only where gold shows that it clearly makes them better. What one word does
    is one piece of evidence, however often it occurs.

    Args:
        reading: a sample of the rows.
        space: what the label model was told.
        setting: folds.
        known: rows with known labels.
    """
    tags = Tags.of(space.labels)
    reading = sample_of(reading)
    spelling = Spelling.of(reading, tags)
    probs, added = spelling.out(reading, tags)
    spelled = replace(reading, probs=probs)
    around = look_around(spelled, tags, setting)
    told, measures = _told(around, spelled, tags, setting)
    measures["spellings"] = float(len(added))
    fitted = FittedSpans(tags, setting, spelling if len(added) else None, around)
    fitted, gold, why = _decided(fitted, known, told)
    return replace(fitted, review=Review(why, measures | gold, used=fitted.used))


@dataclass(frozen=True, slots=True)
class FittedSpans:
    """Spellings and surroundings at work; either may stay out."""

    tags: Tags
    setting: Setting
    spelling: Spelling | None
    around: Surroundings | None
    review: Review = UNUSED

    kind: ClassVar[str] = "spans"
    version: ClassVar[int] = 2

    @property
    def used(self) -> bool:
        """Whether it changes any label."""
        return self.spelling is not None or self.around is not None

    def predict(self, reading: Reading) -> Refined:
        """Tags of tokens; `added` are the spans that no function voted for.

        Rows without votes rest on their text where a span was added to them.
        """
        probs, added = reading.probs, Votes.none()
        voted = _rows_with_votes(reading)
        if self.spelling is not None:
            probs, added = self._spelled(reading, self.spelling)
        text = probs
        if self.around is not None:
            found = replace(reading, probs=probs)
            text = self.around.alone(found, self.tags, self.setting)
            probs = self.around.believed(found, self.tags, self.setting)
        rests = voted.astype(np.int8)
        rests[added.doc[~voted[added.doc]]] = 2
        return Refined(probs, text, rests if self.used else np.zeros_like(rests), added)

    def steps(self, reading: Reading) -> list[tuple[str, Floats]]:
        """Tags once other spellings are found, and once surroundings have decided."""
        found: list[tuple[str, Floats]] = []
        probs = reading.probs
        if self.spelling is not None:
            probs, _ = self._spelled(reading, self.spelling)
            found.append(("spelling", probs))
        if self.around is not None:
            spelled = replace(reading, probs=probs)
            found.append(("surroundings", self.around.believed(spelled, self.tags, self.setting)))
        return found

    def _spelled(self, reading: Reading, spelling: Spelling) -> tuple[Floats, Votes]:
        """The same with abbreviations spelled out, and the spans that were added."""
        rows = None if self.setting.label_uncovered else _rows_with_votes(reading)
        return spelling.out(reading, self.tags, rows)

    def facts(self) -> dict[str, Any]:
        """Numbers and the review."""
        around = self.around
        numbers = None
        if around is not None:
            numbers = {
                "mean": around.forms.mean,
                "share": around.shares.overall,
                "agreement": around.agreement,
                "base": [model.base for model in around.models],
                "odds": [model.odds for model in around.models],
            }
        return {
            "setting": asdict(self.setting),
            "spelling": self.spelling is not None,
            "around": numbers,
            "review": self.review.row(),
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Words, weights of hashed features, and forms."""
        found: dict[str, npt.NDArray[Any]] = {}
        if self.spelling is not None:
            for name in ("heads", "shorts"):
                named = getattr(self.spelling, name)
                found |= {f"{name}_{part}": getattr(named, part) for part in NAMED}
            found |= self.spelling.variants.arrays()
        if self.around is not None:
            weights = np.stack([model.weights for model in self.around.models])
            used = np.flatnonzero(weights.any(axis=0))
            found |= {
                "feature": used,
                "weights": weights[:, used],
                "form": self.around.forms.key,
                "lift": self.around.forms.lift,
                "finders": self.around.shares.key,
                "share": self.around.shares.share,
            }
        return found

    @classmethod
    def restore(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], space: VoteSpace
    ) -> "FittedSpans":
        """Rebuild it."""
        spelling, around, numbers = None, None, facts["around"]
        if facts["spelling"]:
            heads, shorts = (
                Named(*(arrays[f"{name}_{part}"] for part in NAMED)) for name in ("heads", "shorts")
            )
            spelling = Spelling(heads, shorts, Variants.restore(arrays))
        if numbers is not None:
            weights = np.zeros((len(arrays["weights"]), 1 << BITS), dtype=np.float32)
            weights[:, arrays["feature"]] = arrays["weights"]
            three = zip(weights, numbers["base"], numbers["odds"], strict=True)
            forms = Forms(arrays["form"], arrays["lift"], float(numbers["mean"]))
            models = tuple(Contexts(*each) for each in three)
            shares = Shares(arrays["finders"], arrays["share"], float(numbers["share"]))
            around = Surroundings(models, forms, shares, float(numbers["agreement"]))
        setting, review = Setting(**facts["setting"]), Review.of(facts["review"])
        return cls(Tags.of(space.labels), setting, spelling, around, review)


def sample_of(reading: Reading, most: int = MOST_TOKENS) -> Reading:
    """At most so many tokens, in rows chosen by the smallest keys of their groups."""
    lengths = np.diff(reading.batch.tokens.starts)
    if lengths.sum() <= most:
        return reading
    order = np.argsort(mixed(reading.groups, "sample"), kind="stable")
    rows = np.zeros(len(lengths), dtype=np.bool_)
    rows[order[np.cumsum(lengths[order]) <= most]] = True
    items, chosen, batch = np.repeat(rows, lengths), pa.array(rows), reading.batch
    few = Batch(batch.ids.filter(chosen), batch.texts.filter(chosen), analysis=batch.analysis)
    return Reading(few, reading.patterns.kept(items), reading.probs[items], reading.groups[rows])


def _rows_with_votes(reading: Reading) -> npt.NDArray[np.bool_]:
    """Whether any function votes for a span in each row, [n_rows]."""
    patterns = reading.patterns
    spoken = np.bincount(patterns.pattern_of_vote(), patterns.label > 0, len(patterns)) > 0
    voted = np.zeros(len(reading.batch), dtype=np.bool_)
    voted[reading.batch.tokens.rows[spoken[patterns.index]]] = True
    return voted


def _told(
    around: Surroundings | None, reading: Reading, tags: Tags, setting: Setting
) -> tuple[str, dict[str, float]]:
    """What surroundings say, in words, and how far they are to be believed."""
    if around is None:
        return f"fewer than {ENOUGH_FORMS} different spans tell nothing of their surroundings", {}
    measures = {"agreement": round(around.agreement, 4), "confirmed": around.shares.overall}
    if around.agreement < max(LEAST_AGREEMENT, setting.min_agreement):
        return "the words around spans do not set them apart", measures
    if around.shares.overall < MOSTLY:
        return "the words around spans speak against most of them", measures
    best = reading.probs.argmax(axis=1)
    doubted = around.doubted(reading, tags, setting)
    words = Counter(_written(reading, Runs.of(best, tags, reading.batch.tokens), doubted))
    common = sorted(words.items(), key=lambda entry: (-entry[1], entry[0]))[:NAMED_MOST]
    if not common:
        return "", measures
    told = ", ".join(f"'{word}' ({count})" for word, count in common)
    return f"the words around them speak against spans such as {told}", measures


def _written(reading: Reading, runs: Runs, chosen: npt.NDArray[np.bool_]) -> list[str]:
    """What is written in some runs, in lower case."""
    tokens, texts = reading.batch.tokens, reading.batch.strings
    rows = tokens.rows[runs.first]
    return [
        texts[rows[i]][tokens.start[runs.first[i]] : tokens.end[runs.last[i] - 1]].lower()
        for i in np.flatnonzero(chosen).tolist()
    ]


def _decided(
    fitted: FittedSpans, known: Known | None, told: str
) -> tuple[FittedSpans, dict[str, float], str]:
    """What is used: abbreviations unless gold shows harm, surroundings if it shows good."""
    bare = replace(fitted, spelling=None, around=None)
    spelled = replace(fitted, around=None)
    reasons = ["abbreviations and other spellings carry the label of a name"] * spelled.used
    gold: dict[str, float] = {}
    if known is None:
        return spelled, gold, "; ".join([*reasons, told] if told else reasons) or NOTHING
    change = _Change.of(bare, spelled, known)
    gold |= {"gold_f1_votes": change.before}
    if change.harms:
        spelled, reasons = (
            bare,
            ["abbreviations make the labels of gold rows worse, or other spellings do"],
        )
    full = replace(spelled, around=fitted.around)
    change = _Change.of(spelled, full, known)
    if change.helps:
        spelled = full
        reasons.append("the words around spans decide of them, which helps on gold")
    elif told:
        reasons.append(told)
    gold |= {"gold_f1": _Change.of(bare, spelled, known).after}
    return spelled, gold, "; ".join(reasons) or NOTHING


@dataclass(frozen=True, slots=True)
class _Change:
    """What a step does to gold rows: entity F1 before and after, and words by what it does.

    `better` and `worse` count different words (what is written in spans) that have more changes
    for the better, or for the worse.
    """

    before: float
    after: float
    better: int
    worse: int

    @classmethod
    def of(cls, one: FittedSpans, other: FittedSpans, known: Known) -> "_Change":
        """Compare two refinements; rows of which a label is not known do not count."""
        reading, labels = known.reading, known.labels
        tokens = reading.batch.tokens
        unknown = np.zeros(len(tokens), dtype=np.bool_)
        unknown[tokens.rows[labels < 0]] = True
        hidden = unknown[tokens.rows]
        tags = [each.predict(reading).probs.argmax(axis=1) for each in (one, other)]
        gold, before, after = (
            Runs.of(np.where(hidden, 0, best), one.tags, tokens).rows() for best in (labels, *tags)
        )
        by_word: Counter[str] = Counter()
        for span in before ^ after:
            runs = Runs(*(np.array([value]) for value in span))
            word = _written(reading, runs, np.ones(1, dtype=np.bool_))[0]
            by_word[word] += 1 if (span in gold) == (span in after) else -1
        signs = np.sign(list(by_word.values()))
        return cls(
            _f1(before, gold), _f1(after, gold), int((signs > 0).sum()), int((signs < 0).sum())
        )

    @property
    def harms(self) -> bool:
        """Whether labels get worse."""
        lost = self.worse - self.better
        return self.after < self.before and lost > np.sqrt(self.worse + self.better)

    @property
    def helps(self) -> bool:
        """Whether labels get clearly better."""
        won = self.better - self.worse
        return self.after > self.before and won > CLEAR * np.sqrt(self.worse + self.better)


def _f1(found: Spans, gold: Spans) -> float:
    """Entity F1."""
    total = len(found) + len(gold)
    return round(2 * len(found & gold) / total, 4) if total else 1.0
