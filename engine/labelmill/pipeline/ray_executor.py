"""Tasks carried out by the workers of a Ray cluster.

Ray starts workers on its machines, says which of them are gone, and carries tasks and answers.
What is read, written, named and tried again is decided here and in the tasks, as it is without a
cluster.
"""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import WorkersLost
from labelmill.io import durable
from labelmill.pipeline.crew import CANNOT_START, LOOK, STARTS, MachineLost, WorkerDied
from labelmill.pipeline.handout import LOSSES, Handout, Payload, Rescue, Result, Task, value_of
from labelmill.pipeline.outputs import local_output
from labelmill.pipeline.ray_connection import entered
from labelmill.pipeline.ray_host import DIED, Host, Premises, this_machine
from labelmill.pipeline.worker import RAISED
from labelmill.text.scan import Kit

PATIENCE = 300.0
"""Seconds in which some worker must have come up; a cluster may have to start machines first."""

CPUS = 1
"""Of its machine's, so many are taken by a worker."""


class RayWorker:
    """A host on some machine, as seen from here; `pending` is what it was last asked."""

    def __init__(self, actor: Any) -> None:
        """It was not asked anything yet."""
        self.actor = actor
        self.pending: Any = None
        self.up = False

    def send(self, task: Any, payload: Any) -> None:
        """Hand over a task."""
        self.pending = self.actor.answer.remote(task, payload)


class RayWorkers:
    """Carries out tasks on the machines of a Ray cluster that this process is connected to."""

    def __init__(self, job: Job, workers: int, memory: int | None, premises: Premises) -> None:
        """Ask for so many workers, and do not wait for them.

        Args:
            job: what they work on.
            workers: how many.
            memory: bytes that each may take; by default its share of its machine's.
            premises: what every machine must be like.
        """
        import ray  # noqa: PLC0415 (heavy, and an extra)

        self._ray: Any = ray
        self._job = job
        self._memory = memory
        self._told = self._ray.put(premises)
        self._kit = self._ray.put(None)
        self._asleep = [self._worker() for _ in range(workers)]
        self.workers: list[RayWorker] = []
        self._apart: RayWorker | None = None
        self._failed_starts = 0
        self._last_up = monotonic()

    def equip(self, kit: Kit | None) -> None:
        """Give workers on this machine a compiled scan."""
        self._kit = self._ray.put(kit)

    def map(
        self,
        task: Task[Payload, Result],
        payloads: Sequence[Payload],
        rescue: Rescue[Payload] | None = None,
        runs: Sequence[int] = (),
    ) -> Iterator[Result]:
        """Yield the result for each payload (see `Executor.map`).

        Raises:
            WorkersLost: if processes die, or machines are lost, whatever is tried.
        """
        self._wake()
        yield from Handout(self, task, payloads, rescue, runs)

    def attempt(self, task: Task[Any, Any], payload: Any) -> str | None:
        """Carry out a task on a worker apart; say how its process ended, or None if it lives on.

        Raises:
            LabelmillError: what the task raised.
            WorkersLost: if none can be started.
        """
        for _ in range(LOSSES + 1):
            worker = self._apart = self._apart or self._begun(self._worker(cpus=0))
            try:
                if not worker.up:
                    self._said(worker)
                worker.send(task, payload)
                value_of(self._said(worker))
            except MachineLost as loss:
                self._drop(worker)
                self._apart, last = None, loss
            except WorkerDied as death:
                return str(death)
            else:
                return None
        raise WorkersLost(CANNOT_START.format(last))

    def listen(
        self,
        busy: Collection[RayWorker],  # noqa: ARG002 (a host looks after its process itself)
    ) -> Iterator[tuple[RayWorker, tuple[str, Any] | WorkerDied]]:
        """Wait for a while; give what workers say and which of them are lost, and replace these.

        Raises:
            WorkersLost: if no worker comes up.
        """
        asked = {worker.pending: worker for worker in self.workers if worker.pending is not None}
        if not asked:
            sleep(LOOK)
            return
        ready, _ = self._ray.wait(list(asked), num_returns=1, timeout=LOOK)
        for worker in [asked[reference] for reference in ready]:
            starting = not worker.up
            try:
                said = self._said(worker)
            except MachineLost as loss:
                self._replace(worker, loss)
                yield worker, loss
            except WorkerDied as death:
                yield worker, death
            else:
                if not starting:
                    yield worker, said
        self._check_up()

    def relieve(self, worker: RayWorker) -> None:
        """A host replaces its process itself."""

    def close(self) -> None:
        """Let all workers go; where the cluster is gone, they are too."""
        for worker in (*self._asleep, *self.workers, *([self._apart] if self._apart else [])):
            self._drop(worker)

    def _wake(self) -> None:
        """Let those begin that wait for a compiled scan."""
        self.workers += [self._begun(worker) for worker in self._asleep]
        self._asleep = []
        self._last_up = monotonic()

    def _worker(self, cpus: int | None = None) -> RayWorker:
        """Ask for a worker; where it stands is Ray's to say, on as many machines as there are."""
        kind = self._ray.remote(Host).options(
            num_cpus=CPUS if cpus is None else cpus,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )
        cores = int(max(node["Resources"].get("CPU", 1) for node in self._ray.nodes()))
        return RayWorker(kind.remote(self._job, self._memory, cores))

    def _begun(self, worker: RayWorker) -> RayWorker:
        worker.pending = worker.actor.begin.remote(self._told, self._kit, this_machine())
        return worker

    def _said(self, worker: RayWorker) -> tuple[str, Any]:
        """What a worker answers, once it does.

        Raises:
            MachineLost: if it is gone.
            WorkerDied: if its process died, and it is still there.
            LabelmillError: if it cannot begin.
        """
        errors = self._ray.exceptions
        try:
            said: tuple[str, Any] = self._ray.get(worker.pending)
        except errors.RayTaskError as error:
            said = RAISED, error.cause if isinstance(error.cause, Exception) else error
        except errors.RayError as error:
            raise MachineLost(_loss(error)) from error
        finally:
            worker.pending = None
        if said[0] == DIED:
            raise WorkerDied(said[1])
        if not worker.up:
            value_of(said)
            worker.up = True
        self._failed_starts = 0
        self._last_up = monotonic()
        return said

    def _replace(self, worker: RayWorker, loss: MachineLost) -> None:
        self._drop(worker)
        self._failed_starts += not worker.up
        if self._failed_starts >= STARTS * len(self.workers):
            raise WorkersLost(CANNOT_START.format(loss))
        self.workers[self.workers.index(worker)] = self._begun(self._worker())

    def _drop(self, worker: RayWorker) -> None:
        with suppress(self._ray.exceptions.RayError, ConnectionError):
            self._ray.kill(worker.actor, no_restart=True)

    def _check_up(self) -> None:
        """Give up where no worker has been up for long.

        Raises:
            WorkersLost: says what the cluster has.
        """
        if any(worker.up for worker in self.workers):
            self._last_up = monotonic()
        elif monotonic() - self._last_up > PATIENCE:
            has = self._ray.cluster_resources().get("CPU", 0)
            free = self._ray.available_resources().get("CPU", 0)
            message = (
                f"no Ray worker came up within {PATIENCE:g} s: the cluster has {has:g} CPUs, of "
                f"which {free:g} are free, and each worker takes one"
            )
            raise WorkersLost(message)


