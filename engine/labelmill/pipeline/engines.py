"""Which executor carries out the tasks of a job."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from os import cpu_count
from threading import current_thread, main_thread

from labelmill.config.spec import Job
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.executor import Executor, InProcess, Processes
from labelmill.pipeline.foreign import runs_foreign_code
from labelmill.pipeline.ray_executor import RayWorkers, ray_workers

ROWS_OF_A_SMALL_JOB = 5_000
"""A job with fewer rows is done in the calling process: a process of its own takes longer to
start than they do."""

ROWS_WORTH_A_WORKER = 50_000
"""So many rows of a job of declared functions take about as long as starting another process."""


@contextmanager
def executor_of(job: Job, n_shards: int, rows: int) -> Iterator[tuple[BoundJob, Executor]]:
    """Who carries out the tasks: this process where the job is small, else processes of its own.

    Off the main thread a time limit cannot stop a regular expression, so there it is always those.
    With `engine: ray` the processes stand on the machines of a cluster.
    """
    bound = BoundJob(job)
    asked, megabytes = job.execution.workers, job.execution.memory_per_worker
    small = asked is None and rows < ROWS_OF_A_SMALL_JOB and current_thread() is main_thread()
    if asked == 0 or small:
        yield bound, InProcess(bound)
        return
    workers = min(asked or default_workers(rows, slow=runs_foreign_code(job)), n_shards)
    memory = None if megabytes is None else megabytes * 1_000_000
    with _crew(job, workers, n_shards, memory) as processes:
        if rows >= ROWS_OF_A_SMALL_JOB:
            processes.equip(bound.compiled())  # once for all, while they start
        yield bound, processes


def _crew(
    job: Job, workers: int, n_shards: int, memory: int | None
) -> AbstractContextManager[Processes | RayWorkers]:
    execution = job.execution
    if execution.engine == "local":
        return Processes(job, workers, memory)
    if execution.address is None:
        return ray_workers(job, workers, n_shards, memory)
    return ray_workers(job, execution.workers, n_shards, memory)


def default_workers(rows: int, *, slow: bool) -> int:
    """Processes that a job of so many rows is worth, at most one a core.

    Args:
        rows: of the input.
        slow: whether the job runs code row by row, or a model, so that few rows are much work.

    Example:
        >>> default_workers(30_000, slow=False)
        1
    """
    worth = ROWS_OF_A_SMALL_JOB if slow else ROWS_WORTH_A_WORKER
    return max(1, min(cpu_count() or 1, rows // worth))
