"""The infer stage: soft labels, selection and split for each shard, and what it all adds up to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.config.spec import SelectSpec
from labelmill.core.labels import LabelSpace
from labelmill.core.schema import SPLITS, STATEMENT, VOTE, examples_schema, labels_schema
from labelmill.core.soft import STATUSES, Codes, Status, status_names
from labelmill.core.votes import RowError, Votes
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.doubts import Doubts
from labelmill.pipeline.gold import Judgement
from labelmill.pipeline.keys import taken_out
from labelmill.pipeline.measures import Measures
from labelmill.pipeline.rows import Rows
from labelmill.pipeline.samples import Sample, fewest_samples
from labelmill.pipeline.split import splits_of
from labelmill.refine.reading import RESTS_ON, Refined
from labelmill.report.analysis import Counts

REFINE = "refine"
"""What filtered rows say under `step` where they were least to be trusted."""
UNTRUSTED = "its label is among those least to be trusted"


@dataclass(frozen=True)
class Labeled:
    """The labels of a shard: the labels table, and which of its rows go where.

    `table` follows `labels_schema`: readable rows and rows with an error, in the order of the
    shard. `place` [n_batch] is the row of `table` of each row of the batch, `status` [n_batch]
    the codes of their statuses.
    """

    table: pa.Table
    place: npt.NDArray[np.int64]
    keep: npt.NDArray[np.bool_]
    status: Codes


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What is believed of the items of a shard.

    `probs` is [n_items, n_item_labels]; `weights` is what the label model learned of each
    function, [n_functions], if it did; `refined` what the texts added, where they are read.
    """

    probs: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64] | None = None
    refined: Refined | None = None

    def refined_by(self, refined: Refined) -> "Beliefs":
        """The same after a look at the texts."""
        return Beliefs(refined.probs, self.weights, refined)


@dataclass(frozen=True)
class ShardSummary:
    """What one shard adds to the report; everything in it adds up over shards."""

    rows_in: int = 0
    status: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    confidence: Counter[int] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    copies_dropped: Counter[str] = field(default_factory=Counter)
    failures: Mapping[str, str] = field(default_factory=dict)
    spans_lost: int = 0
    quarantined: int = 0
    counts: Counts | None = None
    judgement: Judgement | None = None
    samples: tuple[Sample, ...] = ()
    rests_on: Counter[str] = field(default_factory=Counter)
    doubts: Doubts | None = None
    measures: Measures = field(default_factory=Measures)

    def __add__(self, other: "ShardSummary") -> "ShardSummary":
        return ShardSummary(
            self.rows_in + other.rows_in,
            self.status + other.status,
            self.filtered + other.filtered,
            self.classes + other.classes,
            self.splits + other.splits,
            self.confidence + other.confidence,
            self.copies + other.copies,
            self.copies_dropped + other.copies_dropped,
            {**other.failures, **self.failures},
            self.spans_lost + other.spans_lost,
            self.quarantined + other.quarantined,
            _added(self.counts, other.counts),
            _added(self.judgement, other.judgement),
            fewest_samples(self.samples + other.samples),
            self.rests_on + other.rests_on,
            _added(self.doubts, other.doubts),
            self.measures + other.measures,
        )


