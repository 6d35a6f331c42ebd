"""Whether a label applies to texts, as models say that know nothing of who voted on them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.statements import NO, YES
from labelmill.refine.learning import Bools, odds_of, sigmoid
from labelmill.refine.logistic import Linear, fit_linear
from labelmill.refine.reading import Floats, Ints, Review, Setting
from labelmill.refine.review import AGREES, CLEAR, ENOUGH, LEAST_ROWS, MEANT
from labelmill.refine.silence import (
    above_chance,
    base_of,
    left_over,
    slope_of,
)

MOST_ROWS = 10_000
"""A model learns from so many rows with each answer at most."""
EVEN = 0.5
NO_GOLD = "there is no gold that could tell whether the texts help; give some"
SURE = 0.7
"""A label that nobody voted on is added where a text is at least so likely to have it."""


@dataclass(frozen=True, slots=True)
class Question:
    """Rows, asked whether one label applies.

    `votes` [n_rows, n_functions] are YES, NO or -1; `hinted` [n_rows] says where a vote has it that
    this label or another one applies. `covered` are the rows with votes on any label. `probs` is
    what the label model answers, and `voice` the part that a row belongs to while nobody votes.
    """

    votes: npt.NDArray[np.int32]
    hinted: Bools
    covered: Bools
    probs: Floats
    voice: Ints

    @classmethod
    def silent(cls, n_rows: int, n_functions: int, voice: int) -> "Question":
        """Rows on which nobody votes, all of one part."""
        votes = np.full((n_rows, n_functions), -1, dtype=np.int32)
        nowhere = np.zeros(n_rows, dtype=np.bool_)
        return cls(votes, nowhere, nowhere, np.zeros(n_rows), np.full(n_rows, voice))

    @property
    def lead(self) -> Ints:
        """How many more functions say yes than no, [n_rows]."""
        found: Ints = (self.votes == YES).sum(axis=1) - (self.votes == NO).sum(axis=1)
        return found

    @property
    def voted(self) -> Bools:
        """The rows with a yes or a no, [n_rows]."""
        return np.asarray((self.votes >= 0).any(axis=1))

    @property
    def spoken(self) -> Bools:
        """The rows on which a vote speaks of the label at all, [n_rows]."""
        return np.asarray(self.voted | self.hinted)

    def heard_by(self, group: Ints) -> Bools:
        """Which groups of functions spoke on each row, [n_rows, n_groups].

        Where nobody did, the row counts as one on which the group of its part spoke.
        """
        n_groups = int(group.max()) + 1
        spoke = [(self.votes[:, group == one] >= 0).any(axis=1) for one in range(n_groups)]
        found = np.stack(spoke, axis=1)
        nobody = np.flatnonzero(~found.any(axis=1))
        found[nobody, self.voice[nobody] % n_groups] = True
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a label in some rows, [n_rows].

    `probs` is how likely it applies, `text` what the text alone says, and `added` the rows that
    get the label though nobody voted on it.
    """

    probs: Floats
    text: Floats
    added: Bools

    def given(self, question: Question) -> Bools:
        """The rows that get the label, [n_rows]."""
        return np.asarray(self.added | (question.spoken & (self.probs > EVEN)))


