"""Explaining what the text of a row adds to its votes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, keys_of
from labelmill.core.patterns import VotePatterns
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.explanation import ReadText
from labelmill.pipeline.keys import folded_texts
from labelmill.pipeline.live import Models, TextModel
from labelmill.refine.label_text import SURE
from labelmill.refine.multi_label import FittedMultiLabelText
from labelmill.refine.reading import RESTS_ON, Reading, Refined, Refinement, Setting, folds_of
from labelmill.refine.text import TEXT_WEIGHT, VOTES_WEIGHT, FittedText

Floats = npt.NDArray[np.float64]
POWERS = {"votes": VOTES_WEIGHT, "text": TEXT_WEIGHT}
ALIKE = {"votes": 1.0, "text": 1.0}
SHOWN = 3
"""So many labels of what the text says are told in words."""
OfTexts = FittedText | FittedMultiLabelText
"""What says something of whole texts."""


@dataclass(frozen=True, slots=True)
class TextReader:
    """What reads one row: what was learned of texts, and the key that says its fold."""

    learned: TextModel
    batch: Batch
    groups: UInt64

    @property
    def refinement(self) -> Refinement:
        """What was learned."""
        return self.learned.refinement

    def refined(self, patterns: VotePatterns, probs: Floats) -> Refined:
        """What becomes of the label model's answers."""
        return self.refinement.predict(self._reading(patterns, probs))

    def steps(self, patterns: VotePatterns, probs: Floats) -> list[tuple[str, Floats]]:
        """The answers after the label model's, those that change nothing left out."""
        found: list[tuple[str, Floats]] = []
        for name, answer in self.refinement.steps(self._reading(patterns, probs)):
            if not np.array_equal(answer, found[-1][1] if found else probs):
                found.append((name, answer))
        return found

    def _reading(self, patterns: VotePatterns, probs: Floats) -> Reading:
        return Reading(self.batch, patterns, probs, self.groups)


def text_reader(
    bound: BoundJob, models: Models, batch: Batch, id_: str, partition: str | None
) -> TextReader | None:
    """What reads a batch's only row; None where the job reads no texts.

    The row is read by the model that has not seen it: that of its fold, which hangs on what keeps
    rows in one split. Which rows are near duplicates only a run knows; there, the fold is that
    whose model gave what is published.
    """
    learned = models.text_of(partition)
    if learned is None:
        return None
    if learned.origin == "sample" or bound.job.split.group == "exact":
        return TextReader(learned, batch, keys_of(folded_texts(batch.texts)))
    reader = TextReader(learned, batch, keys_of(batch.ids))
    if bound.job.split.group == "id" or not isinstance(learned.refinement, OfTexts):
        return reader
    published = models.published_text(partition, id_)
    return reader if published is None else _as_published(reader, learned.refinement, published)


def _as_published(reader: TextReader, fitted: OfTexts, published: Sequence[float]) -> TextReader:
    """The reader of the fold whose model says of the text what is published."""
    said = [fitted.said(reader.batch, fold)[0] for fold in range(fitted.dealt.folds)]
    off = np.array(said) - np.array(published, dtype=np.float64)
    wanted = int(np.nansum(np.abs(off), axis=1).argmin())
    keys = np.arange(1000 * fitted.dealt.folds, dtype=np.uint64)
    place = int((folds_of(keys, fitted.dealt) == wanted).argmax())
    return TextReader(reader.learned, reader.batch, keys[place : place + 1])


def read_text(
    bound: BoundJob, reader: TextReader, refined: Refined, rests_on: str | None
) -> ReadText:
    """What the text of a row did.

    Args:
        bound: the job.
        reader: what read it.
        refined: what it said.
        rests_on: what the row's label rests on.
    """
    learned, review = reader.learned, reader.refinement.review
    if not review.used:
        words = f"not used: {review.why}; {learned.words}"
        return ReadText(review.why, learned.origin, words)
    fitted = reader.refinement
    if not isinstance(fitted, OfTexts):
        words = f"{review.why}; {learned.words}"
        return ReadText(review.why, learned.origin, words, used=True, rests_on=rests_on)
    said = zip(bound.space.names, refined.text_probs[0].tolist(), strict=True)
    probs = {name: prob for name, prob in said if not np.isnan(prob)}
    one = fitted if isinstance(fitted, FittedText) else None
    decides = _decides(one, rests_on) if one else _decides_each(fitted.setting)
    words = f"{_told(probs)}, by {'a model that has' if one else 'models that have'} not seen it; "
    words += f"{decides}; {learned.words}"
    return ReadText(
        review.why,
        learned.origin,
        words,
        used=True,
        rests_on=rests_on,
        probs=probs,
        powers=dict(POWERS if one else ALIKE),
        least=one.bound if one else SURE,
    )


def _told(probs: dict[str, float]) -> str:
    ranked = sorted(probs.items(), key=lambda pair: -pair[1])[:SHOWN]
    return ", ".join(f"{name} {prob:.3f}" for name, prob in ranked)


def _decides(fitted: FittedText, rests_on: str | None) -> str:
    """How votes and text come together in a row."""
    if rests_on == RESTS_ON[1]:
        even = np.allclose(fitted.prior, fitted.prior[0])
        text = "text" if even else "(text / class balance)"
        return f"the answer is votes^{VOTES_WEIGHT:.2f} x {text}^{TEXT_WEIGHT:.2f}"
    if rests_on == RESTS_ON[2]:
        return f"there are no votes, so it speaks alone (from {fitted.bound:.3f} on)"
    if not fitted.setting.label_uncovered:
        return "it is not heard where there are no votes (refine.label_uncovered: false)"
    return f"without votes it is not sure enough to be heard ({fitted.bound:.3f} is asked for)"


def _decides_each(setting: Setting) -> str:
    """How votes and text come together where a text can have several labels."""
    words = "where votes speak of a label, its odds are votes x text / share of the label"
    if not setting.label_uncovered:
        return f"{words}, elsewhere the text is not heard (refine.label_uncovered: false)"
    return f"{words}, elsewhere the text gives it from {SURE:.3f} on"
