"""The examples of labeling functions (`should` and `should_not`), run as tests."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from labelmill.config.spec import FunctionSpec, Job, Row
from labelmill.core.batch import Batch
from labelmill.core.digests import canonical_json
from labelmill.core.votes import Votes
from labelmill.errors import UsageError
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.voting import vote

BRACKETED = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: what was wanted of the function and what it did."""

    lf: str
    text: str
    wanted: str
    found: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """One example, read: `label` None wants any vote, `spans` () leaves the place open."""

    lf: str
    written: str
    text: str
    votes: bool
    label: str | None = None
    spans: tuple[tuple[int, int], ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> tuple[str, str]:
        """What tells the rows of examples apart."""
        return self.text, canonical_json(self.columns)


def run_examples(job: Job) -> list[ExampleResult]:
    """Run the examples of all functions, those of the config and those beside Python functions.

    An example is a text, or a row as a map, in which the text stands under `text`. In ner,
    brackets in a `should` mark the exact spans: `[Acme Ltd] rose`.

    Raises:
        UsageError: if a function reads a column that one of its examples does not have, or if
            examples hold values of different kinds under one column.
    """
    bound = BoundJob(job)
    wishes = [wish for spec in job.functions for wish in _wishes(bound, spec)]
    if not wishes:
        return []
    rows = {wish.row: wish for wish in wishes}
    batch = _batch(bound, list(rows.values()))
    ballot = vote(bound, batch, _with_read(bound, {wish.lf for wish in wishes}))
    failures = {
        (name, error.doc): f"{error.reason}: {error.message}"
        for name, errors in ballot.errors.items()
        for error in errors
    }
    places = {row: i for i, row in enumerate(rows)}
    index = {name: i for i, name in enumerate(bound.names)}
    return [
        _result(bound, wish, ballot.votes.by(index[wish.lf]), places[wish.row], failures)
        for wish in wishes
    ]


def _with_read(bound: BoundJob, names: set[str]) -> set[str]:
    """Names of some functions, and of those that they read."""
    wanted = set(names)
    specs = {spec.name: spec for spec in bound.job.functions}
    todo = list(names)
    while todo:
        for name in specs[todo.pop()].kind.needs(bound.job.root).reads:
            if name not in wanted:
                wanted.add(name)
                todo.append(name)
    return wanted


def _wishes(bound: BoundJob, spec: FunctionSpec) -> list[Wish]:
    should, should_not = _examples(bound, spec)
    needed = spec.kind.needs(bound.job.root).columns or ()
    wanted = [
        _positive(bound, _wish(spec.name, row, needed, votes=True), label)
        for label, rows in should.items()
        for row in rows
    ]
    return wanted + [_wish(spec.name, row, needed, votes=False) for row in should_not]


def _wish(lf: str, row: Row, needed: Sequence[str], *, votes: bool) -> Wish:
    columns = _columns(lf, row, needed)
    if isinstance(row, str):
        return Wish(lf, row, row, votes, columns=columns)
    return Wish(lf, canonical_json(row), str(row.get("text", "")), votes, columns=columns)


def _columns(lf: str, row: Row, needed: Sequence[str]) -> dict[str, Any]:
    """The columns of an example, all that its function reads among them."""
    columns = {} if isinstance(row, str) else {k: v for k, v in row.items() if k != "text"}
    missing = [name for name in needed if name not in columns]
    if missing:
        shown = ", ".join(f"{name}: ..." for name in needed)
        message = (
            f"labeling function '{lf}' reads columns, and its example {row!r} lacks "
            f"'{missing[0]}'; write it as {{text: ..., {shown}}}"
        )
        raise UsageError(message)
    return columns


def _batch(bound: BoundJob, wishes: Sequence[Wish]) -> Batch:
    names = dict.fromkeys(name for wish in wishes for name in wish.columns)
    columns = {}
    for name in names:
        try:
            columns[name] = pa.array([wish.columns.get(name) for wish in wishes])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            message = f"the examples hold different kinds of values under '{name}': {error}"
            raise UsageError(message) from error
    ids = pa.array([str(i) for i in range(len(wishes))])
    texts = pa.array([wish.text for wish in wishes], pa.string())
    return Batch(ids, texts, columns, bound.analysis, bound.scan)


def _examples(
    bound: BoundJob, spec: FunctionSpec
) -> tuple[Mapping[str | None, tuple[Row, ...]], tuple[Row, ...]]:
    beside = getattr(spec.kind, "examples", None)
    if beside is None:
        return spec.should, spec.should_not
    should, should_not = beside(bound.job.root)
    joined = dict(spec.should)
    for label, texts in should.items():
        joined[label] = joined.get(label, ()) + tuple(texts)
    return joined, spec.should_not + tuple(should_not)


def _positive(bound: BoundJob, wish: Wish, label: str | None) -> Wish:
    """A wish for a vote, with the spans that brackets mark."""
    if bound.unit == "document":
        return replace(wish, label=label)
    spans, text, last = [], "", 0
    for match in BRACKETED.finditer(wish.text):
        text += wish.text[last : match.start()]
        spans.append((len(text), len(text) + len(match[1])))
        text += match[1]
        last = match.end()
    return replace(wish, text=text + wish.text[last:], label=label, spans=tuple(spans))


def _result(
    bound: BoundJob,
    wish: Wish,
    votes: Votes,
    doc: int,
    failures: Mapping[tuple[str, int], str],
) -> ExampleResult:
    own = votes.take(votes.doc == doc)
    found = [
        (int(start), int(end), bound.space.said(int(label)))
        for start, end, label in zip(own.start, own.end, own.label, strict=True)
    ]
    failure = failures.get((wish.lf, doc))
    told = failure or _told(bound, wish.text, found)
    passed = failure is None and _fulfilled(wish, found)
    return ExampleResult(wish.lf, wish.written, _wanted(wish), told, passed)


def _fulfilled(wish: Wish, found: list[tuple[int, int, str]]) -> bool:
    if not wish.votes:
        return not found
    if wish.label is not None:
        found = [vote for vote in found if vote[2] == wish.label]
    if wish.spans:
        return sorted(vote[:2] for vote in found) == sorted(wish.spans)
    return bool(found)


def _wanted(wish: Wish) -> str:
    if not wish.votes:
        return "no vote"
    label = wish.label or "a vote"
    quoted = ", ".join(f"'{wish.text[start:end]}'" for start, end in wish.spans)
    return f"{label} on exactly {quoted}" if quoted else label


def _told(bound: BoundJob, text: str, found: list[tuple[int, int, str]]) -> str:
    if not found:
        return "no vote"
    if bound.unit == "document":
        return ", ".join(label for _, _, label in found)
    return ", ".join(f"{label} on '{text[start:end]}'" for start, end, label in found)
