"""Gold as it stands in a column: read, and labels held against it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.labels import LabelSpace
from labelmill.core.reliability import Reliability
from labelmill.core.soft import Status
from labelmill.errors import BadColumn, nearest

GoldSpans = list[set[tuple[int, int, int]]]


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the values of a column of gold come from, for messages.

    `file` is what they call the place, `rows` [n_values] the row of each value there.
    """

    file: str = "source.gold"
    rows: npt.NDArray[np.int64] | None = None

    def row(self, place: int) -> int:
        """The row of a value."""
        return place if self.rows is None else int(self.rows[place])


HERE = Cells()


@dataclass(frozen=True, slots=True)
class Judgement:
    """How labels compare with gold; every count adds up over shards.

    In document tasks `right` and `wrong` count labeled texts with gold, and `confusion` counts
    (gold, label). Where a text can have several labels, those are right whose labels are all right,
    and `confusion` counts (label, "right", "extra" or "missed"). In ner `found`, `right` and
    `wanted` count spans on the texts with gold. `reliability` holds the confidence of these labels
    or spans against how often they are right.
    """

    right: int = 0
    wrong: int = 0
    found: int = 0
    wanted: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    reliability: Reliability = field(default_factory=Reliability)

    def __add__(self, other: "Judgement") -> "Judgement":
        return Judgement(
            self.right + other.right,
            self.wrong + other.wrong,
            self.found + other.found,
            self.wanted + other.wanted,
            self.confusion + other.confusion,
            self.reliability + other.reliability,
        )


