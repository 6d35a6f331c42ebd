"""A job on rows in memory: votes, label model and labels of one table, nothing written."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from labelmill.config import check_columns
from labelmill.config.spec import Job
from labelmill.core.votes import RowError
from labelmill.errors import ConfigErrors
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.fit import fit_patterns, item_probs
from labelmill.pipeline.gold_set import gold_here
from labelmill.pipeline.infer import Beliefs, Labeled, label_rows
from labelmill.pipeline.refining import reading_of, refine
from labelmill.pipeline.rows import Rows, read_rows, source_columns
from labelmill.pipeline.voting import vote

if TYPE_CHECKING:
    import pandas as pd

ADDED = (
    "status",
    "label",
    "labels",
    "confidence",
    "entities",
    "tokens",
    "probs",
    "votes",
    "rests_on",
)
"""Columns that `label_frame` adds, those that the task has."""


@dataclass(frozen=True)
class InMemory:
    """Rows of a table with their labels; `place` is the row of `labels` of each table row."""

    rows: Rows
    labeled: Labeled
    errors: dict[str, list[RowError]]


def label_table(bound: BoundJob, table: pa.Table) -> InMemory:
    """Vote on the rows of a table, fit the label model on them, and label them.

    Raises:
        ConfigErrors: if the table lacks columns that the job reads.
    """
    problems = check_columns(bound.job, table.schema)
    if problems:
        raise ConfigErrors(problems)
    source = bound.job.source
    names = list(dict.fromkeys([source.id, source.text, *source_columns(bound, table.schema)]))
    rows = read_rows(bound, table.select(names), "the table")
    ballot = vote(bound, rows.batch)
    patterns = bound.items.patterns(ballot.votes, rows.batch, bound.space, len(bound.names))
    known = gold_here(bound)
    model = fit_patterns(bound, [patterns], None if known is None else known.gold)
    beliefs = Beliefs(item_probs(model, patterns), model.fitted.weights())
    if bound.job.refine is not None:
        reading = reading_of(model, rows.batch, patterns)
        found = refine(bound, model, reading, known)
        beliefs = beliefs.refined_by(found.predict(reading)) if found.review.used else beliefs
    keep = np.ones(len(rows.batch), dtype=np.bool_)
    labeled = label_rows(bound, rows, ballot.votes, beliefs, keep)
    return InMemory(rows, labeled, ballot.errors)


def label_frame(job: Job, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Give a DataFrame back with votes, probabilities and status added.

    The rows and the index stay as they are, and so do other columns; columns that the job only
    measures with or carries (`source.gold`, `source.carry`) need not be there. A row that `where`
    or a prepare step takes out has the status `filtered`; one that nobody can read (null text, a
    lone surrogate) has `error`.

    Raises:
        ConfigErrors: if the frame lacks columns that the job reads.
    """
    import pandas as pd  # noqa: PLC0415 (heavy)

    # Nothing is measured or written here, so gold and carried columns need not be there.
    bound = BoundJob(replace(job, source=replace(job.source, gold=None, carry=())))
    done = label_table(bound, _table(frame, job.source.text))
    labels = done.labeled.table
    added = [name for name in ADDED if name in labels.schema.names]
    place = np.full(done.rows.n_rows, -1, dtype=np.int64)
    place[done.rows.row] = done.labeled.place
    states = labels["status"].to_pylist()
    faulty = [fault.row for fault in done.rows.faults]
    place[faulty] = [i for i, state in enumerate(states) if state == "error"]
    taken = labels.select(added).take(pa.array(place, mask=place < 0))
    status = [
        "filtered" if where < 0 else state
        for where, state in zip(place.tolist(), taken["status"].to_pylist(), strict=True)
    ]
    taken = taken.set_column(0, "status", pa.array(status, pa.string()))
    result = frame.copy()
    for name in added:
        result[name] = pd.Series(taken[name].to_pylist(), index=frame.index, dtype=object)
    result["confidence"] = result["confidence"].astype("float32")
    return result


def _table(frame: "pd.DataFrame", text: str) -> pa.Table:
    """A DataFrame as Arrow; a text with a lone surrogate passes as bytes that are no UTF-8."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if name == text:
            columns[name] = _texts(values.tolist())
        else:
            columns[name] = pa.array(values, from_pandas=True)
    return pa.table(columns)


def _texts(values: list[object]) -> pa.Array:
    if any(not isinstance(v, str) and v is not None and v == v for v in values):  # noqa: PLR0124
        return pa.array(values, from_pandas=True)
    data = [v.encode("utf-8", "surrogatepass") if isinstance(v, str) else None for v in values]
    return pa.array(data, pa.binary()).view(pa.string())
