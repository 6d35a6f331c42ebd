"""Reading texts that can have several labels: whether each label applies."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.protocols import VoteSpace
from labelmill.core.statements import Statements, able_of
from labelmill.refine.features import Features
from labelmill.refine.label_text import NO_GOLD, LabelText, Question, learn, unread
from labelmill.refine.learning import Bools, covered_items
from labelmill.refine.reading import (
    ALONE,
    BOTH,
    RESTS_ON,
    Floats,
    Known,
    Reading,
    Refined,
    Review,
    Setting,
    folds_of,
)
from labelmill.refine.text import whole_votes

NO_TEXTS = pa.array([], pa.string())
VOICES = 60
"""Silent rows are dealt into so many parts, and these among the groups of a label's functions."""


def fit(
    reading: Reading, space: VoteSpace, setting: Setting, known: Known | None = None
) -> "FittedMultiLabelText":
    """Learn for each label whether it applies (see `labelmill.refine.label_text`).

    A label is read where gold shows that it becomes better; without gold none is. Functions that
    look for labels seldom deny one, so votes alone say neither how many of the texts on which all
    are silent have a label, nor whether what models learn of it is more than the words that
    functions look for. The share of a label is the job's, or else that of gold.

    Args:
        reading: a sample of the rows.
        space: what the label model was told.
        setting: folds, which are the groups that a label's functions are dealt into.
        known: rows whose labels are known; they decide label by label whether the text helps.
    """
    if known is None:
        return _unread(reading, space, setting)
    able = able_of(space, reading.patterns)
    asked = Questions(reading, Statements.of(reading.patterns, space.labels, able), space, setting)
    features = Features.of(reading.batch.texts)
    matrix = features.matrix(reading.batch.texts)
    parts = tuple(
        learn(asked.about(label), matrix, share, setting)
        for label, share in enumerate(_shares(space, known))
    )
    return FittedMultiLabelText(features, setting, parts, space, able).checked_on(known)


@dataclass(frozen=True, slots=True)
class Questions:
    """Rows, read as the questions whether each label applies."""

    reading: Reading
    statements: Statements
    space: VoteSpace
    setting: Setting

    def about(self, label: int) -> Question:
        """The rows, asked for one label."""
        patterns, labels = self.reading.patterns, self.space.labels
        votes = self.statements.on_items(label, patterns)
        weak = labels.weak()[patterns.label] & labels.membership()[patterns.label, label]
        hinted = np.zeros(len(patterns), dtype=np.bool_)
        hinted[patterns.pattern_of_vote()[weak]] = True
        return Question(
            votes.dense(len(self.space.functions))[votes.index],
            hinted[patterns.index],
            covered_items(patterns),
            self.reading.probs[:, label],
            folds_of(self.reading.groups, dealt(self.setting)),
        )


