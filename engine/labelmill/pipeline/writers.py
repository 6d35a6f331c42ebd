"""Who may write to an output: one process at a time, and one job.

The lock of a job keeps out runs that share its state. Two jobs, or one job with two states, know
nothing of each other but the output, so there is a lock in it too. The system frees it when the
process ends, however it ends.
"""

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from errno import EACCES, EPERM, EROFS
from pathlib import Path

from labelmill.config.spec import Job
from labelmill.errors import LockHeld, UsageError
from labelmill.io import durable
from labelmill.pipeline.outputs import local_output
from labelmill.pipeline.publish import live_manifest, manifest_of, snapshot_folder
from labelmill.pipeline.views import live_view

LOCK = ".lock"
_READ_ONLY = (EACCES, EPERM, EROFS)
_HELD: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())
"""The outputs whose lock is held here, so that a run of several partitions holds it throughout."""


@contextmanager
def writing(job: Job) -> Iterator[None]:
    """Hold the lock of a job's output, where there is one already.

    A folder that is not there, or that nobody may write to, has nothing to be held: whoever makes
    it asks again.

    Raises:
        LockHeld: if another process holds it.
    """
    output = Path(job.output)
    if "://" in job.output or not output.is_dir() or output.resolve() in _HELD.get():
        yield
        return
    handle = _opened(output / LOCK)
    if handle is None:
        yield
        return
    try:
        _lock(handle, job)
        before = _HELD.set(_HELD.get() | {output.resolve()})
        try:
            yield
        finally:
            _HELD.reset(before)
            _note(handle, "")
            fcntl.flock(handle, fcntl.LOCK_UN)  # also where a child that was forked has it too
    finally:
        os.close(handle)


def check_owner(job: Job) -> None:
    """Make sure that what is live in a job's output is not another job's.

    An output is its own where anything is live in it that it made itself.

    Raises:
        UsageError: names the other job.
    """
    for message in told_of_owner(job):
        raise UsageError(message)


def told_of_owner(job: Job) -> tuple[str, ...]:
    """What is said where all that is live in a job's output is another job's."""
    other = _owner(local_output(job), job.name)
    if other is None:
        return ()
    message = (
        f"output: {job.output}: what is live there is of job '{other}', not of '{job.name}'; "
        "give each job an output of its own, or, if this job has only got another name or "
        "shall replace the other, run it once with --take-over"
    )
    return (message,)


def _owner(output: Path, name: str) -> str | None:
    """The job whose snapshots are live, if none of them is of the named one."""
    view = live_view(output)
    if view is None:
        manifests = iter([live_manifest(output, None)])
    else:
        newest_first = reversed([*view.snapshots.values()])
        manifests = (manifest_of(snapshot_folder(output, id_)) for id_ in newest_first)
    other: str | None = None
    for manifest in manifests:
        found = (manifest or {}).get("job")
        if found == name:
            return None
        other = other or found
    return other


def _opened(path: Path) -> int | None:
    """The file of a lock; None where nobody may write beside it, and so nothing can go live."""
    with durable.explained(path):
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            if error.errno in _READ_ONLY and not os.access(path.parent, os.W_OK):
                return None
            raise


def _lock(handle: int, job: Job) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.pread(handle, 1000, 0).decode("utf-8", "replace").strip()
        message = f"output: {job.output}: {who or 'another run'} writes to it; wait for it to end"
        raise LockHeld(message) from None
    _note(handle, f"job '{job.name}' (process {os.getpid()} on {platform.node()})")


def _note(handle: int, text: str) -> None:
    """Say in the file who holds it; a full disk keeps nobody from holding it."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)
