"""The lock of a job: whoever changes its output or its state holds it.

The system frees it when the process ends, however it ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from labelmill.config.spec import Job
from labelmill.core.hiding import hide_in_error
from labelmill.errors import LockHeld
from labelmill.io import durable
from labelmill.pipeline.record import STATE, Record, status_of


@contextmanager
def locked(job: Job) -> Iterator[None]:
    """Hold the lock of a job.

    Raises:
        LockHeld: if another process holds it.
    """
    path = job.root / STATE / "locks" / f"{job.name}.lock"
    durable.make_folder(path.parent)
    with durable.explained(path):
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            message = f"another run of job '{job.name}' holds {path}; wait for it to end"
            raise LockHeld(message) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def recorded(job: Job, verb: str) -> Iterator[Record]:
    """Hold the lock of a job while a verb is carried out, and write its run.json."""
    record = Record(job.name, job.root, hidden=job.resolved.hidden)
    record.facts["verb"] = verb
    try:
        with locked(job):
            yield record
    except BaseException as error:
        hide_in_error(error, job.resolved.hidden)
        record.close(status_of(error), error)
        raise
    record.close("done")