@dataclass(frozen=True, slots=True)
class FittedMultiLabelText:
    """What was learned of each label, at work."""

    features: Features
    setting: Setting
    parts: tuple[LabelText, ...]  # [n_labels]
    space: VoteSpace
    able: Bools  # [n_functions, n_labels]

    kind: ClassVar[str] = "multi_label_text"
    version: ClassVar[int] = 1

    @property
    def review(self) -> Review:
        """Used if some label is read; the figures are those of all labels."""
        names = self.space.labels.names
        of_label = [(name, part.review) for name, part in zip(names, self.parts, strict=True)]
        used = [f"'{name}'" for name, review in of_label if review.used]
        reasons: dict[str, list[str]] = {}
        for name, review in of_label:
            if not review.used:
                reasons.setdefault(review.why, []).append(f"'{name}'")
        others = "; ".join(f"{', '.join(who)}: {why}" for why, who in reasons.items())
        measures = {
            f"{name}: {key}": value
            for name, review in of_label
            for key, value in review.measures.items()
        }
        if not used:
            return Review(others, measures)
        why = f"for {', '.join(used)}" + (f"; not for {others}" if others else "")
        return Review(why, measures, used=True)

    @property
    def dealt(self) -> Setting:
        """How rows are dealt among models."""
        return dealt(self.setting)

    def checked_on(self, known: Known) -> "FittedMultiLabelText":
        """The same after a look at rows with known labels: what makes none better stays out."""
        said = Statements.of(known.reading.patterns, self.space.labels, self.able)
        asked = Questions(known.reading, said, self.space, self.setting)
        matrix = self.features.matrix(known.reading.batch.texts)
        parts = list(self.parts)
        for label, part in enumerate(parts):
            if part.review.used:
                parts[label] = part.checked_on(
                    asked.about(label),
                    matrix,
                    known.labels[:, label],
                    alone=self.setting.label_uncovered,
                )
        return replace(self, parts=tuple(parts))

    def predict(self, reading: Reading) -> Refined:
        """Labels of rows, each read by models that know nothing of the functions that voted on it.

        A label that nobody voted on is added where the text makes it likely enough. A row is
        doubtful where the text doubts one of the labels that it gets.
        """
        probs, text = reading.probs.copy(), np.full(reading.probs.shape, np.nan)
        added = np.zeros(probs.shape, dtype=np.bool_)
        heard = np.zeros(len(probs), dtype=np.bool_)
        doubtful = heard.copy()
        read = [label for label, part in enumerate(self.parts) if part.review.used]
        said = Statements.of(reading.patterns, self.space.labels, self.able)
        asked = Questions(reading, said, self.space, self.setting)
        matrix = self.features.matrix(reading.batch.texts) if read else None
        for label in read:
            part, question = self.parts[label], asked.about(label)
            answer = part.answer(question, matrix, alone=self.setting.label_uncovered)
            probs[:, label], text[:, label] = answer.probs, answer.text
            added[:, label] = answer.added
            heard |= question.spoken | answer.added
            doubtful |= answer.given(question) & (answer.text < part.least)
        voted = covered_items(reading.patterns)
        rests = np.where(heard, np.where(voted, BOTH, ALONE), 0).astype(np.int8)
        rows, labels = np.nonzero(added)
        return Refined(probs, text, rests, whole_votes(rows, labels, reading.batch), doubtful)

    def steps(self, reading: Reading) -> list[tuple[str, Floats]]:
        """What the text alone says (NaN of labels that are not read), then votes and text."""
        if not self.review.used:
            return []
        refined = self.predict(reading)
        return [("text", refined.text_probs), (RESTS_ON[BOTH], refined.probs)]

    def said(self, batch: Batch, fold: int) -> Floats:
        """What is said of silent texts in a part of the rows, [n_rows, n_labels]; else NaN."""
        matrix = self.features.matrix(batch.texts)
        found = np.full((len(batch), len(self.parts)), np.nan)
        for label, part in enumerate(self.parts):
            if part.review.used:
                question = Question.silent(len(batch), len(self.space.functions), fold)
                found[:, label] = part.answer(question, matrix, alone=True).text
        return found

    def facts(self) -> dict[str, Any]:
        """Numbers, and what each function can vote for."""
        return {
            "setting": asdict(self.setting),
            "with_characters": self.features.with_characters,
            "able": self.able.astype(int).tolist(),
            "parts": [part.facts() for part in self.parts],
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """N-grams, and the weights of each label that is read."""
        found = self.features.arrays() if self.review.used else {}
        for label, part in enumerate(self.parts):
            found |= {f"{key}_{label}": values for key, values in part.arrays().items()}
        return found

    @classmethod
    def restore(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], space: VoteSpace
    ) -> "FittedMultiLabelText":
        """Rebuild it."""
        parts = []
        for label, row in enumerate(facts["parts"]):
            end = f"_{label}"
            own = {key.removesuffix(end): v for key, v in arrays.items() if key.endswith(end)}
            parts.append(LabelText.restore(row, own))
        characters = bool(facts["with_characters"])
        known = arrays if "words" in arrays else Features.of(NO_TEXTS).arrays()
        able = np.array(facts["able"], dtype=np.bool_).reshape(-1, len(space.labels))
        features = Features.restore(known, with_characters=characters)
        return cls(features, Setting(**facts["setting"]), tuple(parts), space, able)


def dealt(setting: Setting) -> Setting:
    """How silent rows are dealt: into VOICES parts, whatever the folds."""
    return replace(setting, folds=VOICES)


def _shares(space: VoteSpace, known: Known) -> list[float]:
    """The share of each label, from the job or else from gold."""
    seen = (known.labels.sum(axis=0) + 0.5) / (len(known.labels) + 1)
    shares: list[float] = np.where(np.isnan(space.prior), seen, space.prior).tolist()
    return shares


def _unread(reading: Reading, space: VoteSpace, setting: Setting) -> FittedMultiLabelText:
    """What stands where no label is read."""
    parts = tuple(unread(NO_GOLD) for _ in space.labels.names)
    able = able_of(space, reading.patterns)
    return FittedMultiLabelText(Features.of(NO_TEXTS), setting, parts, space, able)
