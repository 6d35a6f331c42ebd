"""Whether the columns that a job reads are in its source."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from labelmill.config.merge import gather
from labelmill.config.nodes import Findings, Node, Place, Trail, get, is_list, planted
from labelmill.config.override import overridden
from labelmill.config.spec import FunctionSpec, Job, Resolved, SourceSpec
from labelmill.errors import BadParameter, BadResource, Problem, nearest
from labelmill.text.expression import Expression


def check_columns(job: Job, schema: pa.Schema, partition: str | None = None) -> list[Problem]:
    """Note every column that the job names and the source does not have, or has as another type.

    Args:
        job: the job.
        schema: the schema of the source's files; a hive key may be left out of it.
        partition: of which the files are, where they are not all.

    Returns:
        The problems, at their places in the config.
    """
    where = "the source" if partition is None else f"partition '{partition}' of the source"
    return _problems(job, job.source, "source", schema, where)


def check_gold_columns(job: Job, schema: pa.Schema) -> list[Problem]:
    """Note the same of the labeled set: it needs what labeling functions read, and labels.

    Args:
        job: a job with gold.
        schema: the schema of the gold's files.

    Returns:
        The problems, at their places in the config.
    """
    return [] if job.gold is None else _problems(job, job.gold, "gold", schema, "gold")


def named_columns(job: Job) -> tuple[str, ...]:
    """Every column that the job names in its source, each once."""
    return tuple(dict.fromkeys(column.name for column in _wanted(job, job.source, "source")))


def named_gold_columns(job: Job) -> tuple[str, ...]:
    """Every column that the job names in its gold, each once."""
    wanted = () if job.gold is None else _wanted(job, job.gold, "gold")
    return tuple(dict.fromkeys(column.name for column in wanted))


def written_tree(resolved: Resolved) -> Node:
    """The tree of a config with its places, read again; without places if the file is gone."""
    shown = os.path.relpath(resolved.file)
    shown = str(resolved.file) if shown.startswith("..") else shown
    tree, _ = gather(resolved.file, shown)
    if tree is None:
        return planted(resolved.tree, Place(shown))
    return overridden(tree, resolved.overrides)[0]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that something in the config names; `wanted` says which types are right."""

    name: str
    trail: Trail
    wanted: str = ""
    function: str | None = None


def _problems(
    job: Job, rows: SourceSpec, section: str, schema: pa.Schema, where: str
) -> list[Problem]:
    """What is wrong with the columns of the rows that a section of the config names."""
    wanted = _wanted(job, rows, section)
    found = [(column, _wrong(column, rows, (section, where), schema)) for column in wanted]
    wrong = [(column, message) for column, message in found if message]
    if not wrong:
        return []
    findings = Findings(written_tree(job.resolved))
    for column, message in wrong:
        trail = column.trail
        if column.function is not None:
            trail = _function_trail(findings.root, column)
        findings.add(trail, "column", message)
    return findings.problems


def _wanted(job: Job, rows: SourceSpec, section: str) -> Iterator[_Column]:
    yield _Column(rows.id, (section, "id"), _NAMES_OR_NUMBERS)
    yield _Column(rows.text, (section, "text"), "strings")
    if rows.gold is not None:
        key = "gold" if section == "source" else "label"
        yield _Column(rows.gold, (section, key), _gold(job))
    for index, name in enumerate(rows.carry):
        yield _Column(name, (section, "carry", index))
    if rows.where is not None:
        for name in sorted(Expression.parse(rows.where).columns):
            yield _Column(name, (section, "where"))
    for function in job.functions:
        for name in _columns_of(function, job.root):
            yield _Column(name, ("labeling_functions",), function=function.name)


def _gold(job: Job) -> str:
    """What a column of gold holds."""
    if job.task.kind.unit == "span":
        return "spans"
    return _LISTS if job.task.kind.space().multi_label else _NAMES_OR_NUMBERS


def _columns_of(function: FunctionSpec, folder: Path) -> tuple[str, ...]:
    try:
        return function.kind.needs(folder).columns or ()
    except (BadParameter, BadResource):
        return ()  # binding the function says what is wrong with it


def _wrong(
    column: _Column, rows: SourceSpec, told: tuple[str, str], schema: pa.Schema
) -> str | None:
    """What is wrong with a column; `told` is the section, and how its rows are spoken of."""
    names = set(schema.names)
    section, where = told
    virtual = {"id", "text", rows.partition}
    if column.name not in names:
        if column.name in virtual and column.trail[-1] not in ("id", "text"):
            return None
        who = f"'{column.function}' needs the column" if column.function else "no column"
        what = f"{who} '{column.name}'" + (", which is not" if column.function else "")
        return f"{what} in {where}{nearest(column.name, names)}"
    if schema.names.count(column.name) > 1:
        return f"the column '{column.name}' stands twice in {where}; name each column once"
    called = {rows.id: "id", rows.text: "text"}.get(column.name, column.name)
    if called != column.name and column.trail not in ((section, "id"), (section, "text")):
        return f"the column '{column.name}' is called `{called}` here, as {section}.{called} says"
    kind = schema.field(column.name).type
    if column.wanted and not _fits(kind, column.wanted):
        wanted = _SPANS if column.wanted == "spans" else column.wanted
        return f"the column '{column.name}' holds {kind}; expected {wanted}"
    return None


_NAMES_OR_NUMBERS = "strings or whole numbers"
_LISTS = "a list of strings or whole numbers"
_SPANS = "a list of spans: list<struct<start: int, end: int, label: string>>"


def _fits(kind: pa.DataType, wanted: str) -> bool:
    if pa.types.is_dictionary(kind):
        return _fits(kind.value_type, wanted)
    if wanted == "spans":
        return _is_spans(kind)
    if wanted == _LISTS:
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
        return is_list and _fits(kind.value_type, _NAMES_OR_NUMBERS)
    if wanted == _NAMES_OR_NUMBERS and pa.types.is_integer(kind):
        return True
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_spans(kind: pa.DataType) -> bool:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    item = kind.value_type
    if not pa.types.is_struct(item):
        return False
    fields = {field.name: field.type for field in item}
    return (
        {"start", "end", "label"} <= set(fields)
        and pa.types.is_integer(fields["start"])
        and pa.types.is_integer(fields["end"])
        and _fits(fields["label"], "strings")
    )


def _function_trail(root: Node, column: _Column) -> Trail:
    """The value in a labeling function's entry that names a column, or the entry."""
    entries = get(root, "labeling_functions")
    name = column.function or ""
    for index, entry in enumerate(entries.value if entries and is_list(entries) else ()):
        written = get(entry, "name")
        own = written.value if written is not None else None
        if own != name and not name.startswith(f"{own}."):
            continue
        trail: Trail = ("labeling_functions", index)
        return (*trail, *_key_with(entry, column.name))
    return column.trail


def _key_with(entry: Node, column: str) -> Trail:
    """The key whose value is a column, or a text (an expression) in which it stands."""
    word = re.compile(rf"\b{re.escape(column)}\b")
    values = entry.value.items() if isinstance(entry.value, dict) else ()
    texts = {key: node.value for key, node in values if isinstance(node.value, str)}
    texts = {key: text for key, text in texts.items() if key not in ("name", "type")}
    exact = [key for key, text in texts.items() if text == column]
    inside = [key for key, text in texts.items() if word.search(text)]
    return tuple((exact + inside)[:1])
