"""What an explained row says, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from labelmill.core.schema import said


@dataclass(frozen=True, slots=True)
class UsedModel:
    """The label model behind an explanation.

    `origin` says where it comes from: the live `snapshot`, an earlier run that the job names
    (`fitted`), or a fit on the first rows of the source (`sample`). `words` say it in a sentence.
    """

    type: str
    origin: Literal["snapshot", "fitted", "sample"]
    words: str
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class ReadText:
    """What the text adds to the votes, in a job with `refine`.

    `used` says whether labels rest on texts at all, and `why` why they do or not. `rests_on` is
    what the row's label rests on, as in the labels table. Of whole texts, `probs` is what the text
    alone says, by a model that has not seen it; `powers` are those with which votes and text are
    multiplied, and `least` is how sure a text without votes must be. `origin` says where what was
    learned of texts comes from: the live `snapshot`, or a `sample`, the first rows of the source.
    `words` say all of it in a sentence.
    """

    why: str
    origin: Literal["snapshot", "sample"]
    words: str
    used: bool = False
    rests_on: str | None = None
    probs: dict[str, float] = field(default_factory=dict)
    powers: dict[str, float] = field(default_factory=dict)
    least: float | None = None


@dataclass(frozen=True, slots=True)
class ExplainedVote:
    """One vote, and what it did; `label` joins the labels of a set with |.

    `weight` is what the label model learned of the function, None where it has no such number.
    `decision` is the place of the decision that the vote belongs to, among those of the row, and
    `contribution` how much the vote alone raises the log odds of that decision's label: with all
    votes, less without this one. In ner it is taken at the least sure of the span's tokens that
    the vote covers. Where a text can have several labels, a vote stands here once for each that it
    speaks of. `without` is the probability of the label without the vote.
    """

    lf: str
    label: str
    start: int
    end: int
    entry: str | None
    weight: float | None
    decision: int
    contribution: float
    without: float

    @classmethod
    def of(
        cls, row: Mapping[str, Any], decision: int, contribution: float, without: float
    ) -> "ExplainedVote":
        """The vote that a row of the `votes` column tells, and what it did."""
        start, end, entry = row["start"], row["end"], row["entry"]
        words, weight = said(row), row["weight"]
        return cls(row["lf"], words, start, end, entry, weight, decision, contribution, without)


@dataclass(frozen=True, slots=True)
class Belief:
    """The probabilities of the labels at one step on the way to the posterior.

    The steps are `prior` (what the label model says of the same text without any vote), `votes`
    (what it says with them), and one for whatever changes its answer afterwards: `temperature`
    (that of gold), `text` (what the text alone says) and `votes+text` (both together); in ner
    `spelling` and `surroundings`.
    """

    step: str
    probs: dict[str, float]


@dataclass(frozen=True, slots=True)
class Decision:
    """How one answer came to be: that of a whole text, or in ner that of a span.

    In ner there is one for each span of the answer, and one for each place where functions found
    something that the answer leaves out; `label` is "O" there. Where a text can have several
    labels, there is one for each label that a vote speaks of. `start` and `end` bound the text or
    the span, and the beliefs are those of its least sure token, `token`; None for whole texts.
    """

    start: int
    end: int
    label: str
    token: tuple[int, int] | None
    beliefs: tuple[Belief, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One row: what functions voted, and how its labels and its status came to be.

    `why` explains the status in a sentence, `fate` what becomes of the row, `notes` say what else
    one should know. `probs` maps labels to probabilities (document tasks), `entities` are (start,
    end, label, confidence), `errors` are (lf, reason, message) of functions that failed. A row
    that was filtered or that nobody can read has neither votes nor a model. Where a text can have
    several labels, `labels` holds those of a labeled row. `text_read` is there where the job reads
    texts.
    """

    id: str
    text: str
    partition: str | None
    status: str
    why: str
    fate: str
    label: str | None = None
    confidence: float | None = None
    votes: tuple[ExplainedVote, ...] = ()
    errors: tuple[tuple[str, str, str], ...] = ()
    probs: dict[str, float] = field(default_factory=dict)
    entities: tuple[tuple[int, int, str, float], ...] = ()
    decisions: tuple[Decision, ...] = ()
    model: UsedModel | None = None
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] | None = None
    text_read: ReadText | None = None
