"""The places of a row that a label model decides on: the whole text, or spans of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.votes import Votes
from labelmill.pipeline.bind import BoundJob
from labelmill.tasks.ner import Ner
from labelmill.tasks.tags import by_labels, spread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a text with one answer: `label` is a place in `answer_names`.

    `items` are the items of the row under it, [n_items]: the text itself, or tokens.
    """

    start: int
    end: int
    label: int
    items: Ints

    def least_sure(self, probs: Floats, among: Ints | None = None) -> int:
        """Of its items (or those of them that are also among some) the least sure one."""
        items = self.items if among is None else np.intersect1d(self.items, among)
        return int(items[probs[items, self.label].argmin()])


def answer_names(bound: BoundJob) -> tuple[str, ...]:
    """The labels that an item may have; in ner "O" stands before them."""
    names = bound.space.names
    return ("O", *names) if bound.unit == "span" else names


def by_label(bound: BoundJob, probs: Floats) -> Floats:
    """Probabilities of items by `answer_names`: in ner the tags of a label are added up."""
    kind = bound.task
    if not isinstance(kind, Ner):
        return probs
    return np.column_stack([probs[:, 0], by_labels(probs, len(bound.space), kind.tags)])


def places_of(
    bound: BoundJob,
    batch: Batch,
    votes: Votes,
    entities: Sequence[tuple[int, int, str, float]],
    probs: Floats,
) -> list[Place]:
    """The places of a batch's only row: its spans, and what functions found in vain.

    Args:
        bound: the job.
        batch: the row.
        votes: the votes on it.
        entities: the spans that the answer has.
        probs: of the items by `answer_names`, [n_items, n_names].
    """
    if bound.unit == "document":
        item = np.zeros(1, dtype=np.int64)
        return [Place(0, int(batch.lengths[0]), int(probs[0].argmax()), item)]
    names = answer_names(bound)
    spans = [(start, end, names.index(label)) for start, end, label, _ in entities]
    spans += [(start, end, 0) for start, end in _in_vain(votes, entities)]
    starts, ends = batch.tokens.start, batch.tokens.end
    return [
        Place(start, end, label, np.flatnonzero((starts >= start) & (ends <= end)))
        for start, end, label in sorted(spans)
    ]


def items_of(bound: BoundJob, batch: Batch, votes: Votes) -> list[Ints]:
    """The items under each vote on a batch's only row."""
    if bound.unit == "document":
        return [np.zeros(1, dtype=np.int64)] * len(votes)
    where = spread(votes, batch.tokens)
    return [where.token[where.vote == vote].astype(np.int64) for vote in range(len(votes))]


def place_of(items: Ints, places: Sequence[Place]) -> int:
    """The place that a vote on some items speaks about: that with most of them, the first one."""
    common = [len(np.intersect1d(items, place.items)) for place in places]
    return common.index(max(common))


def _in_vain(
    votes: Votes, entities: Sequence[tuple[int, int, str, float]]
) -> list[tuple[int, int]]:
    """Spans that functions found and no answer touches; those that overlap are one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(zip(votes.start.tolist(), votes.end.tolist(), strict=True)):
        if any(start < e[1] and e[0] < end for e in entities):
            continue
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
