"""Explaining single rows: what voted, with which weight, and how the posterior came to be.

Nothing is written. A vote's contribution is what the label model answers with all votes, against
what it answers without this one; that is exact for every type of model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.artifact import Artifact
from labelmill.config.spec import Job
from labelmill.core.patterns import VotePatterns
from labelmill.core.soft import Status
from labelmill.core.votes import Votes
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.explain_labels import effects, label_decisions, label_votes, why_labels
from labelmill.pipeline.explain_text import TextReader, read_text, text_reader
from labelmill.pipeline.explanation import (
    Belief,
    Decision,
    ExplainedVote,
    Explanation,
    UsedModel,
)
from labelmill.pipeline.finding import FoundRow, find_rows
from labelmill.pipeline.fit import item_probs
from labelmill.pipeline.infer import REFINE, Beliefs, label_rows
from labelmill.pipeline.live import Models
from labelmill.pipeline.places import (
    Place,
    answer_names,
    by_label,
    items_of,
    place_of,
    places_of,
)
from labelmill.pipeline.plan import make_plan
from labelmill.pipeline.reasons import fate_of, why
from labelmill.pipeline.rows import Rows, is_global, read_rows
from labelmill.pipeline.voting import Ballot, vote

LEAST = 1e-12
"""For log odds no probability is taken to be smaller than this."""

Floats = npt.NDArray[np.float64]


def explain(job: Job, ids: Sequence[str], partition: str | None = None) -> list[Explanation]:
    """Explain the rows with some ids, in that order.

    The label model is that of the live snapshot, where the job's `label_model` and the names and
    labels of its functions are still those of that snapshot; else one is fitted on the first
    rows of the source. Each explanation says which.

    Args:
        job: the checked job.
        ids: ids of rows; they are looked for in the whole source.
        partition: look in this partition only.

    Raises:
        UsageError: if no row has one of the ids.
    """
    bound = BoundJob(job)
    plan = make_plan(job, partition)
    models = Models(bound, plan)
    return [_explained(bound, models, row) for row in find_rows(bound, plan, ids)]


@dataclass(frozen=True, slots=True)
class Case:
    """One readable row with its votes, and the label model that answers for it."""

    bound: BoundJob
    rows: Rows
    votes: Votes
    model: Artifact
    text: TextReader | None = None

    def patterns(self, votes: Votes) -> VotePatterns:
        """The vote patterns of the row's items if these are the votes."""
        n_functions = len(self.bound.names)
        return self.bound.items.patterns(votes, self.rows.batch, self.bound.space, n_functions)

    def answer(self, votes: Votes) -> Floats:
        """What the label model says of the items if these are the votes, [n_items, n_names]."""
        patterns = self.patterns(votes)
        probs = item_probs(self.model, patterns)
        if self.text is not None:
            probs = self.text.refined(patterns, probs).probs
        return by_label(self.bound, probs)

    def beliefs(self) -> Beliefs:
        """What is believed of the items, and what the text had to say."""
        seen = self.patterns(self.votes)
        told = Beliefs(item_probs(self.model, seen), self.model.fitted.weights())
        if self.text is None:
            return told
        return told.refined_by(self.text.refined(seen, told.probs))

    def steps(self) -> list[tuple[str, Floats]]:
        """The answers on the way to the last, by name; each is [n_items, n_item_labels]."""
        seen = self.patterns(self.votes)
        fitted = self.model.fitted
        plain = fitted.predict(seen) if fitted.sequential else fitted.predict(seen)[seen.index]
        steps = [
            ("prior", item_probs(self.model, self.patterns(Votes.none()))),
            ("votes", plain),
        ]
        last = item_probs(self.model, seen)
        if not np.array_equal(last, plain):
            steps.append(("temperature", last))
        if self.text is not None:
            steps += self.text.steps(seen, last)
        return steps

    def without(self, vote: int) -> Floats:
        """The answer without one of the votes, [n_items, n_names]."""
        keep = np.ones(len(self.votes), dtype=np.bool_)
        keep[vote] = False
        return self.answer(self.votes.take(keep))


def _explained(bound: BoundJob, models: Models, found: FoundRow) -> Explanation:
    rows = read_rows(bound, found.table, found.shard.file.name)
    if not len(rows.batch):
        return _left_out(bound, rows, found)
    model, used = models.of(found.shard.file.partition)
    ballot = vote(bound, rows.batch)
    text = text_reader(bound, models, rows.batch, found.id, found.shard.file.partition)
    case = Case(bound, rows, ballot.votes, model, text)
    return _noted(_of_case(case, ballot, used, found), bound, models)


def _left_out(bound: BoundJob, rows: Rows, found: FoundRow) -> Explanation:
    """A row that a step takes out, or that nobody can read."""
    if rows.filtered:
        gone = rows.filtered[0]
        status, reason = str(Status.FILTERED), f"{gone.step} takes it out: {gone.reason}"
    else:
        status, reason = str(Status.ERROR), f"nobody can read it: {rows.faults[0].reason}"
    try:
        text = found.table[bound.job.source.text][0].as_py()
    except UnicodeDecodeError:
        text = ""
    return Explanation(
        id=found.id,
        text=text if isinstance(text, str) else "",
        partition=found.shard.file.partition,
        status=status,
        why=reason,
        fate=fate_of(status, bound.job.select),
    )


