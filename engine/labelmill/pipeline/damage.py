"""Files of the input that are damaged: by `source.on_corrupt` they are left out, and told of.

What is left out hangs on the content of a partition's files alone. Their digests stay part of its
input, so a file that is mended makes the partition stale.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from labelmill.config import named_columns
from labelmill.config.spec import Job
from labelmill.errors import DamagedInput, OverBudget
from labelmill.io.source import InputFile, schema_of
from labelmill.io.stores import Place
from labelmill.report.tables import skipped_files

TORN = "a page of it is damaged, as reading its rows showed"
"""Which page a reader meets first, and what is wrong with it, hangs on who reads."""

Torn = Mapping[str, str]
"""What is wrong with files, by path, that only reading their rows has shown."""

Result = TypeVar("Result")


def enduring(job: Job, attempt: Callable[[Torn], Result]) -> Result:
    """Do something; where reading shows that a file is damaged, do it again without that file.

    Raises:
        DamagedInput: if such files are not left out.
    """
    torn: dict[str, str] = {}
    while True:
        try:
            return attempt(torn)
        except DamagedInput as error:
            if job.source.on_corrupt == "fail" or error.path in torn:
                raise
            torn[error.path] = TORN


def sound(job: Job, files: Sequence[InputFile], torn: Torn) -> list[InputFile]:
    """The files of a source, of which those are left out that are damaged.

    Raises:
        DamagedInput: if of a partition nothing else is there.
    """
    if job.source.on_corrupt == "fail":
        return list(files)
    found = [_without(file, torn.get(str(file.path), "")) for file in files]
    for value in dict.fromkeys(file.partition for file in found):
        own = [file for file in found if file.partition == value and file.rows]
        problems = _odd(own, named_columns(job))
        found = [_without(file, problems.get(file.path, "")) for file in found]
        lost = left_out([file for file in found if file.partition == value])
        if lost and not any(file.rows for file in found if file.partition == value):
            message = f"{lost[0].problem}; no other file with rows is there"
            raise DamagedInput(str(lost[0].path), message)
    return found


def left_out(files: Sequence[InputFile]) -> list[InputFile]:
    """Those of some files that are damaged."""
    return [file for file in files if file.problem]


def rows_of_damage(files: Sequence[InputFile]) -> list[dict[str, Any]]:
    """What a report says of files that were left out."""
    return [{"file": file.name, "reason": file.problem} for file in left_out(files)]


def told_of_damage(report: Mapping[str, Any]) -> tuple[str, ...]:
    """Warnings about the files that a report, or a manifest, says were left out."""
    return tuple(skipped_files(report))


def check_damage(job: Job, files: Sequence[InputFile]) -> None:
    """Stop where more files of a partition are damaged than may be.

    Raises:
        OverBudget: names them.
    """
    lost, allowed = left_out(files), job.source.max_corrupt
    for value, count in Counter(file.partition for file in lost).items():
        if count > allowed:
            of = "the source" if value is None else f"partition '{value}'"
            told = "".join(f"\n{f.name}: {f.problem}" for f in lost if f.partition == value)
            hint = f"{allowed} allowed (source.max_corrupt); nothing was published"
            message = f"{count} files of {of} are damaged, {hint}{told}"
            raise OverBudget(message)


def _without(file: InputFile, problem: str) -> InputFile:
    return file.left_out(problem) if problem and not file.problem else file


def _odd(files: Sequence[InputFile], named: Sequence[str]) -> dict[Place, str]:
    """What is wrong with the files of a partition whose columns are not those of most of them.

    Of two kinds of files that are equally many, that of the first file is right.
    """
    schemas: dict[Place, pa.Schema] = {}
    problems: dict[Place, str] = {}
    for file in files:
        try:
            schemas[file.path] = schema_of(file)
        except DamagedInput as error:
            problems[file.path] = error.message
    columns = list(dict.fromkeys(name for schema in schemas.values() for name in schema.names))
    for name in columns:
        types = {path: _type_of(schema, name) for path, schema in schemas.items()}
        if name in named:
            (usual, _), *_ = Counter(types.values()).most_common(1)
            wrong = {path: found for path, found in types.items() if found != usual}
        else:
            have = {path: found for path, found in types.items() if found is not None}
            (usual, _), *_ = Counter(have.values()).most_common(1)
            wrong = {path: found for path, found in have.items() if found != usual}
        for path, found in wrong.items():
            problems.setdefault(
                path, f"column '{name}' {_said(found)}; {_said(usual)} in most files"
            )
    return problems


def _type_of(schema: pa.Schema, name: str) -> pa.DataType | None:
    place = schema.names.index(name) if name in schema.names else -1
    return None if place < 0 else schema.field(place).type


def _said(found: pa.DataType | None) -> str:
    return "is missing" if found is None else f"holds {found}"
