"""The `python` type: a function in a Python file of the project."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from pydantic import Field

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, BadResource, LabelmillError, nearest
from labelmill.functions.answers import AnswerReader, Found, listed
from labelmill.functions.asking import (
    Failures,
    ask,
    document_hits,
    failure,
    looked_up,
    read_odd,
)
from labelmill.functions.decorator import READINGS, BatchForm, FunctionFacts, facts_of
from labelmill.io.modules import Reference, importable, load_function, module_files, raised


@FUNCTIONS.add("python")
@dataclass(frozen=True, slots=True)
class Python:
    """Vote as a Python function of the project says.

    A row function `f(row, **params)` gets one row: `row.text`, `row.id`, `row.tokens`, `row.doc`
    and the source columns that it declared, as `row.stars` or `row["stars"]`. In a document task it
    answers with a label or None; where `label` stands in the config it answers True or False. In
    ner it returns or yields `(start, end)` (with `label`), `(start, end, label)` or
    `labelmill.Span`, in characters. None, or no span, abstains. Where a text can have several
    labels it may answer with a list of labels, of which an empty one says that none applies. Any
    other answer, and any exception, is noted with its reason as an error of that row; the other
    functions' votes stand.

    The decorator `@labelmill.labeling_function` declares columns and examples. With its `batch` the
    function is a batch function `f(batch, **params)`: it gets a pandas DataFrame, an Arrow Table
    or a list of rows, with `id`, `text` and the declared columns, and answers with a sequence of
    one answer a row. Batches are cut as it suits the run, so one row's answer must not hang on
    another row; an exception fails every row of the batch.

    Attributes:
        function: the file and the name in it: `labeling_functions/comments.py:shouting`.
        label: what True, or a span without a label of its own, votes for.
        params: values for the function's keyword parameters.
        gazetteers: lists that the function uses; each arrives as the parameter of its name.
        needs_: source columns that the function reads, instead of what its decorator says.
        files: other files that the function reads; the votes are made anew when they change.

    Example:
        >>> Python(function="labeling_functions/comments.py:shouting", label="spam").targets()
        ('spam',)
    """

    function: str
    label: Target | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    gazetteers: tuple[str, ...] = ()
    needs_: Annotated[tuple[str, ...] | None, Field(alias="needs")] = None
    files: tuple[str, ...] = ()

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        Reference.parse(self.function)
        for name in self.gazetteers:
            if name in self.params:
                raise BadParameter("gazetteers", f"'{name}' stands under `params` as well")

    def targets(self) -> tuple[Target, ...]:
        """The label of the config; the function's own labels are known when it answers."""
        return () if self.label is None else (self.label,)

    def needs(self, root: Path) -> Needs:
        """Columns of the decorator, the function's file and the project modules it imports.

        Raises:
            BadParameter: if the parameters do not fit the function.
            BadResource: if the file is there and the function cannot be loaded.
        """
        file = Reference.parse(self.function).file
        files = (*module_files(root, file), *self.files)
        if not (root / file).is_file():
            return Needs(files=files, gazetteers=self.gazetteers)
        columns, _ = self._reads(facts_of(self._load(root)))
        return Needs(columns=columns, files=files, gazetteers=self.gazetteers)

    def examples(self, root: Path) -> tuple[Mapping[str | None, tuple[str, ...]], tuple[str, ...]]:
        """The decorator's `should`, by label, and `should_not`."""
        facts = facts_of(self._load(root))
        return facts.should, facts.should_not

    def bind(self, bench: Bench) -> "PythonVoter":
        """Load the function and give it its parameters."""
        function = self._load(bench.root)
        facts = facts_of(function)
        columns, readings = self._reads(facts)
        if facts.batch == "arrow" and "doc" in readings:
            message = (
                "needs `doc`, which an Arrow table cannot hold; take the batch as pandas or rows"
            )
            raise BadResource(self.function, message)
        lists = {name: bench.gazetteers[name] for name in self.gazetteers}
        index = None if self.label is None else bench.labels.index(self.label)
        name = self.label if isinstance(self.label, str) else None
        return PythonVoter(
            function,
            {**self.params, **lists},
            AnswerReader(bench.labels, bench.unit, index, name),
            bench.root,
            Reading(facts.batch, columns, readings),
        )

    def _load(self, root: Path) -> Callable[..., Any]:
        function: Callable[..., Any] = load_function(root, self.function)
        if type(function).__module__.startswith("snorkel."):
            raise BadResource(self.function, "is a snorkel labeling function; use `type: snorkel`")
        if inspect.iscoroutinefunction(function):
            raise BadResource(self.function, "is an async function; write a plain `def`")
        self._check_signature(function)
        return function

    def _check_signature(self, function: Callable[..., Any]) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError) as error:
            raise BadResource(self.function, f"has no signature to check: {error}") from error
        if not parameters or parameters[0].kind in (_KEYWORD, _ANY_KEYWORD):
            raise BadResource(self.function, "takes no row; wanted `def f(row, *, …)`")
        rest = [p for p in parameters[1:] if p.kind is not inspect.Parameter.VAR_POSITIONAL]
        if not any(p.kind is _ANY_KEYWORD for p in rest):
            self._check_known({p.name for p in rest})
        for p in rest:
            if p.default is p.empty and p.kind is not _ANY_KEYWORD and p.name not in self._given():
                message = f"the function needs a value for '{p.name}'"
                raise BadParameter("params." + p.name, message, code="missing")

    def _check_known(self, known: set[str]) -> None:
        for name in self.params:
            if name not in known:
                message = f"the function has no parameter '{name}'{nearest(name, known)}"
                raise BadParameter("params." + name, message)
        for name in self.gazetteers:
            if name not in known:
                message = f"the function has no parameter '{name}' to get this list"
                raise BadParameter("gazetteers", message + nearest(name, known))

    def _given(self) -> set[str]:
        return {*self.params, *self.gazetteers}

    def _reads(self, facts: FunctionFacts) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if self.needs_ is None:
            return facts.needs, facts.readings
        columns = [name for name in self.needs_ if name not in ("id", "text", *READINGS)]
        return tuple(columns), tuple(name for name in READINGS if name in self.needs_)


