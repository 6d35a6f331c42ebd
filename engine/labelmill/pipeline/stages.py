"""The tasks of a run that are carried out shard by shard, in any process.

Each is a pure function of its payload and the job: it reads files, writes files and returns a
small record. A payload names files by path, so it costs nothing to send.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelmill.aggregate.artifact import from_json
from labelmill.core.hashes import UInt64, keys_of
from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.core.schema import FILTERED, QUARANTINE, SPLITS
from labelmill.core.votes import RowError, Votes
from labelmill.io.columns import one_chunk
from labelmill.io.durable import OutputFolder, write_table
from labelmill.io.votes import read_patterns, read_votes, write_patterns, write_votes
from labelmill.io.work import read_arrow, table_of_rows
from labelmill.pipeline.augmenting import augment
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import cached_vote
from labelmill.pipeline.doubts import doubts_of
from labelmill.pipeline.fit import item_probs
from labelmill.pipeline.infer import (
    Beliefs,
    Labeled,
    ShardSummary,
    class_counts,
    confidence_histogram,
    examples_of,
    label_and_select,
    quarantined,
)
from labelmill.pipeline.judging import check_gold, judged
from labelmill.pipeline.kept_keys import cached_keys
from labelmill.pipeline.keys import read_decisions, write_keys
from labelmill.pipeline.labeled import LabelRecord, write_record
from labelmill.pipeline.measures import Measures
from labelmill.pipeline.mentions import MENTIONS_PER_LABEL, fewest, read_mentions
from labelmill.pipeline.rows import (
    Rows,
    is_global,
)
from labelmill.pipeline.samples import samples_of
from labelmill.pipeline.voting import vote
from labelmill.pipeline.works import FittedFiles, Work, rows_of
from labelmill.refine.reading import Reading
from labelmill.report.analysis import Meeting, count, statements_meet
from labelmill.tasks.tags import spread


@dataclass(frozen=True, slots=True)
class InferTask:
    """A shard to be labeled by a fitted model, and the snapshot folder that it goes to."""

    work: Work
    part: str
    fitted: FittedFiles
    snapshot: Path
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class InferRecord:
    """What the infer stage says of a shard; `mentions` are those of its train rows."""

    summary: ShardSummary
    mentions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AugmentTask:
    """A shard whose train rows get children."""

    work: Work
    part: str
    snapshot: Path
    mentions: Path | None


@dataclass(frozen=True, slots=True)
class ExportTask:
    """One split of a snapshot for one exporter, by its place in the config."""

    split: str
    exporter: int
    snapshot: Path


def label_shard(bound: BoundJob, work: Work) -> LabelRecord:
    """Prepare the rows of a shard and let every function vote on them."""
    rows = rows_of(bound, work, scanned=work.shelves is None)
    check_gold(bound, rows)
    if work.shelves is None:
        ballot, shelf, seen = vote(bound, rows.batch), None, None
    else:
        ballot, shelf, seen = cached_vote(bound, rows.batch, work.folder, work.shelves)
    patterns = bound.items.patterns(ballot.votes, rows.batch, bound.space, len(bound.names))
    write_votes(work.file("votes"), ballot.votes)
    write_patterns(work.file("patterns"), patterns)
    _write_keys(bound, work, rows, shelf)
    lost = quarantined(rows, ballot.errors)
    if lost:
        write_table(work.file("quarantine"), table_of_rows(QUARANTINE, lost))
    errors = {name: _failed_rows(failed) for name, failed in ballot.errors.items()}
    first = {name: f"row {row!r}: {reason}: {text}" for row, name, reason, text in reversed(lost)}
    n_faults = len(rows.faults)
    told = errors, first, ballot.asked, seen
    record = LabelRecord(rows.n_rows, len(rows.batch), n_faults, *told)
    if work.kept is not None:
        write_record(work.kept, record)
    return record


def _write_keys(bound: BoundJob, work: Work, rows: Rows, shelf: Path | None) -> None:
    path, group = work.file("keys"), bound.job.split.group
    duplicates = any(is_global(step.kind) for step in bound.job.prepare)
    if shelf is None:
        write_keys(path, rows.batch, rows.row, group=group, duplicates=duplicates)
    else:
        cached_keys(path, shelf, rows.batch, rows.row, group=group, duplicates=duplicates)


def infer_shard(bound: BoundJob, task: InferTask) -> InferRecord:
    """Give the rows of a shard their labels, and select and split them."""
    work = task.work
    rows = rows_of(bound, work, scanned=False)
    votes = read_votes(work.file("votes"))
    model = from_json(task.fitted.model.read_bytes())
    patterns = read_patterns(work.file("patterns"))
    files = work.file("keys"), work.file("decisions")
    decisions = read_decisions(*files, bound.job.split.group)
    probs = item_probs(model, patterns)
    beliefs = Beliefs(probs, model.fitted.weights())
    if task.fitted.refinement is not None:
        from labelmill.pipeline.refining import read_refinement  # noqa: PLC0415 (where texts are read)

        refinement = read_refinement(bound, task.fitted.refinement)
        if refinement is not None:
            reading = Reading(rows.batch, patterns, probs, decisions["group"].to_numpy())
            beliefs = beliefs.refined_by(refinement.predict(reading))
    labeled, places, decisions = label_and_select(bound, rows, votes, beliefs, decisions)
    _write_part(task.snapshot / "labels" / task.part, labeled.table)
    gone = _filtered(rows, decisions, labeled.keep)
    _write_side(task.snapshot / "filtered" / task.part, table_of_rows(FILTERED, gone))
    lost = _quarantine(work)
    _write_side(task.snapshot / "quarantine" / task.part, lost)
    examples = {split: examples_of(bound, labeled, places[split]) for split in SPLITS}
    for split in _written_splits(bound):
        _write_part(task.snapshot / split / "parquet" / task.part, examples[split])
    mentions = _keep_for_augmenting(bound, work, rows, places["train"], examples["train"])
    summary = _summary(bound, rows, votes, labeled, examples, task.errors)
    filtered = Counter(step for _, step, _ in gone)
    samples = samples_of(labeled.table, _id_keys(work, labeled), bound.job.seed)
    summary = replace(summary, filtered=filtered, samples=samples, quarantined=_n_rows(lost))
    return InferRecord(replace(summary, **_said(bound, rows, votes, labeled, beliefs)), mentions)


def augment_shard(bound: BoundJob, task: AugmentTask) -> ShardSummary:
    """Write the train part of a shard: its rows, and after them their children."""
    train = pq.read_table(task.work.file("train"), use_threads=False)
    extra = pq.read_table(task.work.file("train_columns"), use_threads=False)
    columns = {name: extra[name].to_pylist() for name in extra.column_names}
    copies = augment(bound, train, columns, read_mentions(task.mentions))
    whole = pa.concat_tables([train, copies.table])
    _write_part(task.snapshot / "train" / "parquet" / task.part, whole)
    return ShardSummary(copies=copies.made, copies_dropped=copies.dropped, failures=copies.failures)


def export_split(bound: BoundJob, task: ExportTask) -> ExportCount:
    """Write one split in one format."""
    spec = bound.job.export[task.exporter]
    folder = task.snapshot / task.split
    setting = ExportSetting(
        job=bound.job.name,
        task=bound.job.task.type,
        unit=bound.unit,
        labels=bound.space.names,
        split=task.split,
        language=bound.job.language,
        definitions=bound.task.definitions(),
        analysis=bound.analysis,
        multi_label=bound.multi_label,
    )
    return spec.kind.write(_batches(folder / "parquet"), setting, OutputFolder(folder / spec.name))


def meeting_of(bound: BoundJob, votes: Votes, rows: Rows) -> Meeting:
    """The items that votes meet on: texts, or in ner tokens, or each label of a text."""
    if bound.multi_label:
        return statements_meet(votes, bound.space, len(rows.batch))
    if bound.unit == "document":
        docs = votes.doc.astype(np.int64)
        return Meeting(np.arange(len(votes), dtype=np.int64), docs, len(rows.batch))
    where = spread(votes, rows.batch.tokens)
    return Meeting(where.vote, where.token, len(rows.batch.tokens.start))


def _summary(
    bound: BoundJob,
    rows: Rows,
    votes: Votes,
    labeled: Labeled,
    examples: Mapping[str, pa.Table],
    errors: Mapping[str, int],
) -> ShardSummary:
    kept = votes.take(labeled.keep[votes.doc])
    spans = bound.unit == "span"
    failed = [errors.get(name, 0) for name in bound.names]
    n_texts = int(labeled.keep.sum())
    counts = count(kept, meeting_of(bound, kept, rows), bound.space, n_texts, failed)
    counts, judgement = judged(bound, rows, kept, labeled, counts)
    return ShardSummary(
        rows_in=rows.n_rows,
        status=Counter(
            {
                str(e["values"]): e["counts"]
                for e in pc.value_counts(labeled.table["status"]).to_pylist()
            }
        ),
        classes=class_counts(labeled.table, bound.space, spans=spans),
        splits=Counter({split: len(table) for split, table in examples.items()}),
        confidence=confidence_histogram(labeled.table["confidence"]),
        spans_lost=rows.spans_lost,
        counts=counts,
        judgement=judgement,
        measures=Measures.of(labeled.table),
    )


def _said(
    bound: BoundJob, rows: Rows, votes: Votes, labeled: Labeled, beliefs: Beliefs
) -> dict[str, Any]:
    """What the labels rest on, and which votes the texts deny, where texts are read."""
    if beliefs.refined is None:
        return {}
    rests = Counter(name for name in labeled.table["rests_on"].to_pylist() if name is not None)
    if bound.unit == "span" or bound.multi_label:
        return {"rests_on": rests}  # there a text is judged without what functions found in it
    kept = votes.take(labeled.keep[votes.doc])
    texts = pa.table({"id": rows.batch.ids, "text": rows.batch.texts})
    text_probs = beliefs.refined.text_probs
    found = doubts_of(kept, text_probs, texts, bound.space, len(bound.names))
    return {"rests_on": rests, "doubts": found}


def _id_keys(work: Work, labeled: Labeled) -> UInt64:
    """The key of the id of each row of the labels table, [n_rows]."""
    table, known = labeled.table, labeled.place[labeled.keep]
    keys = np.zeros(len(table), dtype=np.uint64)
    keys[known] = read_arrow(work.file("keys"))["id_key"].to_numpy()[labeled.keep]
    others = np.setdiff1d(np.arange(len(table)), known) if len(known) < len(table) else known[:0]
    if len(others):
        keys[others] = keys_of(one_chunk(table["id"].take(pa.array(others))))
    return keys


def _keep_for_augmenting(
    bound: BoundJob,
    work: Work,
    rows: Rows,
    train_rows: npt.NDArray[np.int64],
    train: pa.Table,
) -> dict[str, tuple[str, ...]]:
    if not bound.job.augment:
        return {}
    write_table(work.file("train"), train)
    needs = [step.kind.needs(bound.job.root) for step in bound.job.augment]
    names = sorted({n for need in needs for n in need.columns or ()} & set(rows.batch.columns))
    chosen = pa.array(train_rows)
    extra = pa.table({name: rows.batch.columns[name].take(chosen) for name in names})
    write_table(work.file("train_columns"), extra)
    if not any(need.mentions for need in needs):
        return {}
    mentions: dict[str, set[str]] = {}
    for row in train.select(["text", "entities"]).to_pylist():
        for span in row["entities"] or ():
            text = row["text"][span["start"] : span["end"]]
            mentions.setdefault(span["label"], set()).add(text)
    return {
        label: fewest(texts, MENTIONS_PER_LABEL, bound.job.seed)
        for label, texts in mentions.items()
    }


def _written_splits(bound: BoundJob) -> list[str]:
    """Splits that the infer stage writes; train waits for its children where there are any."""
    wanted = [split for split in SPLITS if getattr(bound.job.split, split) > 0]
    return [split for split in wanted if split != "train" or not bound.job.augment]


def _filtered(
    rows: Rows, decisions: pa.Table, keep: npt.NDArray[np.bool_]
) -> list[tuple[str | None, str, str]]:
    gone = [(f.row, _string(f.id), f.step, f.reason) for f in rows.filtered]
    left = np.flatnonzero(~keep)
    taken = decisions.select(["step", "reason"]).take(pa.array(left)).to_pylist()
    for row, decision in zip(rows.row[left].tolist(), taken, strict=True):
        gone.append((row, _string(rows.ids[row].as_py()), decision["step"], decision["reason"]))
    return [entry[1:] for entry in sorted(gone, key=lambda entry: entry[0])]


def _quarantine(work: Work) -> pa.Table:
    """What went wrong in a shard."""
    path = work.file("quarantine")
    return pq.read_table(path) if path.exists() else QUARANTINE.empty_table()


def _n_rows(lost: pa.Table) -> int:
    """How many rows something went wrong on: those without an id, and the others by theirs."""
    ids = lost["id"]
    return int(ids.null_count) + len(pc.unique(ids.drop_null()))


def _failed_rows(errors: list[RowError]) -> int:
    return len({error.doc for error in errors})


def _batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a split; a split without rows is one empty batch, so that its schema is there."""
    parts = sorted(folder.glob("*.parquet"))
    if not any(pq.read_metadata(part).num_rows for part in parts):
        yield pa.RecordBatch.from_pylist([], schema=pq.read_schema(parts[0]))
    for path in parts:
        with pq.ParquetFile(path) as parquet:
            yield from parquet.iter_batches(use_threads=False)


def _write_part(path: Path, table: pa.Table) -> None:
    """Write a part; only the first of a folder may be empty, so that its schema is there."""
    if len(table) or path.stem.endswith("-00000"):
        write_table(path, table)


def _write_side(path: Path, table: pa.Table) -> None:
    if len(table):
        write_table(path, table)


def _string(value: Any) -> str | None:
    return None if value is None else str(value)
