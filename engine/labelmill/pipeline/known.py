"""Digests of a job's input that are known from earlier runs."""

from contextlib import AbstractContextManager

from labelmill.config.spec import Job
from labelmill.io.memo import remembered


def known_digests(
    job: Job, *, verify: bool = False, write: bool = True
) -> AbstractContextManager[None]:
    """Let input that was not touched since its digest was taken not be read again.

    Args:
        job: the job.
        verify: read it all the same.
        write: whether new digests are kept for later runs.
    """
    path = job.state_folder / "digests" / f"{job.name}.json"
    return remembered(path, verify=verify, write=write)