@dataclass(frozen=True, slots=True)
class LabelText:
    """What was learned of one label.

    `models` [n_groups] are those that know nothing of a group of functions, `group` [n_functions]
    the group of each function. Of a score, `slope` and `base` make the log odds of a text on which
    nobody votes. `unsaid` is the share of such texts that have the label, `share` that of all of
    them. Below `least` the text doubts a label that a row gets.
    """

    models: tuple[Linear, ...]
    group: Ints
    slope: float
    base: float
    unsaid: float
    share: float
    least: float
    review: Review

    def scores(self, question: Question, matrix: Any) -> Floats:
        """Scores of rows by models that know nothing of the functions that spoke, [n_rows]."""
        heard = question.heard_by(self.group)
        each = [np.diff(model.scores(matrix), axis=1)[:, 0] for model in self.models]
        found: Floats = (np.stack(each, axis=1) * heard).sum(axis=1) / heard.sum(axis=1)
        return found

    def answer(self, question: Question, matrix: Any, *, alone: bool) -> Answer:
        """Votes and text together, as independent witnesses; the text by itself if it may speak."""
        return self.judged(question, self.scores(question, matrix), alone=alone)

    def judged(self, question: Question, scores: Floats, *, alone: bool) -> Answer:
        """The same from the scores of rows."""
        raised = self.slope * scores + self.base
        lift = raised - odds_of(self.unsaid)
        both = sigmoid(odds_of(question.probs) + lift)
        silent = sigmoid(raised) if alone else question.probs
        probs = np.where(question.spoken, both, silent)
        text = sigmoid(lift + odds_of(self.share))
        return Answer(probs, text, ~question.spoken & (silent >= SURE) & alone)

    def checked_on(
        self, question: Question, matrix: Any, labels: Ints, *, alone: bool
    ) -> "LabelText":
        """The same after a look at rows of which is known whether the label applies.

        It stays only if clearly more rows become right than wrong by it.

        Args:
            question: the rows.
            matrix: their texts.
            labels: 1 where it applies, else 0, [n_rows].
            alone: whether the text speaks where nobody votes.
        """
        before = question.spoken & (question.probs > EVEN)
        after = self.answer(question, matrix, alone=alone).given(question)
        fixes = int((after != before)[after == (labels > 0)].sum())
        breaks = int((after != before).sum()) - fixes
        gold = {"gold": float(len(labels)), "fixes": float(fixes), "breaks": float(breaks)}
        measures = dict(self.review.measures) | gold
        if fixes - breaks <= CLEAR * np.sqrt(fixes + breaks):
            why = f"on gold it makes {fixes} rows right and {breaks} wrong, which is no clear gain"
            return unread(why, measures)
        why = f"{self.review.why}; on gold it makes {fixes} rows right and {breaks} wrong"
        return replace(self, review=replace(self.review, why=why, measures=measures))

    def facts(self) -> dict[str, Any]:
        """Numbers and the review."""
        return {
            "group": self.group.tolist(),
            "slope": self.slope,
            "base": self.base,
            "unsaid": self.unsaid,
            "share": self.share,
            "least": self.least,
            "review": asdict(self.review),
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The weights; of a label that is not read there are none."""
        if not self.review.used:
            return {}
        return {
            "weight": np.stack([model.weight for model in self.models]),
            "base": np.stack([model.base for model in self.models]),
        }

    @classmethod
    def restore(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> "LabelText":
        """Rebuild it."""
        review = Review.of(facts["review"])
        pairs = zip(arrays["weight"], arrays["base"], strict=True) if review.used else ()
        return cls(
            tuple(Linear(weight, base) for weight, base in pairs),
            np.array(facts["group"], dtype=np.int64),
            float(facts["slope"]),
            float(facts["base"]),
            float(facts["unsaid"]),
            float(facts["share"]),
            float(facts["least"]),
            review,
        )


def unread(why: str, measures: Mapping[str, float] | None = None) -> LabelText:
    """A label that is not read."""
    review = Review(why, dict(measures or {}))
    return LabelText((), np.zeros(0, dtype=np.int64), 0.0, 0.0, 0.5, 0.5, 0.0, review)


def learn(question: Question, matrix: Any, share: float, setting: Setting) -> LabelText:
    """Learn whether a label applies.

    The functions that speak of the label are dealt into groups, and for each group a model learns
    from the rows on which it was silent: yes from those where most votes say so, no from all other
    rows. (Only from those with votes on other labels would teach that labels exclude each other.)
    Rows on which nobody speaks of this label are dealt among the groups, as if they were functions
    that say no. A row is judged by the models of the groups that spoke on it. So no model judges a
    row by the word that a function found there, or has seen it.

    That ranks rows; `labelmill.refine.silence` makes probabilities of ranks.

    Args:
        question: a sample of the rows.
        matrix: their texts.
        share: the share of all texts to which the label applies.
        setting: the number of groups, and the agreement that is asked for.
    """
    spoke = (question.votes >= 0).sum(axis=0)
    order = np.argsort(-spoke, kind="stable")[: int((spoke > 0).sum())]
    n_groups = min(setting.folds, len(order))
    if n_groups < 2:
        return unread("fewer than two functions speak of it, so none can be held against another")
    if question.covered.sum() < LEAST_ROWS:
        return unread(f"fewer than {LEAST_ROWS} rows of the sample have votes")
    group = np.full(len(spoke), -1, dtype=np.int64)
    group[order] = np.arange(len(order)) % n_groups
    heard = question.heard_by(group)
    models = [_model(question, matrix, ~heard[:, one]) for one in range(n_groups)]
    found = tuple(model for model in models if model is not None)
    if len(found) < n_groups:
        return unread("without some of its functions there is too little to learn it from")
    part = LabelText(found, group, 1.0, 0.0, 0.5, share, 0.0, Review("", used=True))
    return _calibrated(part, question, heard, part.scores(question, matrix), setting)


def _model(question: Question, matrix: Any, usable: Bools) -> Linear | None:
    """What some rows teach; None where there are too few. Both answers weigh alike."""
    lead = question.lead
    yes = usable & (lead > 0)
    no = usable & ((lead < 0) | ~question.spoken)
    if min(yes.sum(), no.sum()) < ENOUGH:
        return None
    yes, no = _some(yes), _some(no)
    weights = np.where(yes, 0.5 / yes.sum(), np.where(no, 0.5 / no.sum(), 0.0))
    weights *= float((yes | no).sum())
    targets = np.zeros((len(yes), 2))
    targets[:, YES], targets[:, NO] = yes, ~yes
    return fit_linear(matrix, targets, weights)


def _some(rows: Bools) -> Bools:
    """Not more than MOST_ROWS of some rows, taken evenly."""
    places = np.flatnonzero(rows)
    if len(places) <= MOST_ROWS:
        return rows
    chosen = np.zeros(len(rows), dtype=np.bool_)
    chosen[places[np.linspace(0, len(places) - 1, MOST_ROWS).astype(np.int64)]] = True
    return chosen


def _calibrated(
    part: LabelText, question: Question, heard: Bools, scores: Floats, setting: Setting
) -> LabelText:
    """The same with probabilities, if scores tell texts with a yes from silent ones."""
    voted, spoken = question.voted, question.spoken
    yes = scores[(question.lead > 0) & (heard.sum(axis=1) == 1)]
    silent = scores[~spoken]
    if min(len(yes), len(silent)) < MEANT:
        return unread("too few rows tell what a single function's yes is worth")
    agreement, error = above_chance(yes, silent)
    measures = {"rows": float(voted.sum()), "agreement": round(agreement, 4)}
    wanted = max(AGREES, setting.min_agreement, CLEAR * error)
    if agreement < wanted:
        why = (
            "the text does not follow the votes of functions that it has not learned from "
            f"({agreement:.2f}, where 0 is chance and 1 always; {wanted:.2f} is wanted)"
        )
        return unread(why, measures)
    slope = slope_of(yes, silent)
    unsaid = left_over(part.share, question.probs, spoken)
    base = base_of(slope * silent, unsaid)
    why = f"it follows the votes of functions that it has not learned from by {agreement:.2f}"
    review = Review(why, measures, used=True)
    made = replace(part, slope=slope, base=base, unsaid=unsaid, review=review)
    return replace(made, least=_least(made, question, scores, setting)) if setting.drop else made


def _least(part: LabelText, question: Question, scores: Floats, setting: Setting) -> float:
    """The share by the text below which the doubtful part of the rows with the label lies."""
    answer = part.judged(question, scores, alone=setting.label_uncovered)
    gets = answer.given(question)
    return float(np.quantile(answer.text[gets], setting.drop)) if gets.any() else 0.0
