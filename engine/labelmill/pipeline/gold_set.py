"""The labeled set of a job: rows with known labels, voted on as the rows of the source are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.aggregate.story import Finding
from labelmill.config.spec import SourceSpec
from labelmill.core.batch import Batch
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold
from labelmill.core.votes import Hits
from labelmill.errors import BadColumn
from labelmill.io.columns import one_chunk, plain
from labelmill.io.durable import write_arrow
from labelmill.io.shard_reader import read_shard
from labelmill.io.source import runs_of
from labelmill.io.votes import read_labels, read_patterns, write_labels, write_patterns
from labelmill.io.work import read_arrow
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.deadly import read_deadly
from labelmill.pipeline.gold import Cells, GoldSpans, gold_label_lists, gold_labels, gold_spans
from labelmill.pipeline.plan import PartitionPlan, plan_gold
from labelmill.pipeline.rows import Rows, read_rows
from labelmill.pipeline.voting import vote
from labelmill.pipeline.works import Work, table_of

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GoldCount:
    """What became of the rows of a labeled set; all of it adds up over shards."""

    rows: int = 0
    unreadable: int = 0
    filtered: int = 0
    unlabeled: int = 0
    spans: int = 0
    spans_lost: int = 0

    def __add__(self, other: "GoldCount") -> "GoldCount":
        return GoldCount(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def findings(self) -> tuple[Finding, ...]:
        """What a person has to be told: rows and spans that are left aside.

        Example:
            >>> GoldCount(60, unreadable=1, unlabeled=2).findings()[0].message
            '3 of 60 gold rows are left aside: 1 unreadable, 2 without a label'
        """
        reasons = {
            "unreadable": self.unreadable,
            "taken out by a prepare step": self.filtered,
            "without a label": self.unlabeled,
        }
        told = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
        found: list[Finding] = []
        if told:
            left = sum(reasons.values())
            message = f"{left} of {self.rows} gold rows are left aside: {told}"
            found.append(Finding("gold_rows", message, value=float(left)))
        if self.spans_lost:
            message = (
                f"{self.spans_lost} of {self.spans} gold spans are left aside: they overlap "
                "others (`task.overlap` says which stay) or hold no token"
            )
            found.append(Finding("gold_spans", message, value=float(self.spans_lost)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class GoldSet:
    """Gold with the texts of its rows, and what became of them."""

    gold: Gold
    count: GoldCount
    texts: pa.Array


def gold_works(plan: PartitionPlan | None, folder: Path, first: int) -> list[Work]:
    """Where the files of the shards of a labeled set lie; `first` is the number of the first."""
    shards = () if plan is None else plan.shards
    runs = runs_of(shards)
    return [
        Work(folder, shard, number, run, gold=True)
        for number, (shard, run) in enumerate(zip(shards, runs, strict=True), first)
    ]


def label_gold(bound: BoundJob, work: Work) -> GoldCount:
    """Prepare the rows of a shard of gold, let every function vote on them, and keep the result."""
    found = vote_on_gold(bound, work)
    write_patterns(work.file("patterns"), found.gold.patterns)
    write_labels(work.file("gold"), found.gold.labels)
    write_arrow(work.file("gold_texts"), pa.table({"text": found.texts}))
    return found.count


def read_gold(works: Sequence[Work], counts: Sequence[GoldCount]) -> GoldSet:
    """What `label_gold` kept of all shards."""
    parts = (Gold(read_patterns(w.file("patterns")), read_labels(w.file("gold"))) for w in works)
    texts = (one_chunk(read_arrow(work.file("gold_texts"))["text"]) for work in works)
    return GoldSet(_joined(parts), sum(counts, GoldCount()), _one_after_the_other(texts))


def gold_here(bound: BoundJob) -> GoldSet | None:
    """The labeled set of a job, voted on in this process; None where the job has none."""
    if bound.job.gold is None:
        return None
    plan = plan_gold(bound.job, bound.job.gold)
    found = [vote_on_gold(bound, work) for work in gold_works(plan, Path(), 0)]
    count = sum((part.count for part in found), GoldCount())
    texts = _one_after_the_other(part.texts for part in found)
    return GoldSet(_joined(part.gold for part in found), count, texts)


def check_gold(bound: BoundJob, gold: SourceSpec) -> None:
    """Look at the columns of a labeled set and read its labels; nothing is voted on.

    Raises:
        BadResource: if it cannot be read.
        ConfigErrors: if it lacks columns that the job needs.
        BadColumn: if a label is not one of the task.
    """
    name = gold.gold or ""
    read: Any = gold_labels if bound.unit == "document" else gold_spans
    read = gold_label_lists if bound.multi_label else read
    for shard in plan_gold(bound.job, gold).shards:
        column = plain(one_chunk(read_shard(shard, [name])[name]))
        read(name, column, bound.space, Cells(shard.file.name, np.arange(shard.start, shard.stop)))


def vote_on_gold(bound: BoundJob, work: Work) -> GoldSet:
    """The votes on the rows of a shard of gold, and their labels.

    Rows that cannot be read, that a prepare step takes out or that have no label are left aside.

    Raises:
        BadColumn: if a label is not one of the task, or a span does not lie in its text.
    """
    own = bound.on_gold
    name = work.shard.file.name
    rows = read_rows(own, table_of(own, work.shard), name, read_deadly(work.file("deadly")))
    known, labels, spans = _labels(own, rows, Cells(name, rows.row + work.shard.start))
    votes = vote(own, rows.batch).votes
    patterns = own.items.patterns(votes, rows.batch, own.space, len(own.names))
    items = known
    if patterns.sequences is not None:
        items = np.repeat(known, np.diff(patterns.sequences))
    unlabeled = int((~known).sum())
    count = GoldCount(rows.n_rows, len(rows.faults), len(rows.filtered), unlabeled, *spans)
    texts = rows.batch.texts.filter(pa.array(known))
    return GoldSet(Gold(patterns.kept(items), labels[items]), count, texts)


def _labels(own: BoundJob, rows: Rows, cells: Cells) -> tuple[Bools, Ints, tuple[int, int]]:
    """Which rows have a label, [n_batch], and the label of each item, [n_items].

    Where a text can have several labels, these are [n_items, n_labels]. The last two are the
    numbers of spans, and of those that are left aside.
    """
    name = own.job.source.gold or ""
    column = rows.prepared[name]
    if own.multi_label:
        lists, known = gold_label_lists(name, column, own.space, cells)
        return known, lists.astype(np.int64), (0, 0)
    if own.unit == "document":
        labels = gold_labels(name, column, own.space, cells)
        return labels >= 0, labels, (0, 0)
    spans = gold_spans(name, column, own.space, cells)
    _check_bounds(name, spans, rows.batch, cells)
    known = np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False), dtype=np.bool_)
    tags, n_kept = _of_tokens(own, rows.batch, spans)
    n_spans = sum(map(len, spans))
    return known, tags, (n_spans, n_spans - n_kept)


def _of_tokens(own: BoundJob, batch: Batch, spans: GoldSpans) -> tuple[Ints, int]:
    """The tag of each token, what a function that finds just these spans would vote for.

    The number is that of the spans which stay.
    """
    hits = Hits()
    for doc, of_text in enumerate(spans):
        for start, end, label in sorted(of_text):
            hits.add(doc, start, end, label)
    votes = own.items.settle(hits, 0, batch)
    told = own.items.patterns(votes, batch, own.space, 1)
    tags: Ints = told.label[told.indptr[told.index]].astype(np.int64)
    return tags, len(votes)


def _check_bounds(name: str, spans: GoldSpans, batch: Batch, cells: Cells) -> None:
    for doc, length in enumerate(batch.lengths.tolist()):
        for start, end, _ in sorted(spans[doc]):
            if not 0 <= start < end <= length:
                message = (
                    f"row {cells.row(doc)} has a span from {start} to {end}, but its text has "
                    f"{length} characters"
                )
                raise BadColumn(cells.file, name, message)


def _one_after_the_other(texts: Iterable[pa.Array]) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *texts])


def _joined(parts: Iterable[Gold]) -> Gold:
    found = list(parts)
    patterns = VotePatterns.concatenated([gold.patterns for gold in found])
    if not found:
        return Gold(patterns, np.zeros(0, dtype=np.int64))
    return Gold(patterns, np.concatenate([gold.labels for gold in found]))
