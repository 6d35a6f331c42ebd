"""The `votes` type: votes that were made elsewhere and lie in one column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits
from labelmill.core.votes import Votes as Earlier
from labelmill.errors import BadParameter, nearest
from labelmill.functions.column import bounds_of, check_spans
from labelmill.functions.columns import column_of, shown

ABSTAIN = -1


@FUNCTIONS.add("votes")
@dataclass(frozen=True, slots=True)
class Votes:
    """Take over the votes of several labeling functions from one column.

    The entry `wrench` with the functions `lf_a` and `lf_b` makes the labeling functions
    `wrench.lf_a` and `wrench.lf_b`. In document tasks the column is a list of whole numbers, one
    for each function: -1 or null abstains, else it is an index into `labels`. A list of another
    length, or an index beyond `labels`, is an error of its row. In ner the column is a list of
    `{lf, start, end, label}`, where `label` is a name, or an index into `labels`; spans of
    functions that are not named here are left out. A null list abstains.

    Attributes:
        column: the column of the source.
        functions: names of the functions, in the order of the lists.
        labels: names of the labels, in the order of the indices.

    Example:
        >>> votes = Votes(column="votes", functions=("a", "b"), labels=("ham", "spam"))
        >>> [name for name, _ in votes.expand("wrench")]
        ['wrench.a', 'wrench.b']
    """

    column: str
    functions: tuple[str, ...]
    labels: tuple[str, ...] = ()

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if not self.functions:
            raise BadParameter("functions", "name at least one function")
        for field in ("functions", "labels"):
            names = getattr(self, field)
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise BadParameter(field, f"'{twice[0]}' stands twice")

    def expand(self, name: str) -> Iterator[tuple[str, "OneOfVotes"]]:
        """The labeling functions that this entry makes, each with its name."""
        for index, function in enumerate(self.functions):
            yield f"{name}.{function}", OneOfVotes(self.column, self.functions, self.labels, index)

    def targets(self) -> tuple[Target, ...]:
        """The labels."""
        return self.labels

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The column."""
        return Needs(columns=(self.column,))

    def bind(self, bench: Bench) -> "ColumnOfSpans | ColumnOfNumbers":
        """Refuse: only what `expand` makes can vote.

        Raises:
            BadParameter: always.
        """
        message = f"'{bench.name}' stands for several labeling functions; expand it first"
        raise BadParameter("functions", message)


@dataclass(frozen=True, slots=True)
class OneOfVotes:
    """One function of a `votes` entry; `index` is its place among `functions`."""

    column: str
    functions: tuple[str, ...]
    labels: tuple[str, ...]
    index: int

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def targets(self) -> tuple[Target, ...]:
        """The labels."""
        return self.labels

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The column."""
        return Needs(columns=(self.column,))

    def bind(self, bench: Bench) -> "ColumnOfSpans | ColumnOfNumbers":
        """Find out what each label votes for.

        Raises:
            BadParameter: if numbers are to be read and `labels` does not say what they mean.
        """
        indices = tuple(bench.labels.index(label) for label in self.labels)
        if bench.unit == "span":
            names = self.labels or bench.labels.names
            known = {name: bench.labels.index(name) for name in names}
            return ColumnOfSpans(self.column, self.functions[self.index], indices, known)
        if not indices:
            message = "say which label each number of the lists stands for"
            raise BadParameter("labels", message, code="missing")
        return ColumnOfNumbers(self.column, self.index, len(self.functions), indices)


@dataclass(frozen=True, slots=True)
class ColumnOfNumbers:
    """Reads one place of lists of numbers."""

    column: str
    index: int
    n_functions: int
    labels: tuple[int, ...]

    def vote(self, batch: Batch, earlier: Mapping[str, Earlier]) -> Hits:  # noqa: ARG002
        """Read the number of this function in every row."""
        array = _lists(column_of(batch, self.column, "column"), self.column)
        if not pa.types.is_integer(array.type.value_type):
            message = f"'{self.column}' holds {array.type}; wanted a list of whole numbers"
            raise BadParameter("column", message, code="column")
        hits = Hits()
        lengths = pc.list_value_length(array).fill_null(self.n_functions).to_numpy()
        for doc in np.flatnonzero(lengths != self.n_functions).tolist():
            message = (
                f"column '{self.column}' has a list of {lengths[doc]} votes; "
                f"wanted {self.n_functions}, one for each of `functions`"
            )
            hits.fail(doc, "bad_length", message)
        readable = array.is_valid().to_numpy(zero_copy_only=False) & (lengths == self.n_functions)
        for doc, number in self._numbers(array, np.flatnonzero(readable)):
            self._add(hits, doc, number, len(batch.strings[doc]))
        return hits

    def _numbers(
        self, array: pa.ListArray, docs: npt.NDArray[np.int64]
    ) -> Iterator[tuple[int, int]]:
        places = array.offsets.to_numpy()[docs] + self.index
        numbers = array.values.take(pa.array(places)).fill_null(ABSTAIN).to_pylist()
        return zip(docs.tolist(), numbers, strict=True)

    def _add(self, hits: Hits, doc: int, number: int, length: int) -> None:
        if number == ABSTAIN:
            return
        if 0 <= number < len(self.labels):
            hits.add(doc, 0, length, self.labels[number])
            return
        wanted = f"wanted {ABSTAIN} to abstain, or 0 to {len(self.labels) - 1}"
        message = f"column '{self.column}' has the vote {number}; {wanted}"
        hits.fail(doc, "bad_value", message)


@dataclass(frozen=True, slots=True)
class ColumnOfSpans:
    """Reads the spans of one function from lists of spans of several."""

    column: str
    function: str
    labels: tuple[int, ...]
    known: Mapping[str, int]

    def vote(self, batch: Batch, earlier: Mapping[str, Earlier]) -> Hits:  # noqa: ARG002
        """Read the spans of this function in every row."""
        array = column_of(batch, self.column, "column")
        check_spans(self.column, array.type, ("lf", "start", "end", "label"))
        array = _lists(array, self.column)
        spans = array.flatten()
        mine = pc.equal(spans.field("lf"), self.function).fill_null(fill_value=False)
        docs = pc.list_parent_indices(array).filter(mine).to_pylist()
        hits = Hits()
        for doc, span in zip(docs, spans.filter(mine).to_pylist(), strict=True):
            try:
                start, end = bounds_of(span, batch.strings[doc])
                hits.add(doc, start, end, self._label(span["label"]))
            except ValueError as error:
                hits.fail(doc, "bad_value", f"column '{self.column}': {error}")
        return hits

    def _label(self, value: Any) -> int:
        if isinstance(value, str) and value in self.known:
            return self.known[value]
        if isinstance(value, int) and 0 <= value < len(self.labels):
            return self.labels[value]
        hint = nearest(value, self.known) if isinstance(value, str) else ""
        message = f"{shown(value)} is no label, nor an index into `labels`{hint}"
        raise ValueError(message)


def _lists(array: pa.Array, column: str) -> pa.ListArray:
    """The same lists with one kind of offsets.

    Raises:
        BadParameter: if these are no lists.
    """
    if pa.types.is_list(array.type):
        return array
    if pa.types.is_large_list(array.type) or pa.types.is_fixed_size_list(array.type):
        return array.cast(pa.list_(array.type.value_type))
    message = f"'{column}' holds {array.type}; wanted a list"
    raise BadParameter("column", message, code="column")
