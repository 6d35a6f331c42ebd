"""One task on many payloads, handed out to a crew of workers; results come in order."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any, Protocol, TypeVar

from labelmill.errors import WorkersLost
from labelmill.pipeline import ending
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.crew import MachineLost, WorkerDied
from labelmill.pipeline.worker import RAISED

Payload = TypeVar("Payload")
Result = TypeVar("Result")
Task = Callable[[BoundJob, Payload], Result]

Attempt = Callable[[Task[Any, Any], Any], str | None]
"""Carries out a task in a process of its own; says how the process ended, or None if it lives."""

Rescue = Callable[[Payload, str, Attempt], None]
"""Called with a payload that ended two processes, and how; it must make the payload harmless."""

AHEAD = 4
MOST_AHEAD = 16
"""So many tasks for each worker may be done before the first of them is asked for: a few, or as
many as two runs have, up to the larger number."""

LOSSES = 3
"""So often a task may be lost with its machine and is handed out again."""


class Crew(Protocol):
    """Workers that take one task at a time, wherever they are.

    `workers` are those at work, those that died replaced; each has `up` and `send(task, payload)`.
    """

    workers: list[Any]

    def listen(self, busy: Collection[Any]) -> Iterator[tuple[Any, tuple[str, Any] | WorkerDied]]:
        """Wait for a while; give what workers say and which of them died, and replace these."""
        ...

    def relieve(self, worker: Any) -> None:
        """Replace a worker that has done its share."""
        ...

    def attempt(self, task: Task[Any, Any], payload: Any) -> str | None:
        """Carry out a task in a process apart (see `Attempt`)."""
        ...


class Handout(Iterable[Any]):
    """One task on many payloads, as far as it has come."""

    def __init__(
        self,
        crew: Crew,
        task: Task[Any, Any],
        payloads: Sequence[Any],
        rescue: Rescue[Any] | None,
        runs: Sequence[int],
    ) -> None:
        """Nothing is handed out yet; the arguments are those of `Executor.map`."""
        self._crew = crew
        self._task = task
        self._payloads = payloads
        self._rescue = rescue
        self._runs = runs or [0] * len(payloads)
        longest = max(Counter(runs).values(), default=0)
        self._ahead = max(AHEAD, min(2 * longest, MOST_AHEAD)) * len(crew.workers)
        self._waiting = list(range(len(payloads)))
        self._last_run: dict[Any, int] = {}
        self._busy: dict[Any, int] = {}
        self._results: dict[int, Any] = {}
        self._deaths: Counter[int] = Counter()
        self._losses: Counter[int] = Counter()

    def __iter__(self) -> Iterator[Any]:
        return map(self._result, range(len(self._payloads)))

    def _result(self, place: int) -> Any:
        """The result for one payload; those before it were taken already."""
        while place not in self._results:
            if not ending.told():
                self._hand_out(place)
            elif not self._busy:
                ending.check()
            for worker, said in self._crew.listen(self._busy):
                self._note(worker, said)
        return self._results.pop(place)

    def _hand_out(self, place: int) -> None:
        for worker in self._crew.workers:
            if not worker.up or worker in self._busy:
                continue
            chosen = self._chosen(worker, place + self._ahead)
            if chosen is None:
                return
            self._waiting.remove(chosen)
            self._busy[worker] = chosen
            self._last_run[worker] = self._runs[chosen]
            worker.send(self._task, self._payloads[chosen])

    def _chosen(self, worker: Any, last: int) -> int | None:
        """The next of the run that a worker is at, else of one that nobody is at, else any."""
        near = takewhile(lambda place: place <= last, self._waiting)
        mine = self._last_run.get(worker)
        others = (other for other in self._crew.workers if other is not worker)
        taken = {self._last_run.get(other) for other in others}
        return min(
            near,
            key=lambda place: (self._runs[place] != mine, self._runs[place] in taken, place),
            default=None,
        )

    def _note(self, worker: Any, said: tuple[str, Any] | WorkerDied) -> None:
        place = self._busy.pop(worker, None)
        if place is None:
            return  # one that died with nothing to do; another stands in its place
        if isinstance(said, MachineLost):
            self._hand_back(place, str(said))
        elif isinstance(said, WorkerDied):
            self._recover(place, str(said))
        else:
            self._keep(place, worker, said)

    def _keep(self, place: int, worker: Any, said: tuple[str, Any]) -> None:
        self._results[place] = value_of(said)
        self._crew.relieve(worker)

    def _hand_back(self, place: int, how: str) -> None:
        """Wait for another machine to take a task, as often as it cannot be the task's fault."""
        self._losses[place] += 1
        if self._losses[place] > LOSSES:
            message = (
                f"one task was at work on {self._losses[place]} workers that were lost: {how}; run "
                "again when the cluster is well"
            )
            raise WorkersLost(message)
        insort(self._waiting, place)

    def _recover(self, place: int, how: str) -> None:
        self._deaths[place] += 1
        if self._deaths[place] == 2 and self._rescue is not None:
            self._rescue(self._payloads[place], how, self._crew.attempt)
        elif self._deaths[place] >= 2:
            message = (
                f"a worker process died again on the same task: {how}; run again, with fewer "
                "workers or a smaller execution.shard_rows if memory is short"
            )
            raise WorkersLost(message)
        insort(self._waiting, place)


def value_of(said: tuple[str, Any] | None) -> Any:
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
