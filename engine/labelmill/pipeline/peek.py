"""Looking at input and output without reading rows: schemas, live snapshots, reports."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelmill.config import check_columns
from labelmill.config.spec import Job
from labelmill.errors import ConfigErrors, InputMissing, UsageError
from labelmill.io.source import first_schema
from labelmill.pipeline.outputs import address
from labelmill.pipeline.publish import (
    CURRENT,
    MANIFEST,
    pointer,
    published_partitions,
    snapshot_folder,
)
from labelmill.pipeline.survey import natural

REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class Against:
    """What the columns of a config were checked against, or why they were not."""

    checked: str | None
    not_checked: str | None


def check_source(job: Job) -> Against:
    """Hold the columns that a job names against the first file of its source, if it is there.

    Raises:
        ConfigErrors: if columns are missing or of a wrong type.
    """
    try:
        file, schema = first_schema(job.source.path)
    except InputMissing as error:
        return Against(None, f"columns of the source ({error})")
    problems = check_columns(job, schema)
    if problems:
        raise ConfigErrors(problems)
    return Against(str(file), None)


def find_snapshot(target: Path, partition: str | None) -> Path:
    """The folder of a snapshot: the target itself, or what is live in an output folder.

    Raises:
        UsageError: if nothing is published there, or it has several partitions and none is named.
    """
    if (target / REPORT).is_file():
        return target
    partitions = published_partitions(target)
    if partitions:
        return snapshot_folder(target, partitions[_chosen(target, partitions, partition)])
    live = target / (pointer(target) or CURRENT)
    if not (live / MANIFEST).is_file():
        message = f"{address(target)}: nothing is published there; run the job first"
        raise UsageError(message)
    if partition is not None:
        message = f"{address(target)}: this job has no partitions; leave --partition out"
        raise UsageError(message)
    return live.resolve()


def read_report(folder: Path) -> dict[str, Any]:
    """The report of a snapshot.

    Raises:
        UsageError: if it cannot be read.
    """
    try:
        report: dict[str, Any] = json.loads((folder / REPORT).read_bytes())
    except (OSError, ValueError) as error:
        message = f"{address(folder / REPORT)}: cannot be read ({error}); run the job again"
        raise UsageError(message) from error
    return report


def _chosen(target: Path, partitions: dict[str, str], partition: str | None) -> str:
    if partition in partitions:
        return str(partition)
    names = sorted(partitions, key=natural)
    if partition is None and len(names) == 1:
        return names[0]
    told = ", ".join(names[-10:])
    what = "give --partition" if partition is None else f"there is no partition '{partition}'"
    message = (
        f"{address(target)}: {what}; published are: {'..., ' if len(names) > 10 else ''}{told}"
    )
    raise UsageError(message)
