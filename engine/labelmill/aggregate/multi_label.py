"""Texts that can have several labels: a question with the answers yes and no for each label."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.calibration import Calibration, predicted
from labelmill.aggregate.evidence import Floats, covered
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.story import Finding, Story
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import FittedLabelModel, Gold, VoteSpace
from labelmill.core.statements import BINARY, YES, Statements, able_of

MOST = 0.45
"""A label on which nobody voted is never taken for more likely than this, unless the job says so.
"""
TRUST = 0.7
"""How often a vote that one of several labels applies is taken to be right."""
LEAST = 0.01
"""No label is guessed to be rarer than this."""
ONE_SIDED = frozenset({"single_label", "constant"})
"""What is found of any label to which nobody ever says no, and means nothing there."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Question:
    """The model of one label: whether it applies.

    `unsaid` is the probability that it does where nobody votes on it: its share, if that is
    `known`. `spoke` [n_functions] counts the items on which each function did, in the fit.
    """

    type: str
    version: int
    fitted: FittedLabelModel
    space: VoteSpace
    story: Story
    unsaid: float
    spoke: tuple[int, ...]
    known: bool
    calibration: Calibration | None = None

    def predict(self, votes: VotePatterns) -> Floats:
        """Calibrated probability that the label applies, [n_items]."""
        temperature = 1.0 if self.calibration is None else self.calibration.temperature
        probs = predicted(self.fitted, votes, self.space, temperature)[:, YES]
        probs = np.where(covered(votes), probs, self.unsaid)
        answers: Floats = probs[votes.index]
        return answers


Fit = Callable[[VotePatterns, VoteSpace, Gold | None], Any]
"""Fits the model of one label under guard; gives an Artifact."""
Restore = Callable[[str, Mapping[str, Any], VoteSpace], FittedLabelModel]
"""Rebuilds a fitted model of some type from its parameters."""


@dataclass(frozen=True, slots=True)
class FittedMultiLabel:
    """A model for each label at work.

    A vote that one of several labels applies takes part in none of them. It is heard after them:
    where it stands, the probabilities of its labels are those given that at least one of them
    applies, believed with TRUST against 1 - TRUST. A label of it that nobody votes on, and whose
    share the job does not give, counts as open there: so likely that, were all of its labels so, at
    least one would apply in half of the cases. Several such votes are heard one after the other, in
    the order of the label sets.
    """

    questions: tuple[Question, ...]
    labels: LabelSpace
    able: Bools

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """Probability that each label applies, [n_patterns, n_labels]; rows need not sum to 1."""
        said = Statements.of(patterns, self.labels, self.able)
        probs = np.zeros((len(patterns), len(self.labels)))
        spoken = np.zeros(probs.shape, dtype=np.bool_)
        for label, question in enumerate(self.questions):
            votes = said.about(label, patterns)
            probs[:, label] = question.predict(votes)
            spoken[:, label] = covered(votes)[votes.index]
        return self._narrowed(probs, spoken, patterns)

    def weights(self) -> Floats | None:
        """What was learned of each function, [n_functions], on average over what it spoke of."""
        learned = [question.fitted.weights() for question in self.questions]
        known = [
            (w, q.spoke) for w, q in zip(learned, self.questions, strict=True) if w is not None
        ]
        if not known:
            return None
        times = np.array([spoke for _, spoke in known], dtype=np.float64) + 1e-9
        means: Floats = (np.array([w for w, _ in known]) * times).sum(axis=0) / times.sum(axis=0)
        return means

    def parameters(self) -> dict[str, Any]:
        """What each function can vote for; the questions are kept by whoever keeps this."""
        return {"able": self.able.astype(int).tolist()}

    def rows(self) -> list[dict[str, Any]]:
        """What is used for each label: its model, its `unsaid`, and how it is calibrated."""
        return [
            {
                "label": name,
                "type": q.type,
                "why": q.story.why,
                "unsaid": q.unsaid,
                "calibration": None if q.calibration is None else asdict(q.calibration),
            }
            for name, q in zip(self.labels.names, self.questions, strict=True)
        ]

    def _narrowed(self, probs: Floats, spoken: Bools, patterns: VotePatterns) -> Floats:
        """The probabilities where votes say that one of several labels applies."""
        weak = self.labels.weak()
        if not weak[patterns.label].any():
            return probs
        pattern = patterns.pattern_of_vote()
        for index in np.flatnonzero(weak).tolist():
            here = np.bincount(pattern[patterns.label == index], minlength=len(patterns))
            rows = np.flatnonzero(here)
            members = list(self.labels.sets[index])
            cells = (rows[:, None], np.array(members)[None])
            given = np.array([self.questions[m].known for m in members])
            before = np.where(spoken[cells] | given, probs[cells], 1 - 0.5 ** (1 / len(members)))
            probs[cells] = at_least_one(before, here[rows])
            spoken[cells] = True
        return probs