def _of_case(case: Case, ballot: Ballot, used: UsedModel, found: FoundRow) -> Explanation:
    bound, batch = case.bound, case.rows.batch
    steps = case.steps()
    keep = np.ones(len(batch), dtype=np.bool_)
    told = case.beliefs()
    row = label_rows(bound, case.rows, case.votes, told, keep).table.to_pylist()[0]
    read = None
    if case.text is not None and told.refined is not None:
        read = read_text(bound, case.text, told.refined, row["rests_on"])
    entities = tuple(
        (e["start"], e["end"], e["label"], e["confidence"]) for e in row.get("entities") or ()
    )
    beliefs = [(name, by_label(bound, probs)) for name, probs in steps]
    decisions, votes = _reasons(case, row, entities, beliefs)
    return Explanation(
        id=found.id,
        text=row["text"],
        partition=found.shard.file.partition,
        status=row["status"],
        why=(why_labels if bound.multi_label else why)(
            row, decisions, bound.job.select.min_confidence
        ),
        fate=fate_of(row["status"], bound.job.select),
        label=row.get("label"),
        confidence=row["confidence"],
        votes=votes,
        errors=tuple(
            (name, error.reason, error.message)
            for name, errors in ballot.errors.items()
            for error in errors
        ),
        probs=_named(bound, told.probs[0]) if bound.unit == "document" else {},
        entities=entities,
        decisions=decisions,
        model=used,
        labels=None if row.get("labels") is None else tuple(row["labels"]),
        text_read=read,
    )


def _reasons(
    case: Case,
    row: Mapping[str, Any],
    entities: Sequence[tuple[int, int, str, float]],
    beliefs: list[tuple[str, Floats]],
) -> tuple[tuple[Decision, ...], tuple[ExplainedVote, ...]]:
    """How the answers of a row came to be, and what its votes did."""
    bound, batch, votes = case.bound, case.rows.batch, case.votes
    if bound.multi_label:
        answer = beliefs[-1][1][0]
        left, speaks = effects(bound, votes, answer, lambda vote: case.without(vote)[0])
        steps = [(name, probs[0]) for name, probs in beliefs]
        shown = speaks.any(axis=0) | np.isin(bound.space.names, row["labels"] or ())
        decisions = label_decisions(bound, int(batch.lengths[0]), shown, steps)
        order = np.lexsort((votes.start, votes.function)).tolist()
        return decisions, label_votes(row["votes"], order, answer, left, speaks, shown)
    if row["status"] == Status.UNCOVERED:
        return (), ()
    places = places_of(bound, batch, votes, entities, beliefs[-1][1])
    decisions = tuple(_decision(place, beliefs, case) for place in places)
    return decisions, _votes(case, row["votes"], places)


def _decision(place: Place, beliefs: list[tuple[str, Floats]], case: Case) -> Decision:
    """How the answer at a place came to be, at its least sure item."""
    bound, tokens = case.bound, case.rows.batch.tokens if case.bound.unit == "span" else None
    item = place.least_sure(beliefs[-1][1])
    return Decision(
        place.start,
        place.end,
        answer_names(bound)[place.label],
        None if tokens is None else (int(tokens.start[item]), int(tokens.end[item])),
        tuple(Belief(name, _named(bound, probs[item])) for name, probs in beliefs),
    )


def _votes(
    case: Case, told: list[dict[str, Any]], places: list[Place]
) -> tuple[ExplainedVote, ...]:
    """The votes in the order of the labels table, each with what it did."""
    order = np.lexsort((case.votes.start, case.votes.function)).tolist()
    answer = case.answer(case.votes)
    items = items_of(case.bound, case.rows.batch, case.votes)
    votes = []
    for vote_, row in zip(order, told, strict=True):
        number = place_of(items[vote_], places)
        place = places[number]
        item = place.least_sure(answer, items[vote_])
        left = case.without(vote_)[item]
        votes.append(
            ExplainedVote.of(
                row,
                number,
                _log_odds(answer[item], place.label) - _log_odds(left, place.label),
                float(left[place.label]),
            )
        )
    return tuple(votes)


def _noted(row: Explanation, bound: BoundJob, models: Models) -> Explanation:
    """The same with what else one should know: changed functions, and steps over all rows."""
    notes = []
    if row.model is not None and row.model.origin == "snapshot":
        changed = models.changed(row.partition)
        if changed:
            notes.append(f"changed since the label model was fitted: {', '.join(changed)}")
    for step in bound.job.prepare:
        if not is_global(step.kind):
            continue
        if not models.are_live(row.partition):
            notes.append(f"{step.name} looks at all rows; only a run tells whether this one stays")
            continue
        reason = models.taken_out(row.partition, row.id, step.name)
        if reason is not None:
            row = _taken_out(row, bound, f"{step.name} took it out of the live snapshot: {reason}")
    return replace(_dropped(row, bound, models), notes=tuple(notes))


def _dropped(row: Explanation, bound: BoundJob, models: Models) -> Explanation:
    """The same where the row was among those least to be trusted."""
    refine = bound.job.refine
    if refine is None or not refine.drop:
        return row
    reason = models.taken_out(row.partition, row.id, REFINE)
    if reason is None:
        return row
    return _taken_out(row, bound, f"refine took it out of the live snapshot: {reason}")


def _taken_out(row: Explanation, bound: BoundJob, reason: str) -> Explanation:
    status = str(Status.FILTERED)
    fate = fate_of(status, bound.job.select)
    return replace(row, status=status, why=reason, fate=fate, label=None, confidence=None)


def _named(bound: BoundJob, probs: Floats) -> dict[str, float]:
    return dict(zip(answer_names(bound), probs.tolist(), strict=True))


def _log_odds(probs: Floats, label: int) -> float:
    """Of a label against all others, [n_names]; the others are added up, for 1 - p loses digits."""
    rest = float(np.delete(probs, label).sum())
    return log(max(float(probs[label]), LEAST)) - log(max(rest, LEAST))
