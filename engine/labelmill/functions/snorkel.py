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
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, BadResource, LabelmillError
from labelmill.functions.answers import described
from labelmill.io.modules import RAISED, Reference, importable, load_function, module_files, told

ABSTAIN = -1


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
        hits = Hits()
        forget(self.function, batch)
        with importable(self.root):
            for doc, point in enumerate(data_points(batch, self.form)):
                try:
                    answer = self.function(point)
                except LabelmillError:
                    raise
                except RAISED as error:  # what a user's function raises
                    hits.fail(doc, type(error).__name__, told(error, self.root))
                else:
                    self._note(hits, doc, answer, len(batch.strings[doc]))
        return hits

    def _note(self, hits: Hits, doc: int, answer: Any, length: int) -> None:
        vote = _whole_number(answer)
        if vote == ABSTAIN:
            return
        if vote is None or not 0 <= vote < len(self.labels):
            listed = ", ".join(f"{i} = {name}" for i, name in enumerate(self.names))
            message = f"answered {described(answer)}; wanted -1 (abstain) or {listed}"
            hits.fail(doc, "bad_answer", message)
            return
        hits.add(doc, 0, length, self.labels[vote])


def data_points(batch: Batch, form: Form) -> Iterator[DataPoint]:
    """The rows of a batch with some of its columns, or with all of them."""
    wanted = [n for n in batch.columns if form.columns is None or n in form.columns]
    values = {name: _values(batch.columns[name]) for name in wanted}
    values |= {form.id: batch.ids.to_pylist(), form.text: batch.strings}
    for doc in range(len(batch)):
        yield DataPoint(**{name: column[doc] for name, column in values.items()})


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
