"""What a project's Python function answered, read as votes or refused with a reason."""

import math
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelmill.core.labels import LabelSpace, Not
from labelmill.core.protocols import Unit
from labelmill.core.spans import Span
from labelmill.errors import nearest
from labelmill.io.modules import shortened

ABSTAIN = -1
Found = tuple[int, int, int]
"""Start and end in the text, and an index into the label sets."""


class BadAnswer(Exception):
    """An answer that is no vote; the row fails for this function."""

    def __init__(self, reason: str, message: str) -> None:
        """Keep a short class of failure and a sentence."""
        self.reason = reason
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the answers of one function.

    `label` is the index of the label set that stands in the config, if one does; `label_name` is
    that label where it is a single one.
    """

    labels: LabelSpace
    unit: Unit
    label: int | None = None
    label_name: str | None = None

    def read(self, answer: Any, length: int) -> list[Found]:
        """Hits that an answer about a text of some length stands for; none if it abstains.

        Raises:
            BadAnswer: if it stands for nothing.
        """
        if answer is None:
            return []
        if self.unit == "span":
            return self._spans(answer, length)
        if self.labels.multi_label and self.label is None:
            return [(0, length, label) for label in self._several(answer)]
        label = self._label(answer)
        return [] if label is None else [(0, length, label)]

    def plain(self) -> tuple[frozenset[type], dict[Any, int]]:
        """Types of answers about a whole text that a table can read, and the table.

        The table gives an index into the label sets, or `ABSTAIN`. It has no entry for a string
        that is no label; that and answers of other types are for `read`.
        """
        if self.label is None:
            names: dict[Any, int] = {name: i for i, name in enumerate(self.labels.names)}
            return frozenset({str, type(None)}), names | {None: ABSTAIN}
        return frozenset({bool, type(None)}), {None: ABSTAIN, False: ABSTAIN, True: self.label}

    def _several(self, answer: Any) -> list[int]:
        """The labels of a text that can have several; an empty list says that none applies."""
        if isinstance(answer, str):
            return [self._index(answer)]
        if not isinstance(answer, list | tuple | set | frozenset):
            wanted = "a label, a list of labels, or None"
            raise BadAnswer("bad_answer", f"answered {described(answer)}; wanted {wanted}")
        for item in answer:
            if not isinstance(item, str):
                message = f"found {described(item)} as a label; wanted a string"
                raise BadAnswer("bad_answer", message)
        if not answer:
            return [self.labels.index(Not(name)) for name in self.labels.names]
        return [self._index(item) for item in answer]

    def _label(self, answer: Any) -> int | None:
        if self.label is not None:
            if isinstance(answer, bool | np.bool_):
                return self.label if answer else None
            wanted = "True, False or None, as the config says the label"
            raise BadAnswer("bad_answer", f"answered {described(answer)}; wanted {wanted}")
        if isinstance(answer, str):
            return self._index(answer)
        wanted = "a label (a string) or None"
        if isinstance(answer, bool | np.bool_):
            wanted += "; a function that answers True or False needs `label` in the config"
        raise BadAnswer("bad_answer", f"answered {described(answer)}; wanted {wanted}")

    def _index(self, name: str) -> int:
        try:
            return self.labels.names.index(name)
        except ValueError:
            near = nearest(name, self.labels.names)
            message = f"answered {described(name)}, which is no label of this task{near}"
            raise BadAnswer("unknown_label", message) from None

    def _spans(self, answer: Any, length: int) -> list[Found]:
        if isinstance(answer, str | bytes | Mapping | Span) or not isinstance(answer, Iterable):
            message = f"answered {described(answer)}; wanted a list or a generator of spans"
            raise BadAnswer("bad_answer", message)
        return [self._span(item, length) for item in answer]

    def _span(self, item: Any, length: int) -> Found:
        start, end, label = self._bounds(item)
        if not 0 <= start < end <= length:
            why = "is empty" if start >= end else f"leaves the text of {length} characters"
            raise BadAnswer("bad_span", f"the span ({start}, {end}) {why}")
        return start, end, label

    def _bounds(self, item: Any) -> Found:
        if isinstance(item, Span):
            item = (item.start, item.end, item.label)
        if not isinstance(item, tuple | list) or len(item) not in (2, 3):
            raise _no_span(item)
        try:
            start, end = (operator.index(place) for place in item[:2])
        except TypeError:
            raise _no_span(item) from None
        return start, end, self._span_label(item)

    def _span_label(self, item: Any) -> int:
        if len(item) == 3 and not isinstance(item[2], str):
            raise _no_span(item)
        if self.label is None:
            if len(item) == 3:
                return self._index(item[2])
            message = f"the span {described(item)} has no label and the config gives none"
            raise BadAnswer("bad_span", message)
        if len(item) == 3 and item[2] != self.label_name:
            message = f"answered {described(item)}, but the config gives another `label`"
            raise BadAnswer("bad_span", message)
        return self.label


def listed(result: Any, n_rows: int, index: Any = None) -> list[Any]:
    """The answers of a batch function, one for each row, None where it abstained.

    A pandas Series with the index of the frame in another order is put in the frame's order.

    Args:
        result: what the function answered.
        n_rows: rows of the batch.
        index: the index of the pandas frame that the function was given.

    Raises:
        BadAnswer: if there is not one answer for each row.

    Example:
        >>> listed(np.array(["spam", "ham"]), 2)
        ['spam', 'ham']
    """
    if isinstance(result, str | bytes | Mapping) or not isinstance(result, Iterable):
        message = f"answered {described(result)}; wanted a sequence of {n_rows} answers"
        raise BadAnswer("bad_answer", message)
    n_dimensions = getattr(result, "ndim", 1)
    if n_dimensions != 1:
        what = f"{type(result).__name__} of {n_dimensions} dimensions"
        message = f"answered {what}; wanted one answer for each row"
        raise BadAnswer("bad_answer", message)
    answers = _plain(result, index)
    if len(answers) != n_rows:
        message = f"answered {len(answers)} times for {n_rows} rows; wanted one answer for each row"
        raise BadAnswer("wrong_length", message)
    return [None if _missing(answer) else answer for answer in answers]


def described(value: Any) -> str:
    """A value and its type, in a few words.

    Example:
        >>> described(3), described("spam")
        ('3 (int)', "'spam' (str)")
    """
    return f"{shortened(repr(value), 80)} ({type(value).__name__})"


def _no_span(item: Any) -> BadAnswer:
    wanted = "(start, end), (start, end, label) or a Span, in characters"
    return BadAnswer("bad_span", f"found {described(item)} as a span; wanted {wanted}")


def _plain(result: Any, index: Any) -> list[Any]:
    if hasattr(result, "to_pylist"):
        return list(result.to_pylist())
    if hasattr(result, "reindex"):
        return list(_ordered(result, index).tolist())
    return list(result.tolist() if hasattr(result, "tolist") else result)


def _ordered(series: Any, index: Any) -> Any:
    if index is None or len(series) != len(index) or series.index.equals(index):
        return series
    if series.index.is_unique and series.index.isin(index).all():
        return series.reindex(index)
    raise BadAnswer("bad_answer", "answered a Series with another index than that of the frame")


def _missing(answer: Any) -> bool:
    nan = isinstance(answer, float) and math.isnan(answer)
    return answer is None or nan or type(answer).__name__ == "NAType"