_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_ANY_KEYWORD = inspect.Parameter.VAR_KEYWORD


@dataclass(frozen=True, slots=True)
class Reading:
    """How a function wants its rows: in which form, with which columns and readings."""

    form: BatchForm | None
    columns: tuple[str, ...]
    readings: tuple[str, ...]

    def frame(self, batch: Batch) -> Any:
        """The batch in the form that a batch function wants."""
        if self.form == "rows":
            return list(batch.rows(self.columns))
        columns = {name: batch.columns[name] for name in self.columns if name in batch.columns}
        table = pa.table({**columns, "id": batch.ids, "text": batch.texts})
        table = table.select(["id", "text", *columns])
        if "tokens" in self.readings:
            table = table.append_column("tokens", pa.array(_tokens(batch), pa.list_(pa.string())))
        if self.form == "arrow":
            return table
        frame = table.to_pandas()
        if "doc" in self.readings:
            frame["doc"] = batch.docs()
        return frame


def _tokens(batch: Batch) -> list[list[str]]:
    return [
        [text[start:end] for start, end in batch.tokens.bounds(doc)]
        for doc, text in enumerate(batch.strings)
    ]


@dataclass(frozen=True, slots=True)
class PythonVoter:
    """A function with its parameters."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    reader: AnswerReader
    root: Path
    reading: Reading

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Ask the function about every row, or about the batch as a whole."""
        with importable(self.root):
            several = self.reader.labels.multi_label and self.reader.label is None
            if self.reader.unit == "document" and not several:
                return self._documents(batch)
            return self._one_by_one(batch)

    def _documents(self, batch: Batch) -> Hits:
        failed: Failures = {}
        if self.reading.form is None:
            rows = batch.shared_rows(self.reading.columns)
            answers = ask(self.function, rows, self.arguments, self.root, failed, None)
        else:
            answers = self._batch_answers(batch, failed)
        codes = looked_up(answers, *self.reader.plain())
        read_odd(codes, answers, self._label, self.root, failed)
        return document_hits(batch, codes, failed)

    def _label(self, answer: Any) -> int | None:
        found = self.reader.read(answer, 1)
        return found[0][2] if found else None

    def _one_by_one(self, batch: Batch) -> Hits:
        """Answers that can stand for any number of hits: spans, or several labels."""
        hits = Hits()
        if self.reading.form is None:
            for doc, row in enumerate(batch.shared_rows(self.reading.columns)):
                self._note(hits, doc, self._found, row)
            return hits
        failed: Failures = {}
        answers = self._batch_answers(batch, failed)
        for doc in sorted(failed):
            hits.fail(doc, *failed[doc])
        for doc, (answer, text) in enumerate(zip(answers, batch.strings, strict=True)):
            self._note(hits, doc, self.reader.read, answer, len(text))
        return hits

    def _found(self, row: Any) -> list[Found]:
        return self.reader.read(self.function(row, **self.arguments), len(row.text))

    def _batch_answers(self, batch: Batch, failed: Failures) -> list[Any]:
        """The answers of a batch function; where it fails, every row fails and is silent."""
        if not len(batch):
            return []
        try:
            frame = self.reading.frame(batch)
            index = frame.index if self.reading.form == "pandas" else None
            return listed(self.function(frame, **self.arguments), len(batch), index)
        except LabelmillError:
            raise
        except raised() as error:  # what a user's function raises
            failed.update(dict.fromkeys(range(len(batch)), failure(error, self.root)))
            return [None] * len(batch)

    def _note(self, hits: Hits, doc: int, find: Callable[..., list[Found]], *about: Any) -> None:
        try:
            found = find(*about)
        except LabelmillError:
            raise
        except raised() as error:  # what a user's function raises
            hits.fail(doc, *failure(error, self.root))
            return
        for start, end, label in found:
            hits.add(doc, start, end, label)
