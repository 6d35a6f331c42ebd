"""Refining spans: abbreviations carry labels through a text, and surroundings are read."""

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
from labelmill.refine.reading import Known, Reading, Refined, Review, Setting
from labelmill.refine.runs import Runs, Tags
from labelmill.refine.spelling import spelled_out
from labelmill.refine.surroundings import (
    ENOUGH_FORMS,
    LEAST_AGREEMENT,
    MOSTLY,
    Forms,
    Shares,
    Surroundings,
    look_around,
)

Spans = set[tuple[int, int, int]]
MOST_TOKENS = 400_000
"""So many tokens are enough to learn surroundings from."""
UNUSED = Review("nothing was learned")


def fit(
    reading: Reading, space: VoteSpace, setting: Setting, known: Known | None = None
) -> "FittedSpans":
    """Learn from the spans of some rows, and look whether it helps.

    Abbreviations and surroundings are guarded each on its own: surroundings that do not set
    spans apart stay out, and where gold shows that either makes labels worse, so does that one.

    Args:
        reading: a sample of the rows.
        space: what the label model was told.
        setting: folds.
        known: rows with known labels, which decide whether it helps.
    """
    tags = Tags.of(space.labels)
    reading = sample_of(reading)
    probs, added = spelled_out(reading, tags)
    around = look_around(replace(reading, probs=probs), tags, setting)
    doubt = _doubt(around, setting)
    measures = {"abbreviations": float(len(added))}
    if around is not None:
        measures |= {"agreement": around.agreement, "confirmed": around.shares.overall}
    fitted = FittedSpans(tags, setting, spelling=len(added) > 0, around=None if doubt else around)
    reasons = [doubt] if doubt else []
    if known is not None:
        fitted, found, harm = _checked(fitted, known)
        measures |= found
        reasons += harm
    why = "; ".join([*fitted.parts(), *reasons]) or "no text introduces an abbreviation"
    return replace(fitted, review=Review(why, measures, used=bool(fitted.parts())))


@dataclass(frozen=True, slots=True)
class FittedSpans:
    """Abbreviations and surroundings at work; either may stay out."""

    tags: Tags
    setting: Setting
    spelling: bool
    around: Surroundings | None
    review: Review = UNUSED

    kind: ClassVar[str] = "spans"
    version: ClassVar[int] = 1

    def predict(self, reading: Reading) -> Refined:
        """Tags of tokens; `added` are the spans that no function voted for."""
        probs, added = reading.probs, Votes.none()
        if self.spelling:
            probs, added = spelled_out(reading, self.tags)
        text = probs
        if self.around is not None:
            found = replace(reading, probs=probs)
            text = self.around.alone(found, self.tags, self.setting)
            probs = self.around.believed(found, self.tags, self.setting)
        rests = np.full(len(reading.batch), int(self.review.used), dtype=np.int8)
        return Refined(probs, text, rests, added)

    def parts(self) -> list[str]:
        """What is done, in words."""
        found = []
        if self.spelling:
            found.append("abbreviations carry the label of their long form")
        if self.around is not None:
            found.append("spans are held against the words around them")
        return found

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
            "spelling": self.spelling,
            "around": numbers,
            "review": self.review.row(),
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Weights of hashed features, and the forms."""
        if self.around is None:
            return {}
        weights = np.stack([model.weights for model in self.around.models])
        used = np.flatnonzero(weights.any(axis=0))
        return {
            "feature": used,
            "weights": weights[:, used],
            "form": self.around.forms.key,
            "lift": self.around.forms.lift,
            "finders": self.around.shares.key,
            "share": self.around.shares.share,
        }

    @classmethod
    def restore(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], space: VoteSpace
    ) -> "FittedSpans":
        """Rebuild it."""
        around, numbers = None, facts["around"]
        if numbers is not None:
            weights = np.zeros((len(arrays["weights"]), 1 << BITS), dtype=np.float32)
            weights[:, arrays["feature"]] = arrays["weights"]
            three = zip(weights, numbers["base"], numbers["odds"], strict=True)
            forms = Forms(arrays["form"], arrays["lift"], float(numbers["mean"]))
            models = tuple(Contexts(*each) for each in three)
            shares = Shares(arrays["finders"], arrays["share"], float(numbers["share"]))
            around = Surroundings(models, forms, shares, float(numbers["agreement"]))
        return cls(
            Tags.of(space.labels),
            Setting(**facts["setting"]),
            bool(facts["spelling"]),
            around,
            Review.of(facts["review"]),
        )


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


def _doubt(around: Surroundings | None, setting: Setting) -> str:
    """Why surroundings stay out; nothing if they do not."""
    if around is None:
        return f"fewer than {ENOUGH_FORMS} different spans are too few to learn surroundings from"
    if around.agreement < max(LEAST_AGREEMENT, setting.min_agreement):
        return "the words around spans do not set them apart"
    if around.shares.overall < MOSTLY:
        return "the words around spans speak against most of them"
    return ""


def _checked(fitted: FittedSpans, known: Known) -> tuple[FittedSpans, dict[str, float], list[str]]:
    """Leave out what makes the labels of gold rows worse; with entity F1 before and after."""
    harm = []
    before = _Score.of(replace(fitted, spelling=False, around=None), known)
    measures = {"gold_f1_votes": before.f1}
    if fitted.spelling:
        after = _Score.of(replace(fitted, around=None), known)
        if after.is_worse_than(before):
            harm.append("abbreviations stay out: they make the labels of gold rows worse")
            fitted = replace(fitted, spelling=False)
        else:
            before = after
    if fitted.around is not None:
        after = _Score.of(fitted, known)
        if after.is_worse_than(before):
            harm.append("the words around spans stay out: they make labels of gold rows worse")
            fitted = replace(fitted, around=None)
        else:
            before = after
    return fitted, measures | {"gold_f1": before.f1}, harm


@dataclass(frozen=True, slots=True)
class _Score:
    """Spans that were found in gold rows, and those that are there."""

    found: Spans
    gold: Spans

    @classmethod
    def of(cls, fitted: FittedSpans, known: Known) -> "_Score":
        """Look at the best tags; rows of which a label is not known do not count."""
        tokens, labels = known.reading.batch.tokens, known.labels
        probs = fitted.predict(known.reading).probs
        open_rows = np.bincount(tokens.rows[labels < 0], minlength=len(tokens)) > 0
        unknown = open_rows[tokens.rows]
        found = np.where(unknown, 0, probs.argmax(axis=1))
        gold = np.where(unknown, 0, labels)
        rows = (Runs.of(each, fitted.tags, tokens).rows() for each in (found, gold))
        return cls(*rows)

    @property
    def f1(self) -> float:
        """Entity F1."""
        total = len(self.found) + len(self.gold)
        return round(2 * len(self.found & self.gold) / total, 4) if total else 1.0

    def is_worse_than(self, other: "_Score") -> bool:
        """Whether F1 is lower, and clearly more changes are for the worse than for the better."""
        changed = self.found ^ other.found
        better = len({span for span in changed if (span in self.gold) == (span in self.found)})
        worse = len(changed) - better
        return self.f1 < other.f1 and worse - better > np.sqrt(len(changed))