def gold_labels(
    name: str, column: pa.Array, space: LabelSpace, cells: Cells = HERE
) -> npt.NDArray[np.int64]:
    """Gold label of each text as an index, [n_texts], -1 where it has none.

    The column holds label names, or integers that are indices into `task.labels`.

    Raises:
        BadColumn: if it holds anything else; names the row.
    """
    if pa.types.is_integer(column.type):
        values = pc.fill_null(column.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero((values < -1) | (values >= len(space)))
        if len(wrong):
            found, last = values[wrong[0]], len(space) - 1
            message = f"row {cells.row(wrong[0])} holds {found}, but indices go from 0 to {last}"
            raise BadColumn(cells.file, name, message)
        return np.asarray(values, dtype=np.int64)
    if not pa.types.is_string(column.type):
        message = f"holds {column.type}, but gold labels are label names or their indices"
        raise BadColumn(cells.file, name, message)
    known = {label: i for i, label in enumerate(space.names)}
    labels = np.full(len(column), -1, dtype=np.int64)
    for row, label in enumerate(column.to_pylist()):
        if label is None:
            continue
        if label not in known:
            message = f"row {cells.row(row)} holds '{label}', which is no label of the task"
            raise BadColumn(cells.file, name, message + nearest(label, known))
        labels[row] = known[label]
    return labels


def gold_label_lists(
    name: str, column: pa.Array, space: LabelSpace, cells: Cells = HERE
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The gold labels of each text, [n_texts, n_labels], and which texts have gold, [n_texts].

    The column holds lists of label names, or of indices into `task.labels`; an empty list says
    that no label applies, null that nothing is known.

    Raises:
        BadColumn: if it holds anything else; names the row.
    """
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        message = f"holds {column.type}, but gold of a multi-label task is lists of label names"
        raise BadColumn(cells.file, name, message)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    gold = np.zeros((len(column), len(space)), dtype=np.bool_)
    places: dict[Any, int] = {label: i for i, label in enumerate(space.names)}
    places |= {i: i for i in range(len(space))}
    for row, labels in enumerate(column.to_pylist()):
        for label in labels or ():
            if label is None:
                message = f"row {cells.row(row)} holds a list with a null; every entry is a label"
                raise BadColumn(cells.file, name, message)
            if label not in places:
                message = f"row {cells.row(row)} holds {label!r}, which is no label of the task"
                raise BadColumn(cells.file, name, message + nearest(str(label), space.names))
            gold[row, places[label]] = True
    return gold, known


def gold_spans(name: str, column: pa.Array, space: LabelSpace, cells: Cells = HERE) -> GoldSpans:
    """Gold spans (start, end, label index) of each text.

    Raises:
        BadColumn: if the column does not hold lists of {start, end, label}; names the row.
    """
    if not pa.types.is_nested(column.type):
        message = f"holds {column.type}, but gold spans are lists of {{start, end, label}}"
        raise BadColumn(cells.file, name, message)
    known = {label: i for i, label in enumerate(space.names)}
    gold: GoldSpans = []
    for row, spans in enumerate(column.to_pylist()):
        gold.append({_span(name, span, known, cells, row) for span in spans or ()})
    return gold


def judge_labels(
    labels: list[str | None],
    confidence: npt.NDArray[np.float32],
    gold: npt.NDArray[np.int64],
    space: LabelSpace,
) -> Judgement:
    """Hold the labels of texts against gold [n_texts]; without a label or gold none counts.

    Args:
        labels: the label of each text.
        confidence: that of each label, [n_texts].
        gold: the true label of each, -1 where it is not known, [n_texts].
        space: the labels.
    """
    known = np.array([label is not None for label in labels], dtype=np.bool_) & (gold >= 0)
    confusion: Counter[tuple[str, str]] = Counter()
    correct = []
    for place in np.flatnonzero(known).tolist():
        true, label = space.names[gold[place]], labels[place] or ""
        confusion[true, label] += 1
        correct.append(true == label)
    right = sum(correct)
    reliability = Reliability.of(confidence[known].astype(np.float64), correct)
    return Judgement(right, len(correct) - right, confusion=confusion, reliability=reliability)


def judge_label_lists(
    labels: list[list[str] | None],
    probs: list[list[float]],
    gold: npt.NDArray[np.bool_],
    space: LabelSpace,
) -> Judgement:
    """Hold lists of labels against gold; a text without labels (None) does not count.

    Args:
        labels: the labels of each text.
        probs: the probability of each label on each text; how sure it says yes or no to it is held
            against what is true.
        gold: the true labels, [n_texts, n_labels].
        space: the labels.
    """
    outcomes: Counter[tuple[str, str]] = Counter()
    right = wrong = 0
    labeled = [place for place, given in enumerate(labels) if given is not None]
    for place in labeled:
        given, true = labels[place] or [], gold[place]
        ours, wanted = set(given), {space.names[i] for i in np.flatnonzero(true).tolist()}
        right, wrong = right + (ours == wanted), wrong + (ours != wanted)
        outcomes.update((label, "right") for label in ours & wanted)
        outcomes.update((label, "extra") for label in ours - wanted)
        outcomes.update((label, "missed") for label in wanted - ours)
    sure = np.array([probs[place] for place in labeled]).reshape(-1, len(space))
    correct = (sure > 0.5) == gold[labeled]
    reliability = Reliability.of(np.maximum(sure, 1 - sure).ravel(), correct.ravel())
    return Judgement(right, wrong, confusion=outcomes, reliability=reliability)


def judge_entities(
    entities: list[list[dict[str, Any]]],
    status: list[str],
    gold: GoldSpans,
    space: LabelSpace,
) -> Judgement:
    """Hold the spans of texts against gold, exact bounds and label.

    Every readable text counts, whatever its status: a text that nobody touched has missed the
    spans that gold has there.
    """
    wanted = 0
    confidence: list[float] = []
    correct: list[bool] = []
    for spans, state, true in zip(entities, status, gold, strict=True):
        if state == Status.ERROR:
            continue
        for span in spans:
            found = (span["start"], span["end"], space.names.index(span["label"]))
            confidence.append(span["confidence"])
            correct.append(found in true)
        wanted += len(true)
    reliability = Reliability.of(confidence, correct)
    return Judgement(sum(correct), 0, len(correct), wanted, reliability=reliability)


def _span(
    name: str, span: Any, known: dict[str, int], cells: Cells, place: int
) -> tuple[int, int, int]:
    try:
        start, end, label = int(span["start"]), int(span["end"]), span["label"]
    except (KeyError, TypeError):
        message = f"row {cells.row(place)} holds {span!r}, but a gold span is {{start, end, label}}"
        raise BadColumn(cells.file, name, message) from None
    if label not in known:
        message = f"row {cells.row(place)} has a span of '{label}', which is no label of the task"
        raise BadColumn(cells.file, name, message + nearest(str(label), known))
    return start, end, known[label]
