"""Reading whole texts: linear models that learn from the votes' labels, fold by fold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.protocols import VoteSpace
from labelmill.core.votes import Votes
from labelmill.refine.features import Features
from labelmill.refine.learning import Bools, covered_items, softmax, targets_of, voted
from labelmill.refine.logistic import Linear, fit_linear
from labelmill.refine.reading import (
    ALONE,
    BOTH,
    RESTS_ON,
    Floats,
    Ints,
    Known,
    Reading,
    Refined,
    Review,
    Setting,
)
from labelmill.refine.review import carry_over, checked, reviewed, too_little

VOTES_WEIGHT, TEXT_WEIGHT = 1 / 3, 5 / 3
"""What votes and text count, once both are equally sure of themselves. They tell the same story in
part, so together they count less than two witnesses."""
UNSURE, UNSURE_OF_OTHERS = 0.15, 0.5
"""On this part of the rows with votes the text is not sure enough to speak alone, and on this part
of those whose votes it knows nothing of."""


def fit(
    reading: Reading, space: VoteSpace, setting: Setting, known: Known | None = None
) -> "FittedText":
    """Learn from the rows that have votes, and look whether what was learned holds.

    The first round trains a logistic regression per fold on majority vote on every row outside
    the fold, weighted by how far it leads: so the text errs elsewhere than the label model does,
    which majority vote alone would not. What it says of the rows in the fold is divided by the
    balance of what it was trained on, which leaves the lift, and scaled so that it is as sure of
    itself as the label model. The label model's answer and the text together are what the next
    round learns from: the votes stay in the product, so that labels do not drift. Only in the
    first round do the models know nothing of the votes in their fold, so the review looks at that
    one; later ones have learned of them through the labels of other rows.

    Args:
        reading: a sample of the rows.
        space: what the label model was told.
        setting: folds and rounds.
        known: rows with known labels, which decide whether the text helps.
    """
    features = Features.of(reading.batch.texts)
    covered = covered_items(reading.patterns)
    flat = np.full(len(space.labels), 1 / len(space.labels))
    majority = voted(reading.patterns, space.labels)
    lacking = too_little(majority, covered)
    state = FittedText(features, setting, (), flat, 1.0, flat, 1.0, 0 * flat, Review(lacking))
    if lacking:
        return state
    matrix = features.matrix(reading.batch.texts)
    folds = reading.folds(setting)
    beliefs = majority
    kept_out: list[Floats] = []
    for _ in range(setting.rounds):
        state = _round(state, matrix, folds, covered, beliefs, reading.probs)
        scores = state.scores(matrix, folds)
        beliefs = state.together(scores, reading.probs, covered)
        kept_out.append(scores[covered])
    carried = carry_over(reading, matrix, len(space.functions))
    bound = _bound(kept_out[-1], state.scale * carried.lifts)
    state = replace(state, bound=bound, prior=space.prior)
    state = replace(state, least=_least(state, reading, matrix, folds))
    review = reviewed(kept_out[0], majority[covered], carried.share, setting)
    if review.used and known is not None:
        refined = replace(state, review=review).predict(known.reading).probs
        review = checked(refined, known, review)
    return replace(state, review=review)


@dataclass(frozen=True, slots=True)
class FittedText:
    """Linear models at work, one for each fold."""

    features: Features
    setting: Setting
    models: tuple[Linear, ...]
    balance: Floats  # [n_labels], of what the models were trained on
    scale: float
    prior: Floats  # [n_labels], for rows without votes
    bound: float  # how sure a text without votes must be
    least: Floats  # [n_labels], below which share by the text a label is doubtful
    review: Review

    kind: ClassVar[str] = "text"
    version: ClassVar[int] = 1

    def scores(self, matrix: Any, folds: Ints | None) -> Floats:
        """What the text says of each row, as log lifts, [n_rows, n_labels].

        A row is read by the model that did not see its fold, or without folds by all of them.
        """
        every = [model.scores(matrix) for model in self.models] if folds is None else []
        if folds is None:
            found: Floats = np.mean(every, axis=0)
        else:
            found = np.zeros((matrix.shape[0], len(self.balance)))
            for fold, model in enumerate(self.models):
                rows = np.flatnonzero(folds == fold)
                found[rows] = model.scores(matrix[rows])
        lifts = found - np.log(self.balance)
        scaled: Floats = self.scale * (lifts - lifts.mean(axis=1, keepdims=True))
        return scaled

    @property
    def leaning(self) -> Floats:
        """Log shares of the labels where nobody voted, [n_labels]."""
        logs: Floats = np.log(np.maximum(self.prior, 1e-12))
        return logs

    def alone(self, scores: Floats) -> Floats:
        """What the text says by itself, [n_rows, n_labels]."""
        return softmax(scores + self.leaning)

    def together(self, scores: Floats, probs: Floats, covered: Bools) -> Floats:
        """Votes and text, or where there are no votes the text alone, [n_rows, n_labels]."""
        both = VOTES_WEIGHT * np.log(np.maximum(probs, 1e-12)) + TEXT_WEIGHT * scores
        return np.where(covered[:, None], softmax(both), self.alone(scores))

    def predict(self, reading: Reading) -> Refined:
        """Labels of rows, each read by a model that has not seen its fold.

        Where the refinement is not used, they are those of the label model.
        """
        if not self.review.used:
            rests = np.zeros(len(reading.probs), dtype=np.int8)
            return Refined(reading.probs, reading.probs, rests)
        covered = covered_items(reading.patterns)
        matrix = self.features.matrix(reading.batch.texts)
        scores = self.scores(matrix, reading.folds(self.setting))
        text = self.alone(scores)
        probs = self.together(scores, reading.probs, covered)
        sure = (text.max(axis=1) >= self.bound) & self.setting.label_uncovered
        probs[~covered & ~sure] = reading.probs[~covered & ~sure]
        rests = np.where(covered, BOTH, np.where(sure, ALONE, 0)).astype(np.int8)
        best = probs.argmax(axis=1)
        doubtful = text[np.arange(len(best)), best] < self.least[best]
        rows = np.flatnonzero(sure & ~covered)
        added = whole_votes(rows, best[rows], reading.batch)
        return Refined(probs, text, rests, added, doubtful & (rests > 0))

    @property
    def dealt(self) -> Setting:
        """How rows are dealt among models."""
        return self.setting

    def said(self, batch: Batch, fold: int) -> Floats:
        """What the model of a fold says of texts by themselves, [n_rows, n_labels]."""
        matrix = self.features.matrix(batch.texts)
        return self.alone(self.scores(matrix, np.full(len(batch), fold)))

    def steps(self, reading: Reading) -> list[tuple[str, Floats]]:
        """What the text alone says, and then votes and text together."""
        refined = self.predict(reading)
        used = self.review.used
        return [("text", refined.text_probs), (RESTS_ON[BOTH], refined.probs)] if used else []

    def facts(self) -> dict[str, Any]:
        """Numbers and the review."""
        return {
            "setting": asdict(self.setting),
            "balance": self.balance.tolist(),
            "scale": self.scale,
            "prior": self.prior.tolist(),
            "bound": self.bound,
            "least": self.least.tolist(),
            "with_characters": self.features.with_characters,
            "review": self.review.row(),
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """N-grams and weights; of a refinement that is not used there are none."""
        if not self.review.used:
            return {}
        return self.features.arrays() | {
            "weight": np.stack([model.weight for model in self.models]),
            "base": np.stack([model.base for model in self.models]),
        }

    @classmethod
    def restore(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], space: VoteSpace
    ) -> "FittedText":
        """Rebuild it."""
        del space
        review = Review.of(facts["review"])
        features = Features.of(pa.array([], pa.string()))
        models: tuple[Linear, ...] = ()
        if review.used:
            features = Features.restore(arrays, with_characters=bool(facts["with_characters"]))
            pairs = zip(arrays["weight"], arrays["base"], strict=True)
            models = tuple(Linear(weight, base) for weight, base in pairs)
        return cls(
            features,
            Setting(**facts["setting"]),
            models,
            np.array(facts["balance"]),
            float(facts["scale"]),
            np.array(facts["prior"]),
            float(facts["bound"]),
            np.array(facts["least"]),
            review,
        )


def _round(
    state: FittedText, matrix: Any, folds: Ints, covered: Bools, beliefs: Floats, probs: Floats
) -> FittedText:
    labels, weight, balance = targets_of(beliefs, covered)
    models = tuple(
        fit_linear(matrix, labels, np.where(folds == fold, 0.0, weight))
        for fold in range(state.setting.folds)
    )
    raw = replace(state, models=models, balance=balance, scale=1.0)
    scores = raw.scores(matrix, folds)[covered]
    return replace(raw, scale=_matching(scores, float(probs[covered].max(axis=1).mean())))


def _matching(scores: Floats, confidence: float) -> float:
    """The scale at which scores are on average as confident as that."""
    low, high = 0.05, 20.0
    for _ in range(30):
        middle = float(np.sqrt(low * high))
        if softmax(middle * scores).max(axis=1).mean() < confidence:
            low = middle
        else:
            high = middle
    return float(np.sqrt(low * high))


def _bound(scores: Floats, of_others: Floats) -> float:
    """How sure a text must be to speak alone.

    As sure as most texts that have votes are, or as half of those are whose words it has learned
    from other functions alone, whichever is less.
    """
    bound = np.quantile(softmax(scores).max(axis=1), UNSURE)
    if len(of_others):
        others = np.quantile(softmax(of_others).max(axis=1), UNSURE_OF_OTHERS)
        bound = min(bound, others)
    return float(bound)


def _least(state: FittedText, reading: Reading, matrix: Any, folds: Ints) -> Floats:
    """The share by the text below which the doubtful part of each label lies, [n_labels].

    What the text says of a label, out of fold, marks wrong labels at least as well as the cut
    statistic over neighbouring texts does (Muhlenbach, Lallich & Zighed, 2004; Lang et al.,
    2022), and hangs on one row alone. Each label has a bound of its own, so that rare ones stay.
    """
    n_labels = len(state.balance)
    if not state.setting.drop:
        return np.zeros(n_labels)
    scores = state.scores(matrix, folds)
    covered = covered_items(reading.patterns)
    text = softmax(scores + state.leaning)
    usable = covered | ((text.max(axis=1) >= state.bound) & state.setting.label_uncovered)
    best = state.together(scores, reading.probs, covered).argmax(axis=1)
    shares = [text[usable & (best == label), label] for label in range(n_labels)]
    return np.array([np.quantile(s, state.setting.drop) if len(s) else 0.0 for s in shares])


def whole_votes(rows: Ints, labels: Ints, batch: Batch) -> Votes:
    """Labels [n] of rows [n] as votes of nobody on whole texts."""
    doc, label = rows.astype(np.int32), labels.astype(np.int32)
    nobody = np.full(len(rows), -1, dtype=np.int32)
    return Votes(doc, nobody, label, 0 * doc, batch.lengths[rows], pa.nulls(len(rows), pa.string()))
