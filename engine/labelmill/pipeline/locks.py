"""The lock of a job: whoever changes its output or its state holds it.

Slices of a job that are labeled ahead share it, each with a lock of its own beside it. The system
frees a lock when the process ends, however it ends.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from labelmill.config.spec import Job
from labelmill.core.hiding import hide_in_error
from labelmill.errors import LockHeld
from labelmill.io import durable
from labelmill.pipeline.leases import leased
from labelmill.pipeline.lost import note_lost
from labelmill.pipeline.outputs import changing
from labelmill.pipeline.record import Record, status_of
from labelmill.pipeline.writers import writing

MOMENT = 0.2
"""Seconds for which a lock is waited for: `status` may have it that long at most."""


@contextmanager
def locked(job: Job) -> Iterator[None]:
    """Hold the lock of a job.

    Raises:
        LockHeld: if another process holds it.
    """
    with _alone(_lock_file(job), f"another run of job '{job.name}'"), leased(job), changing(job):
        note_lost(job)
        yield


def is_locked(job: Job) -> bool:
    """Whether a run is at work on a job; slices that are labeled ahead do not count.

    Nothing is written. It asks for the lock and gives it back, so those who want it wait a moment
    before they give up.
    """
    import fcntl  # noqa: PLC0415 (only on POSIX)

    try:
        handle = os.open(_place(job), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def locked_for_slice(job: Job, part: str) -> Iterator[None]:
    """Hold the lock of a job together with its other slices, and that of a slice alone.

    Raises:
        LockHeld: if a run holds the lock of the job, or another process that of the slice.
    """
    message = f"a run of job '{job.name}' holds {_lock_file(job)}; wait for it to end"
    own = _lock_file(job, f".{part}")
    alone = _alone(own, f"another process ({part})")
    with _shared(_lock_file(job), message), alone, leased(job, part):
        yield


def _lock_file(job: Job, suffix: str = "") -> Path:
    path = _place(job, suffix)
    durable.make_folder(path.parent)
    return path


def _place(job: Job, suffix: str = "") -> Path:
    return job.state_folder / "locks" / f"{job.name}{suffix}.lock"


@contextmanager
def _alone(path: Path, other: str) -> Iterator[None]:
    with durable.explained(path):
        lock = FileLock(path)
        try:
            lock.acquire(timeout=MOMENT, poll_interval=MOMENT / 4)
        except Timeout:
            message = f"{other} holds {path}; wait for it to end"
            raise LockHeld(message) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _shared(path: Path, message: str) -> Iterator[None]:
    """Hold a lock that many may share, but nobody who holds it alone."""
    import fcntl  # noqa: PLC0415 (only on POSIX)

    with durable.explained(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with durable.explained(path):
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LockHeld(message) from None
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)  # also where a child that was forked has it too
    finally:
        os.close(handle)


@contextmanager
def recorded(job: Job, verb: str) -> Iterator[Record]:
    """Hold the locks of a job and its output while a verb is carried out; write its run.json."""
    record = Record.of(job, verb)
    try:
        with locked(job), writing(job):
            yield record
            record.close("done")
    except BaseException as error:
        hide_in_error(error, job.resolved.hidden)
        record.close(status_of(error), error)
        raise