def at_least_one(probs: Floats, times: npt.NDArray[np.int64]) -> Floats:
    """Probabilities of independent labels, heard that one applies or more, [n_rows, n_labels].

    Args:
        probs: what they were before.
        times: how many votes say so in each row, [n_rows].

    Example:
        >>> at_least_one(np.array([[0.3, 0.3], [0.9, 0.1]]), np.array([1, 1])).round(2).tolist()
        [[0.42, 0.42], [0.95, 0.11]]
    """
    some = 1 - np.prod(1 - probs, axis=1)
    odds = (TRUST / (1 - TRUST)) ** times
    heard: Floats = probs * (odds / (odds * some + 1 - some))[:, None]
    return heard


def fit_questions(
    patterns: VotePatterns, space: VoteSpace, gold: Gold | None, fit: Fit
) -> FittedMultiLabel:
    """Fit a model for each label.

    Args:
        patterns: the votes.
        space: what is known about them.
        gold: items of which is known which labels they have.
        fit: fits one of them.
    """
    able = able_of(space, patterns)
    said = Statements.of(patterns, space.labels, able)
    told = None if gold is None else Statements.of(gold.patterns, space.labels, able)
    questions = []
    for label, share in enumerate(space.prior.tolist()):
        votes = said.about(label, patterns)
        known = None
        if gold is not None and told is not None:
            items = told.on_items(label, gold.patterns)
            known = Gold(items, gold.labels[:, label].astype(np.int64))
        questions.append(_question(votes, _binary(space, share, votes), known, fit, share))
    return FittedMultiLabel(tuple(questions), space.labels, able)


def story_of(asked: str, safe: str, space: VoteSpace, fitted: FittedMultiLabel) -> Story:
    """The stories of all labels as one; those that fell back are named."""
    names = space.labels.names
    stories = [question.story for question in fitted.questions]
    fallen = [n for n, story in zip(names, stories, strict=True) if story.used != story.asked]
    why = "each label has a model of its own"
    if fallen:
        why += f"; {safe} vote is used for {', '.join(fallen)}, whose models did not hold"
    votes = np.array([question.spoke for question in fitted.questions]).sum(axis=0)
    silent = [
        Finding("silent", f"{name} never votes", name, 0.0)
        for name, n in zip(space.functions, votes.tolist(), strict=True)
        if not n
    ]
    found = [
        replace(finding, message=f"label '{name}': {finding.message}")
        for name, story in zip(names, stories, strict=True)
        for finding in story.findings
    ]
    found.sort(key=lambda finding: (not finding.fatal, bool(finding.function)))
    used = safe if len(fallen) == len(names) else asked
    return Story(asked, used, why, (*found, *silent))


def _question(
    votes: VotePatterns, space: VoteSpace, gold: Gold | None, fit: Fit, share: float
) -> Question:
    made = fit(votes, space, gold)
    told = _telling(made.story.findings, unopposed=one_sided(votes))
    findings = tuple(replace(each, message=_of_answers(each.message)) for each in told)
    story = replace(made.story, why=_of_answers(made.story.why), findings=findings)
    spoke = np.bincount(
        votes.function,
        np.repeat(votes.counts, np.diff(votes.indptr)),
        minlength=len(space.functions),
    )
    return Question(
        made.type,
        made.version,
        made.fitted,
        space,
        story,
        _unsaid(made.fitted, votes) if np.isnan(share) else share,
        tuple(spoke.astype(np.int64).tolist()),
        not np.isnan(share),
        made.calibration,
    )


