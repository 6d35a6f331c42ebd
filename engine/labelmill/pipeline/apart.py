"""A process apart from others, for whoever wants one task done and waits for it."""

from multiprocessing.connection import wait
from typing import Any

from labelmill.errors import WorkersLost
from labelmill.pipeline.crew import (
    CANNOT_START,
    LOOK,
    STARTS,
    TOO_LARGE,
    Outfit,
    Worker,
    WorkerDied,
)


class Apart:
    """One process at a time, which is replaced when it has died or is worn."""

    def __init__(self, outfit: Outfit, memory: int) -> None:
        """No process is started yet.

        Args:
            outfit: what each process gets.
            memory: bytes that it may take.
        """
        self._outfit = outfit
        self._memory = memory
        self._worker: Worker | None = None
        self._leaving: list[Worker] = []

    def begin(self) -> Worker:
        """Start the process, if there is none, and do not wait for it."""
        self._worker = self._worker or Worker(self._outfit)
        return self._worker

    def ready(self) -> Worker:
        """The process, once it is up.

        Raises:
            WorkersLost: if none can be started.
        """
        for _ in range(STARTS):
            worker = self.begin()
            try:
                while not worker.up:
                    self._heard(worker)
            except WorkerDied as death:
                self._drop()
                last = str(death)
            else:
                return worker
        raise WorkersLost(CANNOT_START.format(last))

    def answer(self, task: Any, payload: Any) -> tuple[str, Any] | None:
        """Carry out a task; gives what the process says of it.

        Raises:
            WorkerDied: if the process died of it.
            WorkersLost: if none can be started.
        """
        worker = self.ready()
        try:
            worker.send(task, payload)
            said = self._heard(worker)
        except WorkerDied:
            self._drop()
            raise
        if worker.is_worn(self._memory):
            self._drop()
        return said

    def everyone(self) -> list[Worker]:
        """All processes that may still be there."""
        return [*self._leaving, *([self._worker] if self._worker is not None else [])]

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.dismiss()
            self._leaving = [w for w in [*self._leaving, self._worker] if w.is_alive()]
            self._worker = None

    def _heard(self, worker: Worker) -> tuple[str, Any] | None:
        """What the process says next.

        Raises:
            WorkerDied: if it died or took too much memory.
        """
        while not wait([worker.connection], LOOK):
            if worker.memory() > self._memory:
                worker.kill()
                raise WorkerDied(TOO_LARGE)
        return worker.listen()
