"""Executors: who carries out the tasks of a stage. Any executor gives the same bytes."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from multiprocessing.connection import wait
from time import monotonic
from typing import Any, Protocol, TypeVar

from labelmill.config.spec import Job
from labelmill.errors import WorkersLost
from labelmill.pipeline import ending
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.crew import Outfit, Worker, WorkerDied, machine_memory
from labelmill.pipeline.worker import RAISED
from labelmill.text.scan import Kit

Payload = TypeVar("Payload")
Result = TypeVar("Result")
Task = Callable[[BoundJob, Payload], Result]

Attempt = Callable[[Task[Any, Any], Any], str | None]
"""Carries out a task in a process of its own; says how the process ended, or None if it lives."""

Rescue = Callable[[Payload, str, Attempt], None]
"""Called with a payload that ended two processes, and how; it must make the payload harmless."""

SHARE = 0.8
"""Of the machine's memory, what all workers together may take by default."""

TASKS = 200
"""After so many tasks a worker is replaced by a fresh one, whose memory is not in pieces."""

AHEAD = 4
MOST_AHEAD = 16
"""So many tasks for each worker may be done before the first of them is asked for: a few, or as
many as two runs have, up to the larger number."""

LOOK = 0.2
"""Seconds between two looks at the memory of workers."""

STARTS = 3
"""So many workers in a row may die before they are up."""


class Executor(Protocol):
    """Carries out one task on many payloads; results come in the order of the payloads."""

    def map(
        self,
        task: Task[Payload, Result],
        payloads: Sequence[Payload],
        rescue: Rescue[Payload] | None = None,
        runs: Sequence[int] = (),
    ) -> Iterator[Result]:
        """Yield the result for each payload.

        Args:
            task: what is done with each.
            payloads: what it is done with.
            rescue: sees to payloads that end processes.
            runs: a number for each payload; those with one number stand together, and take least
                where one process has them one after the other.
        """
        ...


class InProcess:
    """Carries out tasks one after the other, here."""

    def __init__(self, bound: BoundJob) -> None:
        """Tasks get this bound job."""
        self._bound = bound

    def map(
        self,
        task: Task[Payload, Result],
        payloads: Sequence[Payload],
        rescue: Rescue[Payload] | None = None,  # noqa: ARG002 (here nobody outlives a crash)
        runs: Sequence[int] = (),  # noqa: ARG002 (here everything is done in order)
    ) -> Iterator[Result]:
        """Yield the result for each payload."""
        for payload in payloads:
            ending.check()
            yield task(self._bound, payload)


class Processes(AbstractContextManager["Processes"]):
    """Carries out tasks in processes of their own; each binds the job for itself, once.

    A process that dies is replaced and its task tried again. A task that ends a second process is
    handed to a rescue, where there is one, and tried for the last time. A process that takes more
    memory than it may is ended, which counts as dying.
    """

    def __init__(self, job: Job, workers: int, memory: int | None = None) -> None:
        """Start so many processes; `memory` is what each may take, in bytes."""
        self._outfit = Outfit(job)
        self._memory = memory or int(machine_memory() * SHARE / workers)
        self._workers: list[Worker] = [Worker(self._outfit) for _ in range(workers)]
        self._leaving: list[Worker] = []
        self._apart: Worker | None = None
        self._failed_starts = 0
        self._looked = 0.0

    def equip(self, kit: Kit | None) -> None:
        """Give workers a compiled scan; those that were told of the job already go without."""
        self._outfit.kit = kit

    def map(
        self,
        task: Task[Payload, Result],
        payloads: Sequence[Payload],
        rescue: Rescue[Payload] | None = None,
        runs: Sequence[int] = (),
    ) -> Iterator[Result]:
        """Yield the result for each payload.

        Raises:
            WorkersLost: if processes die whatever is tried.
        """
        stage = _Stage(self, task, payloads, rescue, runs)
        for place in range(len(payloads)):
            yield stage.result(place)

    def attempt(self, task: Task[Any, Any], payload: Any) -> str | None:
        """Carry out a task in a process apart; say how it ended, or None if it lives on.

        Raises:
            LabelmillError: what the task raised.
            WorkersLost: if no process can be started.
        """
        worker = self._apart = self._apart or self._started()
        try:
            worker.send(task, payload)
            _read(self._heard(worker))
        except WorkerDied as death:
            worker.dismiss()
            self._apart = None
            return str(death)
        return None

    def __len__(self) -> int:
        return len(self._workers)

    def workers(self) -> Sequence[Worker]:
        """The processes at work, those that died replaced."""
        return self._workers

    def free(self, busy: Collection[Worker]) -> Iterator[Worker]:
        """The workers that are up and have nothing to do."""
        return (worker for worker in self._workers if worker.up and worker not in busy)

    def listen(
        self, busy: Collection[Worker]
    ) -> Iterator[tuple[Worker, tuple[str, Any] | WorkerDied]]:
        """Wait for a while; give what workers say and which of them died, and replace these."""
        for connection in wait([worker.connection for worker in self._workers], LOOK):
            worker = next(w for w in self._workers if w.connection is connection)
            try:
                said = worker.listen()
            except WorkerDied as death:
                self._replace(worker, death)
                yield worker, death
            else:
                self._failed_starts = 0
                if said is not None:
                    yield worker, said
        yield from self._grown(busy)

    def relieve(self, worker: Worker) -> None:
        """Replace a worker that has done its share, or whose memory has grown with its tasks."""
        memory = worker.memory()
        worker.first_memory = worker.first_memory or memory
        grown = memory > self._memory / 2 and memory > 1.5 * worker.first_memory
        if grown or worker.tasks >= TASKS:
            worker.dismiss()
            self._leaving = [w for w in [*self._leaving, worker] if w.is_alive()]
            self._workers[self._workers.index(worker)] = Worker(self._outfit)

    def _replace(self, worker: Worker, death: WorkerDied) -> None:
        worker.dismiss()
        self._failed_starts += not worker.up
        if self._failed_starts >= STARTS:
            raise WorkersLost(CANNOT_START.format(death))
        self._workers[self._workers.index(worker)] = Worker(self._outfit)

    def _grown(self, busy: Collection[Worker]) -> Iterator[tuple[Worker, WorkerDied]]:
        """End the workers whose task takes too much memory; looked at only every so often."""
        if monotonic() - self._looked < LOOK:
            return
        self._looked = monotonic()
        for worker in tuple(busy):
            if worker.memory() > self._memory:
                worker.kill()
                death = WorkerDied(TOO_LARGE)
                self._replace(worker, death)
                yield worker, death

    def _started(self) -> Worker:
        """A process apart from the others that is up."""
        for _ in range(STARTS):
            worker = Worker(self._outfit)
            try:
                while not worker.up:
                    self._heard(worker)
            except WorkerDied as death:
                worker.dismiss()
                last = str(death)
            else:
                return worker
        raise WorkersLost(CANNOT_START.format(last))

    def _heard(self, worker: Worker) -> tuple[str, Any] | None:
        """What one worker says next.

        Raises:
            WorkerDied: if it died or took too much memory.
        """
        while not wait([worker.connection], LOOK):
            if worker.memory() > self._memory:
                worker.kill()
                raise WorkerDied(TOO_LARGE)
        return worker.listen()

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        everyone = [*self._workers, *self._leaving, *([self._apart] if self._apart else [])]
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            for worker in everyone:
                worker.kill()  # what was to be finished is finished, or its time is over
        for worker in everyone:
            worker.dismiss()
        try:
            for worker in everyone:
                worker.wait()
        finally:
            for worker in everyone:
                worker.kill()


