"""The `snorkel` type: a snorkel labeling function, unchanged."""

import math
import operator
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar

import pyarrow as pa
import pyarrow.types as pat
from pydantic import Field

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import DOCUMENT, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.rows import LightRow, values_of
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.answers import ABSTAIN, BadAnswer, described
from labelmill.functions.asking import Failures, ask, document_hits, looked_up, read_odd
from labelmill.io.modules import Reference, importable, load_function, module_files


@FUNCTIONS.add("snorkel")
@dataclass(frozen=True, slots=True)
class Snorkel:
    """Vote as a snorkel labeling function says, without a change to it.

    The function is an object that snorkel's `@labeling_function` or `@nlp_labeling_function`
    makes, with its resources and preprocessors. A number that it answers is an index into
    `labels`, -1 abstains; anything else (True, 1.0, None, an index that no label has) is noted as
    an error of that row.

    It sees plain Python values: `x.text` is the prepared text and `x.id` the id (`text` and `id`
    give them other names), the other source columns stand under their own. As in pandas a missing
    number is NaN; other missing values are None. Preprocessors that memoise are made to forget
    when the next batch begins, so memory does not grow with the data.

    Attributes:
        function: the file and the name in it: `labeling_functions/legacy.py:old_rule`.
        labels: the labels that 0, 1, … stand for; by default the task's, in their order.
        text: the name under which the function expects the text.
        id: the name under which the function expects the id.
        needs_: source columns that the function reads; by default all.
        files: other files that the function reads; the votes are made anew when they change.

    Example:
        >>> Snorkel("labeling_functions/legacy.py:old_rule", labels=("ham", "spam")).targets()
        ('ham', 'spam')
    """

    function: str
    labels: tuple[str, ...] | None = None
    text: str = "text"
    id: str = "id"
    needs_: Annotated[tuple[str, ...] | None, Field(alias="needs")] = None
    files: tuple[str, ...] = ()

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = DOCUMENT

    def __post_init__(self) -> None:
        Reference.parse(self.function)
        if self.labels is not None and not self.labels:
            raise BadParameter("labels", "name the labels that 0, 1, … stand for")
        if self.text == self.id:
            raise BadParameter("text", f"the text and the id cannot both be called '{self.id}'")

    def targets(self) -> tuple[Target, ...]:
        """The labels that its numbers stand for, where they are named."""
        return self.labels or ()

    def needs(self, root: Path) -> Needs:
        """The columns (all by default), the file and the project modules that it imports."""
        columns = self.needs_
        if columns is not None:
            columns = tuple(name for name in columns if name not in (self.id, self.text))
        files = module_files(root, Reference.parse(self.function).file)
        return Needs(columns=columns, files=(*files, *self.files))

    def bind(self, bench: Bench) -> "SnorkelVoter":
        """Load the function.

        Raises:
            BadResource: if it cannot be loaded, or is no snorkel labeling function.
        """
        from snorkel.labeling import LabelingFunction  # noqa: PLC0415 (heavy)

        function = load_function(bench.root, self.function)
        if not isinstance(function, LabelingFunction):
            message = (
                f"is no snorkel LabelingFunction but {type(function).__name__}; "
                "a plain function is `type: python`"
            )
            raise BadResource(self.function, message)
        names = bench.labels.names if self.labels is None else self.labels
        labels = tuple(bench.labels.index(name) for name in names)
        form = Form(self.id, self.text, self.needs(bench.root).columns)
        return SnorkelVoter(function, names, labels, form, bench.root)


class DataPoint(SimpleNamespace):
    """A row as a snorkel function sees it: it can be copied, written to, and read as a map."""

    def __getitem__(self, name: str) -> Any:
        return vars(self)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        vars(self)[name] = value

    def __contains__(self, name: object) -> bool:
        return name in vars(self)

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self))

    def __len__(self) -> int:
        return len(vars(self))

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a column, or a default where the row does not have it."""
        return vars(self).get(name, default)

    def keys(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(vars(self))


class LightPoint(LightRow):
    """A `DataPoint` that functions share; its attributes are read in less than half the time."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LightPoint) and values_of(self) == values_of(other)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in values_of(self).items())
        return f"DataPoint({values})"


LightPoint.__name__ = DataPoint.__name__  # what Python says of a missing attribute names it


