"""The prepare stage: from a shard of the source to readable, prepared rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.config.spec import Job
from labelmill.core.batch import Batch
from labelmill.core.protocols import Drop
from labelmill.core.rows import Row
from labelmill.core.spans import Edit, Span
from labelmill.io.columns import checked_columns, id_column, one_chunk, plainly_ascii, text_column
from labelmill.io.source import Shard
from labelmill.pipeline.bind import BoundJob
from labelmill.text import edits as editing
from labelmill.text.expression import Expression

UNREADABLE = "unreadable"
DEADLY = "worker_died"


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that nobody can read; `id` is as in the source, null where that is the fault.

    `kind` is `UNREADABLE`, or `DEADLY` for a row that ended the process that worked on it.
    """

    row: int
    id: Any
    reason: str
    kind: str = UNREADABLE


@dataclass(frozen=True, slots=True)
class Filtered:
    """A row that a step took out, and why."""

    row: int
    id: Any
    step: str
    reason: str


@dataclass(frozen=True)
class Rows:
    """The rows of a shard after preparation.

    `row` [n_batch] is the place in the shard of each row of `batch`; `columns` holds every
    column that was read, whole and unprepared, [n_rows]; `prepared` those of the batch's rows,
    with spans moved along, [n_batch] (the batch itself lacks gold, which functions never see).
    `spans_lost` counts spans of the source whose text did not survive preparation.
    """

    batch: Batch
    row: npt.NDArray[np.int64]
    n_rows: int
    faults: tuple[Fault, ...]
    filtered: tuple[Filtered, ...]
    ids: pa.Array
    columns: dict[str, pa.Array]
    prepared: dict[str, pa.Array]
    spans_lost: int


def is_global(step: Any) -> bool:
    """Whether a prepare step looks at all rows together, as the one that drops duplicates does."""
    return getattr(step, "scope", "row") == "global"


def dropping_step(job: Job) -> str | None:
    """The name of the step that drops duplicates, if the job has one."""
    return next((step.name for step in job.prepare if is_global(step.kind)), None)


def source_columns(bound: BoundJob, schema: pa.Schema) -> list[str]:
    """The columns to read besides id and text, in the order of the schema."""
    source = bound.job.source
    wanted = set(schema.names) if bound.columns is None else set(bound.columns)
    wanted |= set(source.carry)
    wanted |= {source.gold} if source.gold else set()
    if source.where:
        wanted |= Expression.parse(source.where).columns
    wanted -= {source.id, source.text}
    if source.partition not in schema.names:
        wanted -= {source.partition}
    return [name for name in schema.names if name in wanted]


def with_partition(bound: BoundJob, table: pa.Table, shard: Shard) -> pa.Table:
    """A shard's table with the partition's value as a column, where only the path has it."""
    key, value = bound.job.source.partition, shard.file.partition
    if key is None or value is None or key in table.column_names:
        return table
    return table.append_column(key, pa.repeat(pa.scalar(value, pa.string()), len(table)))


def read_rows(
    bound: BoundJob,
    table: pa.Table,
    name: str,
    deadly: Mapping[int, str] | None = None,
    *,
    scanned: bool = True,
) -> Rows:
    """Prepare the rows of a table.

    Args:
        bound: the job.
        table: id, text and the other columns that are needed.
        name: of the file, for messages.
        deadly: rows that end the process that works on them, by place, and how; left alone.
        scanned: whether functions will search the texts; the scan of the job binds all functions.

    Raises:
        BadColumn: if id or text has a wrong type.
    """
    source = bound.job.source
    ids, id_faults = id_column(name, source.id, one_chunk(table[source.id]))
    texts = one_chunk(table[source.text])
    only_ascii = plainly_ascii(texts)
    texts, text_faults = text_column(name, source.text, texts, only_ascii=only_ascii)
    others = [n for n in table.column_names if n not in (source.id, source.text)]
    columns, column_faults = checked_columns(table, others)
    unreadable = column_faults | text_faults | id_faults
    reasons = dict(deadly or {}) | unreadable
    faults = [
        Fault(row, ids[row].as_py(), reasons[row], UNREADABLE if row in unreadable else DEADLY)
        for row in sorted(reasons)
    ]
    sieve = _Sieve(bound, ids, texts, columns)
    kept, edits = sieve.run(set(reasons), faults)
    moved, lost = _projected(columns, kept, edits, texts)
    visible = {name: column for name, column in moved.items() if name != source.gold}
    batch = Batch(
        _taken(ids, kept),
        _edited(texts, kept, edits),
        visible,
        bound.analysis,
        bound.scan if scanned else None,
        surely_ascii=only_ascii and not edits,
    )
    return Rows(
        batch,
        kept,
        len(table),
        tuple(sorted(faults, key=lambda fault: fault.row)),
        tuple(sieve.filtered),
        ids,
        columns,
        moved,
        lost,
    )


