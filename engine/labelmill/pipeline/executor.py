"""Executors: who carries out the tasks of a stage. Any executor gives the same bytes."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from labelmill.config.spec import Resolved
from labelmill.errors import LabelmillError, WorkersLost
from labelmill.pipeline.bind import BoundJob

Payload = TypeVar("Payload")
Result = TypeVar("Result")
Task = Callable[[BoundJob, Payload], Result]

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Set to 1 in workers: threaded sums depend on the number of cores."""


class Executor(Protocol):
    """Carries out one task on many payloads; results come in the order of the payloads."""

    def map(self, task: Task[Payload, Result], payloads: Sequence[Payload]) -> Iterator[Result]:
        """Yield the result for each payload."""
        ...


class InProcess:
    """Carries out tasks one after the other, here."""

    def __init__(self, bound: BoundJob) -> None:
        """Tasks get this bound job."""
        self._bound = bound

    def map(self, task: Task[Payload, Result], payloads: Sequence[Payload]) -> Iterator[Result]:
        """Yield the result for each payload."""
        for payload in payloads:
            yield task(self._bound, payload)


class Processes(AbstractContextManager["Processes"]):
    """Carries out tasks in spawned processes; each binds the job for itself, once."""

    def __init__(self, resolved: Resolved, workers: int) -> None:
        """Start the processes when the first task comes."""
        for name in THREAD_LIMITS:
            os.environ.setdefault(name, "1")
        self._pool = ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_start_worker, initargs=(resolved,)
        )

    def map(self, task: Task[Payload, Result], payloads: Sequence[Payload]) -> Iterator[Result]:
        """Yield the result for each payload.

        Raises:
            WorkersLost: if a process died.
        """
        with _workers_deaf_to_interrupts():
            futures: list[Future[Result]] = [
                self._pool.submit(_carry_out, task, payload) for payload in payloads
            ]
        try:
            for future in futures:
                yield future.result()
        except BrokenProcessPool as error:
            message = (
                "a worker process died (out of memory, or ended from outside); run again, with "
                "fewer workers if memory is short. A script must call run() below "
                "`if __name__ == '__main__':`, for workers read the script too"
            )
            raise WorkersLost(message) from error
        finally:
            for future in futures:
                future.cancel()

    def __exit__(self, *failure: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _workers_deaf_to_interrupts() -> Iterator[None]:
    """Processes that start here never see Ctrl-C: they finish their task, and this one decides."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_BOUND: list[BoundJob | LabelmillError] = []


def _start_worker(resolved: Resolved) -> None:
    """Bind the job; what is wrong with it is told by the first task, for here it would be lost."""
    from labelmill import kinds  # noqa: PLC0415 (registers the types in a fresh process)
    from labelmill.config import build  # noqa: PLC0415

    kinds.register_all()
    try:
        _BOUND[:] = [BoundJob(build(resolved))]
    except LabelmillError as error:
        _BOUND[:] = [error]


def _carry_out(task: Callable[[BoundJob, Any], Any], payload: Any) -> Any:
    (bound,) = _BOUND
    if isinstance(bound, LabelmillError):
        raise bound
    return task(bound, payload)
