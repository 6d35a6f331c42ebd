"""The augment stage: more train rows, each the child of one row, with its labels intact."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from labelmill.config.spec import AugmentSpec
from labelmill.core.protocols import Rewriter
from labelmill.core.seeds import keyed_fraction, keyed_rng
from labelmill.core.spans import Edit, Example, Span
from labelmill.errors import LabelmillError
from labelmill.io.modules import raised
from labelmill.pipeline.bind import BoundJob
from labelmill.text import edits as editing


@dataclass(frozen=True, slots=True)
class Copies:
    """The children of some train rows, and what became of those that were tried.

    `made` counts children by step, `dropped` those that were not kept, by "step: reason".
    `failures` holds the first error of each step that raised one.
    """

    table: pa.Table
    made: Counter[str]
    dropped: Counter[str]
    failures: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a copy was not kept, and the message of the error if there was one."""

    reason: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    spec: AugmentSpec
    rewriter: Rewriter


def bind_steps(bound: BoundJob, mentions: Mapping[str, tuple[str, ...]]) -> tuple[_Step, ...]:
    """The augment steps of a job at work."""
    return tuple(
        _Step(spec, spec.kind.bind(bound.bench(spec.name, mentions=mentions, only=spec.only)))
        for spec in bound.job.augment
    )


def augment(
    bound: BoundJob,
    train: pa.Table,
    columns: Mapping[str, list[Any]],
    mentions: Mapping[str, tuple[str, ...]],
) -> Copies:
    """Make the children of some train rows.

    Each choice hangs on (seed, step, row id, copy) alone, so a row has the same children in any
    shard and any order.

    Args:
        bound: the job.
        train: rows of `examples_schema`, without augmented ones.
        columns: values of other source columns that augmenters read, a value for each row.
        mentions: distinct mentions per label in the whole train split.
    """
    steps = bind_steps(bound, mentions)
    made: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    failures: dict[str, str] = {}
    children: list[dict[str, Any]] = []
    rows = train.to_pylist()
    tokens = bound.analysis.tokens([row["text"] for row in rows])
    for i, row in enumerate(rows):
        values = {name: column[i] for name, column in columns.items()}
        example = example_of(row, tuple(tokens.bounds(i)), values)
        for step in steps:
            for copy in chosen_copies(step.spec, row, bound.job.seed):
                child = _child(step, example, row, copy, bound.job.seed)
                if isinstance(child, _Refusal):
                    dropped[f"{step.spec.name}: {child.reason}"] += 1
                    if child.error:
                        failures.setdefault(step.spec.name, f"row {example.id}: {child.error}")
                else:
                    made[step.spec.name] += 1
                    children.append(child)
    return Copies(pa.Table.from_pylist(children, schema=train.schema), made, dropped, failures)


def example_of(
    row: Mapping[str, Any], tokens: tuple[tuple[int, int], ...], columns: Mapping[str, Any]
) -> Example:
    """A train row as augmenters see it."""
    spans = tuple(Span(s["start"], s["end"], s["label"]) for s in row.get("entities") or ())
    labels = tuple(row.get("labels") or ())
    return Example(row["id"], row["text"], row.get("label"), spans, tokens, columns, labels)


def chosen_copies(spec: AugmentSpec, row: Mapping[str, Any], seed: int) -> Iterable[int]:
    """The numbers of the copies that a step makes of a row: none where it is not chosen."""
    if spec.only and not _labels(row) & set(spec.only):
        return ()
    chosen = keyed_fraction(seed, "augment", spec.name, row["id"]) < spec.fraction
    return range(spec.copies) if chosen else ()


def _labels(row: Mapping[str, Any]) -> set[str]:
    if "entities" in row:
        return {span["label"] for span in row["entities"] or ()}
    return set(row["labels"] or ()) if "labels" in row else {row["label"]}


def _child(
    step: _Step, example: Example, row: Mapping[str, Any], copy: int, seed: int
) -> dict[str, Any] | _Refusal:
    """A child of a row, or the reason why there is none."""
    name = step.spec.name
    rng = keyed_rng(seed, "augment", name, example.id, copy)
    try:
        edits = step.rewriter.rewrite(example, rng)
        edits = editing.checked(edits, example.text)
        "".join(edit.replacement for edit in edits).encode()  # fails on half a surrogate pair
    except LabelmillError:
        raise
    except raised() as error:
        return _Refusal(f"failed ({type(error).__name__})", str(error) or type(error).__name__)
    if step.spec.protect == "entities":
        edits = _outside(edits, example.spans)
    text = editing.apply(example.text, edits)
    if text == example.text:
        return _Refusal("nothing changed")
    if not text.strip():
        return _Refusal("no text was left")
    child = dict(row) | {"id": f"{example.id}#{name}-{copy}", "text": text, "made_by": name}
    if "entities" in row:
        moved = _moved(row, example, edits, text)
        if moved is None:
            return _Refusal("a span did not survive")
        child |= {"entities": moved, "probs": None}
    return child


def _moved(
    row: Mapping[str, Any], example: Example, edits: tuple[Edit, ...], text: str
) -> list[dict[str, Any]] | None:
    """The entities at their new places, or None where one does not hold its (edited) text."""
    places = editing.project(example.spans, edits)
    starts = [edit.start for edit in edits]
    moved = []
    for span, entity, place in zip(example.spans, row["entities"] or (), places, strict=True):
        near = edits[bisect_left(starts, span.start) : bisect_right(starts, span.end)]
        if place is None or not _holds(example.text, span, place, near, text):
            return None
        moved.append(dict(entity) | {"start": place.start, "end": place.end})
    return moved


def _holds(old: str, span: Span, place: Span, near: tuple[Edit, ...], new: str) -> bool:
    """Re-check: the new place holds the old words, changed by the edits inside them alone."""
    inside = tuple(
        Edit(e.start - span.start, e.end - span.start, e.replacement)
        for e in near
        if e.end <= span.end and not (e.start == e.end and e.start in (span.start, span.end))
    )
    words = editing.apply(old[span.start : span.end], inside)
    return new[place.start : place.end] == words and words == words.strip() and bool(words)


def _outside(edits: tuple[Edit, ...], spans: tuple[Span, ...]) -> tuple[Edit, ...]:
    """The edits that touch none of some spans, which are sorted and do not overlap."""
    starts = [span.start for span in spans]
    last = [bisect_left(starts, edit.end) - 1 for edit in edits]
    return tuple(
        edit for edit, i in zip(edits, last, strict=True) if i < 0 or spans[i].end <= edit.start
    )