CANNOT_START = "worker processes cannot start: {}; if they said why, it stands above"
TOO_LARGE = "the process took more memory than a worker may (execution.memory_per_worker)"


class _Stage:
    """One task on many payloads, as far as it has come."""

    def __init__(
        self,
        processes: Processes,
        task: Task[Any, Any],
        payloads: Sequence[Any],
        rescue: Rescue[Any] | None,
        runs: Sequence[int],
    ) -> None:
        self._processes = processes
        self._task = task
        self._payloads = payloads
        self._rescue = rescue
        self._runs = runs or [0] * len(payloads)
        longest = max(Counter(runs).values(), default=0)
        self._ahead = max(AHEAD, min(2 * longest, MOST_AHEAD)) * len(processes)
        self._waiting = list(range(len(payloads)))
        self._last_run: dict[Worker, int] = {}
        self._busy: dict[Worker, int] = {}
        self._results: dict[int, Any] = {}
        self._deaths: Counter[int] = Counter()

    def result(self, place: int) -> Any:
        """The result for one payload; those before it were taken already."""
        while place not in self._results:
            if not ending.told():
                self._hand_out(place)
            elif not self._busy:
                ending.check()
            for worker, said in self._processes.listen(self._busy):
                self._note(worker, said)
        return self._results.pop(place)

    def _hand_out(self, place: int) -> None:
        for worker in self._processes.free(self._busy):
            chosen = self._chosen(worker, place + self._ahead)
            if chosen is None:
                return
            self._waiting.remove(chosen)
            self._busy[worker] = chosen
            self._last_run[worker] = self._runs[chosen]
            worker.send(self._task, self._payloads[chosen])

    def _chosen(self, worker: Worker, last: int) -> int | None:
        """The next of the run that a worker is at, else of one that nobody is at, else any."""
        near = takewhile(lambda place: place <= last, self._waiting)
        mine = self._last_run.get(worker)
        others = (other for other in self._processes.workers() if other is not worker)
        taken = {self._last_run.get(other) for other in others}
        return min(
            near,
            key=lambda place: (self._runs[place] != mine, self._runs[place] in taken, place),
            default=None,
        )

    def _note(self, worker: Worker, said: tuple[str, Any] | WorkerDied) -> None:
        place = self._busy.pop(worker, None)
        if place is None:
            return  # one that died with nothing to do; another stands in its place
        if isinstance(said, WorkerDied):
            self._recover(place, str(said))
            return
        self._results[place] = _read(said)
        self._processes.relieve(worker)

    def _recover(self, place: int, how: str) -> None:
        self._deaths[place] += 1
        if self._deaths[place] == 2 and self._rescue is not None:
            self._rescue(self._payloads[place], how, self._processes.attempt)
        elif self._deaths[place] >= 2:
            message = (
                f"a worker process died again on the same task: {how}; run again, with fewer "
                "workers or a smaller execution.shard_rows if memory is short"
            )
            raise WorkersLost(message)
        insort(self._waiting, place)


def _read(said: tuple[str, Any] | None) -> Any:
    """A result.

    Raises:
        BaseException: the error that the task raised.
    """
    if said is None:
        return None
    kind, value = said
    if kind == RAISED:
        raise value
    return value