def one_sided(votes: VotePatterns) -> bool:
    """Whether nobody ever says no."""
    return not (votes.label != YES).any()


def _telling(findings: Sequence[Finding], *, unopposed: bool) -> Iterator[Finding]:
    """Findings that say something of one label: most functions never speak of it."""
    for finding in findings:
        if finding.code != "silent" and not (unopposed and finding.code in ONE_SIDED):
            yield finding


def _of_answers(message: str) -> str:
    """What is said of yes and no as if they were labels of rows.

    Example:
        >>> _of_answers("it has 0 rows of the label 'yes'; the label 'no' is lost")
        "it has 0 rows to which the label applies; the answer 'no' is lost"
    """
    message = message.replace("rows of the label 'yes'", "rows to which the label applies")
    message = message.replace("rows of the label 'no'", "rows to which the label does not apply")
    return message.replace("the label 'yes'", "the answer 'yes'").replace(
        "the label 'no'", "the answer 'no'"
    )


def _unsaid(fitted: FittedLabelModel, votes: VotePatterns) -> float:
    """How likely a label is where nobody votes on it, and its share is not known.

    That is the share of all items that the votes give it to: as if it applied nowhere else, so
    more cautious than the items with votes are.
    """
    return min(_share(fitted, votes), MOST)


def _share(fitted: FittedLabelModel, votes: VotePatterns) -> float:
    """The share of all items that a model gives the label to, of those that have votes."""
    weight = votes.counts * covered(votes)
    return float(weight @ fitted.predict(votes)[:, YES]) / max(int(votes.counts.sum()), 1)


def _binary(space: VoteSpace, share: float, votes: VotePatterns) -> VoteSpace:
    """What the model of one label is told: its share, or the best guess of that.

    The guess is the share of all items that majority vote gives it to. It is told as if it were
    known: a share that a model learns from the items with votes alone leads it astray, for most of
    the votes on a rare label may say no. Where none does, the prior is even: nothing speaks against
    a yes.
    """
    if np.isnan(share):
        even = VoteSpace(space.functions, BINARY, np.array([0.5, 0.5]), space.seed)
        if one_sided(votes):
            return even
        share = float(np.clip(_share(Majority().fit(votes, even), votes), LEAST, 0.5))
    prior = np.array([1 - share, share])
    return VoteSpace(space.functions, BINARY, prior, space.seed, balance_given=True)


def given(question: Question, share: float, restore: Restore) -> Question:
    """The same model for items of which the label applies to a known share."""
    space = replace(question.space, prior=np.array([1 - share, share]), balance_given=True)
    fitted = restore(question.type, question.fitted.parameters(), space)
    return replace(question, fitted=fitted, space=space, unsaid=share, known=True)


def question_row(question: Question) -> dict[str, Any]:
    """The model of one label as plain JSON data."""
    return {
        "type": question.type,
        "version": question.version,
        "prior": question.space.prior.tolist(),
        "balance_given": question.space.balance_given,
        "unsaid": question.unsaid,
        "known": question.known,
        "spoke": question.spoke,
        "parameters": question.fitted.parameters(),
        "story": question.story.row(),
        "calibration": None if question.calibration is None else asdict(question.calibration),
    }


def question_of(row: Mapping[str, Any], space: VoteSpace, restore: Restore) -> Question:
    """Read what `question_row` gave."""
    prior = np.array(row["prior"], dtype=np.float64)
    given = bool(row["balance_given"])
    binary = VoteSpace(space.functions, BINARY, prior, space.seed, balance_given=given)
    kind, version = str(row["type"]), int(row["version"])
    fitted = restore(kind, row["parameters"], binary)
    spoke = tuple(int(n) for n in row["spoke"])
    story = Story.of(row["story"])
    unsaid, heat = float(row["unsaid"]), row["calibration"]
    calibration = None if heat is None else Calibration(**heat)
    known = bool(row["known"])
    return Question(kind, version, fitted, binary, story, unsaid, spoke, known, calibration)