@dataclass(frozen=True, slots=True)
class Form:
    """How a function expects its rows: what id and text are called, and which columns it reads."""

    id: str = "id"
    text: str = "text"
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SnorkelVoter:
    """A snorkel labeling function, and the label sets that its numbers stand for."""

    function: Callable[[Any], Any]
    names: tuple[str, ...]
    labels: tuple[int, ...]
    form: Form
    root: Path

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Ask the function about every row."""
        failed: Failures = {}
        forget(self.function, batch)
        call, arguments, shares = _inner(self.function)
        with importable(self.root):
            rows = light_points(batch, self.form) if shares else data_points(batch, self.form)
            answers = ask(call, rows, arguments, self.root, failed, ABSTAIN)
            codes = looked_up(answers, (int,), self._labels)
            read_odd(codes, answers, self._label, self.root, failed)
        return document_hits(batch, codes, failed)

    @property
    def _labels(self) -> dict[int, int]:
        return {ABSTAIN: ABSTAIN, **dict(enumerate(self.labels))}

    def _label(self, answer: Any) -> int:
        vote = _whole_number(answer)
        label = None if vote is None else self._labels.get(vote)
        if label is None:
            listed = ", ".join(f"{i} = {name}" for i, name in enumerate(self.names))
            message = f"answered {described(answer)}; wanted -1 (abstain) or {listed}"
            raise BadAnswer("bad_answer", message)
        return label


def _inner(function: Any) -> tuple[Callable[..., Any], Mapping[str, Any], bool]:
    """What a call of a labeling function comes to, its arguments, and whether rows can be shared.

    A `LabelingFunction` runs its preprocessors and then calls the function that it wraps. Where
    there are none, and no class of its own does otherwise, that is all.
    """
    from snorkel.labeling import LabelingFunction  # noqa: PLC0415 (heavy)

    own = type(function)
    usual = (
        own.__call__ is LabelingFunction.__call__
        and own._preprocess_data_point is LabelingFunction._preprocess_data_point
    )
    if usual and not function._pre and not vars(function).keys() - USUAL:
        return function._f, function._resources, True
    return function, {}, False


USUAL = {"name", "_f", "_resources", "_pre"}
"""What snorkel sets on a labeling function; anything else may stand for another way to call it."""


def light_points(batch: Batch, form: Form) -> list[LightPoint]:
    """The rows of a batch as functions share them."""
    if any(pat.is_nested(batch.columns[name].type) for name in _wanted(batch, form)):
        return LightPoint.many(*_columns(batch, form))
    return batch.shared.get(form, lambda: LightPoint.many(*_columns(batch, form)))


def data_points(batch: Batch, form: Form) -> Iterator[DataPoint]:
    """The rows of a batch as preprocessors want them, made anew."""
    names, columns = _columns(batch, form)
    for values in zip(*columns, strict=True):
        yield DataPoint(**dict(zip(names, values, strict=True)))


def _columns(batch: Batch, form: Form) -> tuple[tuple[str, ...], list[list[Any]]]:
    values = {name: _values(batch.columns[name]) for name in _wanted(batch, form)}
    values |= {form.id: batch.ids.to_pylist(), form.text: batch.strings}
    return tuple(values), list(values.values())


def _wanted(batch: Batch, form: Form) -> list[str]:
    return [n for n in batch.columns if form.columns is None or n in form.columns]


_LAST_BATCH: "weakref.WeakKeyDictionary[Any, weakref.ref[Batch]]" = weakref.WeakKeyDictionary()


def forget(function: Any, batch: Batch) -> None:
    """Empty the memory of a function's preprocessors, unless they have just seen this batch.

    snorkel keeps what a memoising preprocessor made of every row for as long as the process
    lives. Functions that share a preprocessor still share its work within a batch.
    """
    for mapper in function._pre:
        last = _LAST_BATCH.get(mapper)
        if last is None or last() is not batch:
            mapper.reset_cache()
            _LAST_BATCH[mapper] = weakref.ref(batch)
        forget(mapper, batch)


def _values(column: pa.Array) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if pat.is_integer(column.type) or pat.is_floating(column.type):
        return [math.nan if value is None else value for value in values]
    return values


def _whole_number(answer: Any) -> int | None:
    if isinstance(answer, bool):
        return None
    try:
        return operator.index(answer)
    except TypeError:
        return None
