"""The examples of labeling functions (`should` and `should_not`), run as tests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from labelmill.config.spec import FunctionSpec, Job
from labelmill.core.batch import Batch
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


def run_examples(job: Job) -> list[ExampleResult]:
    """Run the examples of all functions, those of the config and those beside Python functions.

    In ner, brackets in a `should` mark the exact spans: `[Acme Ltd] rose`.

    Raises:
        UsageError: if a function with examples reads columns, which an example does not have.
    """
    bound = BoundJob(job)
    wishes = [wish for spec in job.functions for wish in _wishes(bound, spec)]
    if not wishes:
        return []
    texts = list(dict.fromkeys(wish.text for wish in wishes))
    ids = pa.array([str(i) for i in range(len(texts))])
    batch = Batch(ids, pa.array(texts, pa.string()), {}, bound.analysis)
    ballot = vote(bound, batch, _with_read(bound, {wish.lf for wish in wishes}))
    failures = {
        (name, error.doc): f"{error.reason}: {error.message}"
        for name, errors in ballot.errors.items()
        for error in errors
    }
    places = {text: i for i, text in enumerate(texts)}
    index = {name: i for i, name in enumerate(bound.names)}
    return [
        _result(bound, wish, ballot.votes.by(index[wish.lf]), places[wish.text], failures)
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
    if (should or should_not) and spec.kind.needs(bound.job.root).columns != ():
        message = (
            f"labeling function '{spec.name}' reads columns, so texts alone cannot be its "
            "examples; remove should and should_not, or test it in a test of your own"
        )
        raise UsageError(message)
    wishes = [
        _positive(bound, spec.name, label, text)
        for label, texts in should.items()
        for text in texts
    ]
    return wishes + [Wish(spec.name, text, text, votes=False) for text in should_not]


def _examples(
    bound: BoundJob, spec: FunctionSpec
) -> tuple[Mapping[str | None, tuple[str, ...]], tuple[str, ...]]:
    beside = getattr(spec.kind, "examples", None)
    if beside is None:
        return spec.should, spec.should_not
    should, should_not = beside(bound.job.root)
    joined = dict(spec.should)
    for label, texts in should.items():
        joined[label] = joined.get(label, ()) + tuple(texts)
    return joined, spec.should_not + tuple(should_not)


def _positive(bound: BoundJob, lf: str, label: str | None, written: str) -> Wish:
    if bound.unit == "document":
        return Wish(lf, written, written, votes=True, label=label)
    spans, text, last = [], "", 0
    for match in BRACKETED.finditer(written):
        text += written[last : match.start()]
        spans.append((len(text), len(text) + len(match[1])))
        text += match[1]
        last = match.end()
    return Wish(lf, written, text + written[last:], votes=True, label=label, spans=tuple(spans))


def _result(
    bound: BoundJob,
    wish: Wish,
    votes: Votes,
    doc: int,
    failures: Mapping[tuple[str, int], str],
) -> ExampleResult:
    own = votes.take(votes.doc == doc)
    found = [
        (int(start), int(end), "|".join(bound.space.members(int(label))))
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
