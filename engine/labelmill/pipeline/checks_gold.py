"""Gold for checks: labeled texts, and how the label model agrees with the job's gold."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.artifact import from_json
from labelmill.core.facts import GoldAsk, GoldTexts
from labelmill.core.protocols import Drop
from labelmill.errors import BadColumn, BadResource, InputMissing, nearest
from labelmill.io.columns import one_chunk, plain, text_column
from labelmill.io.shard_reader import read_shard
from labelmill.io.source import InputFile, Shard, find_files, schema_of
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.fit import item_probs
from labelmill.pipeline.gold import (
    Cells,
    gold_label_lists,
    gold_labels,
    judge_label_lists,
    judge_labels,
)
from labelmill.pipeline.gold_set import GoldSet, gold_works, read_gold
from labelmill.pipeline.plan import Plan
from labelmill.pipeline.rows import is_global
from labelmill.report.analysis import scores
from labelmill.report.document import agreement
from labelmill.text import edits as editing

Ints = npt.NDArray[np.int64]


def gold_of_job(plan: Plan, work: Path) -> GoldSet | None:
    """The job's gold as the run voted on it; None where it has none."""
    if plan.gold is None:
        return None
    return read_gold(gold_works(plan.gold, work, len(plan.shards)), ())


def agreement_with_gold(
    bound: BoundJob, plan: Plan, work: Path, model: Path
) -> dict[str, Any] | None:
    """How the label model's answers agree with the job's gold, as the report tells of the source.

    Items without a vote have no answer. In ner the items are tokens.
    """
    known = gold_of_job(plan, work)
    if known is None:
        return None
    probs = item_probs(from_json(model.read_bytes()), known.gold.patterns)
    patterns = known.gold.patterns
    voted = np.diff(patterns.indptr)[patterns.index] > 0
    truth = known.gold.labels
    if bound.unit == "span":
        return _of_tokens(probs.argmax(axis=1), truth, voted)
    names = bound.space.names
    if bound.multi_label:
        lists = [
            [names[i] for i in np.flatnonzero(row > 0.5)] if has else None
            for row, has in zip(probs, voted.tolist(), strict=True)
        ]
        found = judge_label_lists(lists, probs.tolist(), truth > 0, bound.space)
        return agreement(found, spans=False, labels=names)
    given = [
        names[i] if has else None
        for i, has in zip(probs.argmax(axis=1).tolist(), voted.tolist(), strict=True)
    ]
    confidence = probs.max(axis=1).astype(np.float32)
    return agreement(judge_labels(given, confidence, truth, bound.space), spans=False)


def gold_texts(bound: BoundJob, plan: Plan, work: Path, ask: GoldAsk) -> GoldTexts | None:
    """The labeled texts that a check asks for, prepared; texts without a label are left out."""
    if ask.path is None:
        known = gold_of_job(plan, work)
        if known is None:
            return None
        return GoldTexts(tuple(known.texts.to_pylist()), _names(bound, known.gold.labels))
    place = f"checks: {ask.path}"
    try:
        files = find_files(str(bound.job.root / ask.path), None)
    except InputMissing as error:
        raise BadResource(place, error.message) from error
    texts: list[str] = []
    labels: list[Any] = []
    for file in files:
        for text, label in zip(*_read(bound, file, ask), strict=True):
            prepared = None if text is None or label is None else _prepared(bound, text)
            if prepared is not None:
                texts.append(prepared)
                labels.append(label)
    return GoldTexts(tuple(texts), tuple(labels))


def _read(bound: BoundJob, file: InputFile, ask: GoldAsk) -> tuple[list[str | None], list[Any]]:
    """The texts of a file and their labels, by name; None where there is none."""
    have = schema_of(file).names
    for name in (ask.text, ask.label):
        if name not in have:
            raise BadColumn(file.name, name, f"is missing{nearest(name, have)}")
    table = read_shard(Shard(file, 0, file.rows), [ask.text, ask.label])
    texts, _ = text_column(file.name, ask.text, one_chunk(table[ask.text]))
    column, cells = plain(one_chunk(table[ask.label])), Cells(file.name)
    if bound.multi_label:
        lists, known = gold_label_lists(ask.label, column, bound.space, cells)
        names = _names(bound, lists.astype(np.int64))
        return texts.to_pylist(), [n if k else None for n, k in zip(names, known, strict=True)]
    codes = gold_labels(ask.label, column, bound.space, cells)
    spoken = bound.space.names
    return texts.to_pylist(), [spoken[code] if code >= 0 else None for code in codes.tolist()]


def _prepared(bound: BoundJob, text: str) -> str | None:
    """A text after the steps that look at one row; None where one takes it out."""
    for step in bound.job.prepare:
        if is_global(step.kind):
            continue
        answer = step.kind.prepare(text)
        if isinstance(answer, Drop):
            return None
        text = editing.apply(text, answer) if answer else text
    return text


def _names(bound: BoundJob, labels: Ints) -> tuple[Any, ...]:
    names = bound.space.names
    if bound.multi_label:
        return tuple(frozenset(names[i] for i in np.flatnonzero(row)) for row in labels)
    return tuple(names[code] for code in labels.tolist())


def _of_tokens(tags: Ints, truth: Ints, voted: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Precision, recall and F1 of the tokens of entities; the tag 0 is that of no entity."""
    found = voted & (tags != 0)
    right = int((found & (tags == truth)).sum())
    counts = {"right": right, "found": int(found.sum()), "wanted": int((truth != 0).sum())}
    return counts | scores(right, counts["found"], counts["wanted"])
