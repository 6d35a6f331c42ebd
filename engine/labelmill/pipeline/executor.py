"""Executors: who carries out the tasks of a stage. Any executor gives the same bytes."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import wait
from time import monotonic
from typing import Any, Protocol

from labelmill.config.spec import Job
from labelmill.errors import WorkersLost
from labelmill.pipeline import ending
from labelmill.pipeline.apart import Apart
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.crew import (
    CANNOT_START,
    FAREWELL,
    LOOK,
    SHARE,
    STARTS,
    TOO_LARGE,
    Outfit,
    Worker,
    WorkerDied,
    machine_memory,
)
from labelmill.pipeline.handout import Handout, Payload, Rescue, Result, Task, value_of
from labelmill.text.scan import Kit


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
        self.workers: list[Worker] = [Worker(self._outfit) for _ in range(workers)]
        self._leaving: list[Worker] = []
        self._apart = Apart(self._outfit, self._memory)
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
        yield from Handout(self, task, payloads, rescue, runs)

    def attempt(self, task: Task[Any, Any], payload: Any) -> str | None:
        """Carry out a task in a process apart; say how it ended, or None if it lives on.

        Raises:
            LabelmillError: what the task raised.
            WorkersLost: if no process can be started.
        """
        try:
            value_of(self._apart.answer(task, payload))
        except WorkerDied as death:
            return str(death)
        return None

    def listen(
        self, busy: Collection[Worker]
    ) -> Iterator[tuple[Worker, tuple[str, Any] | WorkerDied]]:
        """Wait for a while; give what workers say and which of them died, and replace these."""
        for connection in wait([worker.connection for worker in self.workers], LOOK):
            worker = next(w for w in self.workers if w.connection is connection)
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
        if worker.is_worn(self._memory):
            worker.dismiss()
            worker.leave(FAREWELL)  # its memory is free before the next one takes some
            self._leaving = [w for w in [*self._leaving, worker] if w.is_alive()]
            self.workers[self.workers.index(worker)] = Worker(self._outfit)

    def _replace(self, worker: Worker, death: WorkerDied) -> None:
        worker.dismiss()
        self._failed_starts += not worker.up
        if self._failed_starts >= STARTS:
            raise WorkersLost(CANNOT_START.format(death))
        self.workers[self.workers.index(worker)] = Worker(self._outfit)

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

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        everyone = [*self.workers, *self._leaving, *self._apart.everyone()]
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