class _Sieve:
    """Runs `where` and the row-wise prepare steps over the rows of one table."""

    def __init__(
        self, bound: BoundJob, ids: pa.Array, texts: pa.Array, columns: dict[str, pa.Array]
    ) -> None:
        self.filtered: list[Filtered] = []
        self._steps = [step for step in bound.job.prepare if not is_global(step.kind)]
        where = bound.job.source.where
        self._where = Expression.parse(where) if where else None
        names = self._where.columns if self._where else ()
        self._values = {name: columns[name].to_pylist() for name in names if name in columns}
        self._n_rows = len(ids)
        if self._where or self._steps:
            self._ids, self._texts = ids.to_pylist(), texts.to_pylist()

    def run(
        self, unreadable: set[int], faults: list[Fault]
    ) -> tuple[npt.NDArray[np.int64], dict[int, tuple[Edit, ...]]]:
        """Rows that stay, and the edits to those whose text changes."""
        readable = np.ones(self._n_rows, dtype=np.bool_)
        readable[sorted(unreadable)] = False
        rows = np.flatnonzero(readable)
        if self._where is None and not self._steps:
            return rows, {}
        kept: list[int] = []
        edits: dict[int, tuple[Edit, ...]] = {}
        for row in rows.tolist():
            try:
                stays = self._passes(row)
            except ValueError as error:
                faults.append(Fault(row, self._ids[row], f"where: {error}"))
                continue
            changed = self._prepare(row) if stays else None
            if changed is not None:
                kept.append(row)
                if changed:
                    edits[row] = changed
        return np.array(kept, dtype=np.int64), edits

    def _passes(self, row: int) -> bool:
        if self._where is None:
            return True
        values = {name: column[row] for name, column in self._values.items()}
        if self._where.evaluate(Row(self._ids[row], self._texts[row], values)) is True:
            return True
        self._filter(row, "where", "the condition is not true")
        return False

    def _prepare(self, row: int) -> tuple[Edit, ...] | None:
        total: tuple[Edit, ...] = ()
        text = self._texts[row]
        for step in self._steps:
            answer = step.kind.prepare(text)
            if isinstance(answer, Drop):
                self._filter(row, step.name, answer.reason)
                return None
            if answer:
                text = editing.apply(text, answer)
                total = editing.compose(total, answer) if total else tuple(answer)
        return total

    def _filter(self, row: int, step: str, reason: str) -> None:
        self.filtered.append(Filtered(row, self._ids[row], step, reason))


def _taken(column: pa.Array, kept: npt.NDArray[np.int64]) -> pa.Array:
    """Some rows of a column, in order; the column itself where they are all of its rows."""
    return column if len(kept) == len(column) else column.take(pa.array(kept))


def _edited(
    texts: pa.Array, kept: npt.NDArray[np.int64], edits: dict[int, tuple[Edit, ...]]
) -> pa.Array:
    """The texts of the kept rows, edited."""
    if not edits:
        return _taken(texts, kept)
    rows = kept.tolist()
    pairs = zip(rows, texts.take(pa.array(kept)).to_pylist(), strict=True)
    prepared = [editing.apply(text, edits[row]) if row in edits else text for row, text in pairs]
    return pa.array(prepared, pa.string())


def _projected(
    columns: dict[str, pa.Array],
    kept: npt.NDArray[np.int64],
    edits: dict[int, tuple[Edit, ...]],
    texts: pa.Array,
) -> tuple[dict[str, pa.Array], int]:
    """The kept rows of each column, with spans moved along with the edits to their text."""
    taken = {name: _taken(column, kept) for name, column in columns.items()}
    if not edits:
        return taken, 0
    lengths = {row: len(texts[row].as_py()) for row in edits}
    lost = 0
    for name, column in taken.items():
        if _holds_spans(column.type):
            moved, dropped = _moved(column.to_pylist(), kept.tolist(), edits, lengths)
            taken[name] = pa.array(moved, column.type)
            lost += dropped
    return taken, lost


def _moved(
    rows: list[Any],
    kept: list[int],
    edits: dict[int, tuple[Edit, ...]],
    lengths: Mapping[int, int],
) -> tuple[list[Any], int]:
    moved, dropped = [], 0
    for row, spans in zip(kept, rows, strict=True):
        if not spans or row not in edits:
            moved.append(spans)
            continue
        inside = [span for span in spans if _stands_in(span, lengths[row])]
        places = editing.project([Span(s["start"], s["end"], "") for s in inside], edits[row])
        alive = [
            span | {"start": place.start, "end": place.end}
            for span, place in zip(inside, places, strict=True)
            if place is not None
        ]
        dropped += len(spans) - len(alive)
        moved.append(alive)
    return moved, dropped


def _stands_in(span: Any, length: int) -> bool:
    """Whether a span of the source has bounds, and these lie in a text of some length."""
    if span is None or span["start"] is None or span["end"] is None:
        return False
    return bool(0 <= span["start"] < span["end"] <= length)


def _holds_spans(kind: pa.DataType) -> bool:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    inner = kind.value_type
    return pa.types.is_struct(inner) and {"start", "end"} <= {field.name for field in inner}
