"""The job of each of several partitions, where its config says `${run.partition}`."""

from collections.abc import Callable
from dataclasses import replace
from glob import has_magic

from labelmill.config.spec import Job
from labelmill.errors import ConfigErrors

JobOf = Callable[[str], Job]
"""The job of a partition; it differs from that of another where the config says
`${run.partition}`."""

Read = Callable[[str | None], Job]
"""Reads a config for a partition, or for none.

It raises ConfigErrors where the config cannot be used.
"""

ANY = "*"
"""Stands for every partition where files are looked for."""


def jobs_of(read: Read, wanted: str | None) -> tuple[Job, JobOf | None]:
    """A job to look for partitions with, and that of each, where they are not the same.

    Args:
        read: reads the config.
        wanted: the partitions as "FIRST..LAST", where somebody named them.

    Raises:
        ConfigErrors: if the config cannot be used. Where nobody named a partition and it names
            a file for each, nobody knows which to look for.
    """
    try:
        return read(None), None
    except ConfigErrors as error:
        if not _asks_for_a_partition(error):
            raise
        first = error
    ends = [end for end in (wanted or "").split("..") if end]
    for value in (ANY, *reversed(ends)):
        try:
            return _looking(read(value)), read
        except ConfigErrors as error:
            first = error if value in ends else first
    raise first


def _asks_for_a_partition(error: ConfigErrors) -> bool:
    return any("${run.partition} has no value" in problem.message for problem in error.problems)


def _looking(job: Job) -> Job:
    """The job with the files of all partitions, where its path names a folder for each."""
    path = job.source.path
    if not has_magic(path) or path.endswith(".parquet"):
        return job
    return replace(job, source=replace(job.source, path=f"{path.rstrip('/')}/**/*.parquet"))
