"""The plan: which shards a run will read, and what has changed since the last snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from labelmill.config import (
    check_columns,
    check_gold_columns,
    named_columns,
    named_gold_columns,
)
from labelmill.config.spec import Job, SourceSpec
from labelmill.errors import BadColumn, BadResource, ConfigErrors, InputMissing, UsageError
from labelmill.io.digests import Digests
from labelmill.io.source import InputFile, Shard, find_files, schema_of, shards_of
from labelmill.pipeline.damage import Torn, rows_of_damage, sound
from labelmill.pipeline.fingerprint import function_fingerprints, input_digest, plan_digest
from labelmill.pipeline.survey import in_order


@dataclass(frozen=True, slots=True)
class PartitionPlan:
    """What one snapshot is made of; `value` is None where the job has no partitions."""

    value: str | None
    files: tuple[InputFile, ...]
    shards: tuple[Shard, ...]
    digests: Digests

    @property
    def input(self) -> str:
        """A digest of the content of the files; whoever asks first may have to wait for it."""
        return input_digest([self.digests.of(file) for file in self.files], self.value)

    def check_unchanged(self) -> None:
        """Make sure that the files are those that the plan was made for.

        Raises:
            InputMissing: if one was changed since, or is gone.
        """
        for file in self.files:
            self.digests.check_unchanged(file.path)

    @property
    def rows(self) -> int:
        """Rows of the input."""
        return sum(len(shard) for shard in self.shards)

    def facts(self) -> dict[str, Any]:
        """What run.json says of it; files that were left out only where there are some."""
        facts = {"partition": self.value, "files": len(self.files), "rows": self.rows}
        lost = rows_of_damage(self.files)
        return {**facts, "skipped_files": lost} if lost else facts


@dataclass(frozen=True, slots=True)
class Plan:
    """A job and its input: everything that a run needs to know before it starts.

    `gold` is the labeled set, where the job has one; it belongs to every partition.
    """

    job: Job
    partitions: tuple[PartitionPlan, ...]
    schema: pa.Schema
    digest: str
    gold: PartitionPlan | None = None

    @property
    def rows(self) -> int:
        """Rows of the input."""
        return sum(partition.rows for partition in self.partitions)

    @property
    def shards(self) -> tuple[Shard, ...]:
        """The shards of all partitions, in order."""
        return tuple(shard for partition in self.partitions for shard in partition.shards)


def make_plan(job: Job, partition: str | None = None, torn: Torn | None = None) -> Plan:
    """Look at the input and cut it into shards.

    Args:
        job: the job.
        partition: take this partition only; without it a partitioned job takes every one.
        torn: what is known to be wrong with files, by path, where it lets them be left out.

    Raises:
        UsageError: if a partition is named and the job has none.
        InputMissing: if there is no input, it is damaged or has no rows.
        ConfigErrors: if the config names columns that the input does not have.
        BadColumn: if two files disagree on the type of a column, or one lacks a column that the
            job names.
    """
    if partition is not None and job.source.partition is None:
        message = f"--partition {partition}: job '{job.name}' has no source.partition; leave it out"
        raise UsageError(message)
    spare = job.source.on_corrupt == "skip"
    files = find_files(job.source.path, job.source.partition, partition, spare=spare)
    if partition is not None and not files:
        raise InputMissing(job.source.path, f"there is no partition '{partition}'")
    files = sound(job, files, torn or {})
    filled = [file for file in files if file.rows]
    if not filled and not job.source.allow_empty:
        what = "the input" if partition is None else f"partition '{partition}'"
        message = f"{what} has no rows (source.allow_empty: true accepts that)"
        raise InputMissing(job.source.path, message)
    schema = common_schema(filled or files[:1])
    problems = check_columns(job, schema, partition) if filled else []
    if problems:
        raise ConfigErrors(problems)
    _check_all_have(filled, [name for name in named_columns(job) if name in schema.names])
    values = in_order({file.partition for file in files})
    digests = Digests(files)
    parts = [
        _partition(job, [f for f in files if f.partition == value], value, digests)
        for value in values
    ]
    gold = None if job.gold is None else plan_gold(job, job.gold, files)
    digest = plan_digest(job, None if gold is None else gold.input)
    return Plan(job, tuple(parts), schema, digest, gold)


def partition_of(job: Job, files: list[InputFile], value: str | None) -> PartitionPlan:
    """Cut the files of a partition into shards."""
    return _partition(job, files, value, Digests(files))


def columns_of(job: Job, files: Sequence[InputFile]) -> dict[str, pa.DataType]:
    """The columns of some files that a job names, with their types.

    Raises:
        BadColumn: if two of them disagree on the type of a column, or one lacks a column.
    """
    filled = [file for file in files if file.rows]
    schema = common_schema(filled)
    names = [name for name in named_columns(job) if name in schema.names]
    _check_all_have(filled, names)
    return {name: schema.field(name).type for name in names}


def plan_gold(job: Job, gold: SourceSpec, rows: Sequence[InputFile] = ()) -> PartitionPlan:
    """Look at the labeled set of a job and cut it into shards, as the source is.

    Args:
        job: the job.
        gold: where its labeled set lies.
        rows: the files of its source, none of which may be gold.

    Raises:
        BadResource: if there is no file, one is empty, torn or not Parquet, or is in the source.
        ConfigErrors: if columns are missing that the job needs.
        BadColumn: if two files disagree on the type of a column, or one lacks a column.
    """
    try:
        files = find_files(gold.path, None)
        schema = common_schema(files)
    except InputMissing as error:
        place = f"gold: {error.path}"
        raise BadResource(place, error.message) from error
    both = {file.path.resolve() for file in files} & {file.path.resolve() for file in rows}
    if both:
        message = "is in the source too, so its rows would be emitted; keep gold apart"
        place = f"gold: {min(map(str, both))}"
        raise BadResource(place, message)
    problems = check_gold_columns(job, schema)
    if problems:
        raise ConfigErrors(problems)
    _check_all_have(files, [name for name in named_gold_columns(job) if name in schema.names])
    return PartitionPlan(
        None, tuple(files), tuple(shards_of(files, job.execution.shard_rows)), Digests(files)
    )


def common_schema(files: Sequence[InputFile]) -> pa.Schema:
    """The schema that all files share; a column must have one type in all files that have it.

    Raises:
        BadColumn: if two files disagree; names the second.
    """
    first = schema_of(files[0])
    for file in files[1:]:
        for field in schema_of(file):
            place = first.get_field_index(field.name)
            if place >= 0 and first.field(place).type != field.type:
                message = f"holds {field.type}, but {first.field(place).type} in {files[0].name}"
                raise BadColumn(file.name, field.name, message)
    return first


def _check_all_have(files: Sequence[InputFile], columns: Sequence[str]) -> None:
    """Make sure that what is in the first file is in all of them.

    Raises:
        BadColumn: names the first file that lacks a column.
    """
    for file in files[1:]:
        present = schema_of(file).names
        for name in columns:
            if name not in present:
                message = f"is missing, but {files[0].name} has it"
                raise BadColumn(file.name, name, message)


def changes(plan: Plan, manifest: Mapping[str, Any] | None) -> dict[str, str]:
    """For each labeling function, why its votes may differ from those of a snapshot.

    The reasons are `new`, `changed: <parts>`, `unchanged`, and `removed` for a function that
    only the snapshot has.
    """
    now = function_fingerprints(plan.job)
    before: Mapping[str, Mapping[str, str]] = (manifest or {}).get("functions", {})
    reasons = {}
    for name, parts in now.items():
        if name not in before:
            reasons[name] = "new"
            continue
        differ = [part for part, value in parts.items() if before[name].get(part) != value]
        reasons[name] = f"changed: {', '.join(differ)}" if differ else "unchanged"
    return reasons | {name: "removed" for name in before if name not in now}


def _partition(
    job: Job, files: list[InputFile], value: str | None, digests: Digests
) -> PartitionPlan:
    shards = shards_of(files, job.execution.shard_rows)
    return PartitionPlan(value, tuple(files), tuple(shards), digests)