@contextmanager
def ray_workers(
    job: Job, workers: int | None, most: int, memory: int | None
) -> Iterator[RayWorkers]:
    """Workers on the cluster that the job names; where it names none, one is started here.

    Args:
        job: the job.
        workers: how many; by default one for each CPU of the cluster.
        most: no more than these, whatever the cluster has.
        memory: bytes that each may take.

    Raises:
        BadParameter: if ray is not installed, or the cluster cannot be reached.
    """
    with ExitStack() as stack:
        ray = entered(job, stack, min(workers or most, most))
        marks = stack.enter_context(_marks((job.state_folder, local_output(job))))
        cluster = int(ray.cluster_resources().get("CPU", 1))
        asked = min(workers or max(1, cluster), most)
        found = RayWorkers(job, asked, memory, Premises.here(job.root, marks))
        stack.callback(found.close)
        yield found


@contextmanager
def _marks(folders: Sequence[Path]) -> Iterator[Mapping[Path, str]]:
    """Files that show to other machines that they see what this one sees."""
    token = secrets.token_hex(16)
    marks = {folder / f".{token[:8]}.ray.tmp": token for folder in folders}
    try:
        for path, text in marks.items():
            durable.write_loose(path, text.encode("ascii"))
        yield marks
    finally:
        for path in marks:
            durable.remove_folder(path)


def _loss(error: BaseException) -> str:
    """Why a worker is lost: of what Ray says of it, the sentence that tells most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    why = next((line for line in lines if "is dead because" in line), lines[0] if lines else "")
    sentences = why.split(". ")[:2]
    return f"{type(error).__name__}: {'. '.join(sentences)}"