def _added(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    return left + right


def label_rows(
    bound: BoundJob,
    rows: Rows,
    votes: Votes,
    beliefs: Beliefs,
    keep: npt.NDArray[np.bool_],
) -> Labeled:
    """Make the labels table of a shard.

    Args:
        bound: the job.
        rows: the prepared rows.
        votes: the votes on them.
        beliefs: what is believed of their items.
        keep: which rows of the batch stay, [n_batch]; the others were filtered.
    """
    told = votes if beliefs.refined is None else Votes.joined([votes, beliefs.refined.added])
    readout = bound.items.read(
        beliefs.probs, told, rows.batch, bound.space, bound.job.select.min_confidence
    )
    names = _carried(bound, rows)
    columns: dict[str, pa.Array] = {
        "id": rows.batch.ids,
        "text": rows.batch.texts,
        "status": status_names(readout.status),
        "confidence": pa.array(readout.confidence),
        **readout.answers,
        "votes": vote_lists(votes, bound, len(rows.batch), beliefs.weights),
        **_what_texts_say(bound, beliefs.refined, readout.status),
        **{name: rows.prepared[name] for name in names},
    }
    schema = labels_schema(
        rows.ids.type,
        [pa.field(name, rows.columns[name].type) for name in names],
        bound.space.names,
        spans=bound.unit == "span",
        multi_label=bound.multi_label,
        refined=bound.job.refine is not None,
    )
    readable = pa.table([columns[name] for name in schema.names], schema=schema)
    if not keep.all():
        readable = readable.filter(pa.array(keep))
    table, place = _with_faults(readable, rows, keep, names)
    return Labeled(table, place, keep, readout.status)


def label_and_select(
    bound: BoundJob, rows: Rows, votes: Votes, beliefs: Beliefs, decisions: pa.Table
) -> tuple[Labeled, dict[str, npt.NDArray[np.int64]], pa.Table]:
    """Label the rows of a shard, and choose those of each split.

    Args:
        bound: the job.
        rows: the prepared rows.
        votes: the votes on them.
        beliefs: what is believed of their items.
        decisions: what was decided for each row (see `keys.read_decisions`).

    Returns:
        The labels, the rows of the batch in each split, and the decisions; rows of train that are
        least to be trusted are among those that are taken out.
    """
    keep = pc.is_null(decisions["step"]).combine_chunks().to_numpy(zero_copy_only=False)
    labeled = label_rows(bound, rows, votes, beliefs, keep)
    splits = splits_of(decisions["group"].to_numpy(), bound.job.split, bound.job.seed)
    places = selected_rows(bound, labeled, splits)
    doubtful = None if beliefs.refined is None else beliefs.refined.doubtful
    if doubtful is None or not doubtful[places["train"]].any():
        return labeled, places, decisions
    gone = places["train"][doubtful[places["train"]]]
    decisions = taken_out(decisions, gone, REFINE, UNTRUSTED)
    return label_and_select(bound, rows, votes, beliefs, decisions)


def _what_texts_say(bound: BoundJob, refined: Refined | None, status: Codes) -> dict[str, Any]:
    """The columns `rests_on` and, of whole texts, `text_probs`."""
    nothing = np.isin(status, [Status.UNCOVERED.code, Status.ERROR.code])
    n_texts, n_labels = len(status), len(bound.space)
    rests = np.zeros(n_texts, dtype=np.int8) if refined is None else refined.rests_on
    names = pa.array(RESTS_ON, pa.string()).take(pa.array(rests, mask=nothing))
    if refined is None or bound.unit == "span":
        return {"rests_on": names, "text_probs": pa.nulls(n_texts, pa.list_(pa.float32()))}
    offsets = pa.array(np.arange(n_texts + 1, dtype=np.int32) * n_labels)
    values = pa.array(refined.text_probs.astype(np.float32).reshape(-1), from_pandas=True)
    return {"rests_on": names, "text_probs": pa.ListArray.from_arrays(offsets, values)}


def vote_lists(
    votes: Votes,
    bound: BoundJob,
    n_texts: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> pa.Array:
    """The `votes` column: a list of votes for each text, by function and then by place."""
    order = np.lexsort((votes.start, votes.function, votes.doc))
    offsets = np.zeros(n_texts + 1, dtype=np.int32)
    np.cumsum(np.bincount(votes.doc, minlength=n_texts), out=offsets[1:])
    label = pa.array(votes.label[order])
    who = pa.array(votes.function[order])
    kind = STATEMENT if bound.multi_label else VOTE
    columns = {
        "lf": pa.array(bound.names, pa.string()).take(who),
        "start": pa.array(votes.start[order]),
        "end": pa.array(votes.end[order]),
        "entry": votes.entry.take(pa.array(order)),
        "weight": _weights(weights, len(bound.names)).take(who),
    } | {
        name: pa.array(values, kind.field(name).type).take(label)
        for name, values in _said(bound.space).items()
    }
    values = pa.StructArray.from_arrays([columns[f.name] for f in kind], fields=list(kind))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _said(space: LabelSpace) -> dict[str, list[Any]]:
    """What a vote for each label set says, by field; all but one of the fields are null."""
    n, sets = len(space), range(len(space.sets))
    denied = range(n, 2 * n) if space.multi_label else range(0)
    joint = frozenset(space.joint)
    told: dict[str, list[Any]] = {
        "label": [space.names[i] if i < n else None for i in sets],
        "one_of": [
            None if i < n or i in denied or i in joint else list(space.members(i)) for i in sets
        ],
    }
    if space.multi_label:
        told["all_of"] = [list(space.members(i)) if i in joint else None for i in sets]
        told["not"] = [space.members(i)[0] if i in denied else None for i in sets]
    return told


def _weights(weights: npt.NDArray[np.float64] | None, n_functions: int) -> pa.Array:
    """Weights of functions, [n_functions]; null where there is none, or no number."""
    if weights is None:
        return pa.nulls(n_functions, pa.float32())
    return pa.array(weights, pa.float32(), mask=~np.isfinite(weights))


def selected_rows(
    bound: BoundJob, labeled: Labeled, splits: npt.NDArray[np.int8]
) -> dict[str, npt.NDArray[np.int64]]:
    """Rows of the batch that are selected, by split.

    Args:
        bound: the job.
        labeled: the labels of the shard.
        splits: the split of each row of the batch as an index into SPLITS, [n_batch].

    Returns:
        Places in the batch, [n_selected], for each split.
    """
    wanted = [status.code for status in STATUSES if is_selected(status, bound.job.select)]
    chosen = labeled.keep & np.isin(labeled.status, wanted)
    return {split: np.flatnonzero(chosen & (splits == i)) for i, split in enumerate(SPLITS)}


def examples_of(bound: BoundJob, labeled: Labeled, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Some rows of the batch, by place [n_rows], as an `examples_schema` table."""
    taken = labeled.table.take(pa.array(labeled.place[rows]))
    return _examples(taken, _schema(bound, labeled.table))


def is_selected(status: str, select: SelectSpec) -> bool:
    """Whether a row of this status goes into the training set.

    Example:
        >>> is_selected("uncovered", SelectSpec(uncovered="keep")), is_selected("tie", SelectSpec())
        (True, False)
    """
    if status == Status.TIE:
        return select.tie == "keep"
    if status == Status.UNCOVERED:
        return select.uncovered == "keep"
    return status == Status.LABELED


def class_counts(table: pa.Table, space: LabelSpace, *, spans: bool) -> Counter[str]:
    """How often each label stands in a labels table: on labeled texts, or on their spans."""
    labeled = pc.equal(table["status"], str(Status.LABELED))
    if spans:
        flat = pc.list_flatten(table["entities"].filter(labeled))
        labels = pc.struct_field(flat, "label") if len(flat) else pa.array([], pa.string())
    elif space.multi_label:
        labels = pc.list_flatten(table["labels"].filter(labeled))
    else:
        labels = table["label"].filter(labeled)
    counts = Counter(dict.fromkeys(space.names, 0))
    for entry in pc.value_counts(labels).to_pylist():
        counts[entry["values"]] += entry["counts"]
    return Counter({name: counts[name] for name in space.names})


def confidence_histogram(readout_confidence: pa.ChunkedArray) -> Counter[int]:
    """How many rows have a confidence in each tenth from 0 to 1."""
    values = readout_confidence.drop_null().to_numpy()
    counts = np.bincount(np.minimum((values * 10).astype(np.int64), 9), minlength=10).tolist()
    return Counter({tenth: n for tenth, n in enumerate(counts) if n})


def quarantined(
    rows: Rows, errors: dict[str, list[RowError]]
) -> list[tuple[str | None, str | None, str, str]]:
    """(id, lf, reason, message) of everything that went wrong in a shard."""
    lost = [(_as_string(fault.id), None, fault.kind, fault.reason) for fault in rows.faults]
    ids = rows.batch.ids.to_pylist() if errors else []
    return lost + [
        (_as_string(ids[error.doc]), name, error.reason, error.message)
        for name, failed in errors.items()
        for error in failed
    ]


def _as_string(value: Any) -> str | None:
    return None if value is None else str(value)


def _carried(bound: BoundJob, rows: Rows) -> list[str]:
    return [name for name in bound.job.source.carry if name in rows.columns]


def _with_faults(
    readable: pa.Table, rows: Rows, keep: npt.NDArray[np.bool_], carried: list[str]
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Put the rows that nobody can read among the others, in the order of the shard."""
    place = np.full(len(keep), -1, dtype=np.int64)
    if not rows.faults:
        place[keep] = np.arange(len(readable))
        return readable, place
    kept_rows = rows.row[keep]
    faulty = np.array([fault.row for fault in rows.faults], dtype=np.int64)
    order = np.argsort(np.concatenate([kept_rows, faulty]), kind="stable")
    where = np.empty(len(order), dtype=np.int64)
    where[order] = np.arange(len(order))
    place[keep] = where[: len(kept_rows)]
    values: dict[str, pa.Array] = {
        "id": pa.array([fault.id for fault in rows.faults], rows.ids.type),
        "status": pa.array([str(Status.ERROR)] * len(faulty), pa.string()),
    }
    values |= {name: rows.columns[name].take(pa.array(faulty)) for name in carried}
    schema = readable.schema
    columns = [
        values.get(name, pa.nulls(len(faulty), schema.field(name).type)) for name in schema.names
    ]
    both = pa.concat_tables([readable, pa.table(columns, schema=schema)])
    return both.take(pa.array(order)), place


def _schema(bound: BoundJob, table: pa.Table) -> pa.Schema:
    carried = [
        table.schema.field(name) for name in bound.job.source.carry if name in table.schema.names
    ]
    id_type = table.schema.field("id").type
    return examples_schema(
        id_type,
        carried,
        bound.space.names,
        spans=bound.unit == "span",
        multi_label=bound.multi_label,
        refined=bound.job.refine is not None,
    )


def _examples(taken: pa.Table, schema: pa.Schema) -> pa.Table:
    ids = taken["id"]
    values = {
        "id": pc.cast(ids, pa.string()),
        "weight": taken["confidence"],
        "origin": ids,
        "made_by": pa.nulls(len(taken), pa.string()),
    }
    return pa.table(
        [
            values.get(name, taken[name] if name in taken.column_names else None)
            for name in schema.names
        ],
        schema=schema,
    )
