"""Holding the votes and labels of a shard against the gold of its rows."""

from typing import Any

import pyarrow as pa

from labelmill.core.votes import Votes
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.gold import (
    Judgement,
    gold_label_lists,
    gold_labels,
    gold_spans,
    judge_entities,
    judge_label_lists,
    judge_labels,
)
from labelmill.pipeline.infer import Labeled
from labelmill.pipeline.rows import Rows
from labelmill.report.analysis import Counts, judge_documents, judge_spans, judge_statements


def check_gold(bound: BoundJob, rows: Rows) -> None:
    """Refuse gold that nobody can read before anything is voted on."""
    name = bound.job.source.gold
    if name is not None:
        read: Any = gold_labels if bound.unit == "document" else gold_spans
        read = gold_label_lists if bound.multi_label else read
        read(name, rows.prepared[name], bound.space)


def judged(
    bound: BoundJob, rows: Rows, votes: Votes, labeled: Labeled, counts: Counts
) -> tuple[Counts, Judgement | None]:
    """The counts with correct and incorrect votes, and how the labels agree with gold."""
    name = bound.job.source.gold
    if name is None:
        return counts, None
    column, n_functions = rows.prepared[name], len(bound.names)
    kept = labeled.table.take(pa.array(labeled.place[labeled.keep]))
    if bound.multi_label:
        lists, known = gold_label_lists(name, column, bound.space)
        known &= labeled.keep
        told = judge_statements(votes, bound.space, lists, known, n_functions)
        stays = labeled.keep
        with_gold = kept.filter(pa.array(known[stays]))
        given, probs = with_gold["labels"].to_pylist(), with_gold["probs"].to_pylist()
        return told.into(counts), judge_label_lists(given, probs, lists[known], bound.space)
    if bound.unit == "document":
        gold = gold_labels(name, column, bound.space)
        gold[~labeled.keep] = -1
        verdicts = judge_documents(votes, bound.space, gold, n_functions)
        confidence = kept["confidence"].to_numpy()
        judgement = judge_labels(
            kept["label"].to_pylist(), confidence, gold[labeled.keep], bound.space
        )
        return verdicts.into(counts), judgement
    spans = gold_spans(name, column, bound.space)
    spans = [s if stays else set() for s, stays in zip(spans, labeled.keep, strict=True)]
    verdicts = judge_spans(votes, bound.space, spans, n_functions)
    of_kept = [s for s, stays in zip(spans, labeled.keep, strict=True) if stays]
    entities = [row or [] for row in kept["entities"].to_pylist()]
    return verdicts.into(counts), judge_entities(
        entities, kept["status"].to_pylist(), of_kept, bound.space
    )
