"""What the stages of one run share: the bound job, who works, and who is told of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from labelmill.pipeline import ending
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.executor import Executor
from labelmill.pipeline.handout import Rescue, Task
from labelmill.pipeline.leases import check_leases
from labelmill.pipeline.telling import Progress

Payload = TypeVar("Payload")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Shop:
    """What the stages of one run share: the bound job, who works, and who is told of it.

    `seconds` adds up what each stage took.
    """

    bound: BoundJob
    executor: Executor
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    def each(
        self,
        stage: str,
        task: Task[Payload, Result],
        payloads: Sequence[Payload],
        rescue: Rescue[Payload] | None = None,
        runs: Sequence[int] = (),
    ) -> Iterator[Result]:
        """Carry out a stage, and give the results in order as they come.

        `rescue` sees to payloads that end processes; `runs` says which should be done by one
        process (see `Executor.map`).
        """
        ending.check()
        self.progress(stage, 0, len(payloads))
        started = perf_counter()
        for done, result in enumerate(self.executor.map(task, payloads, rescue, runs), 1):
            yield result
            check_leases()
            self.progress(stage, done, len(payloads))
        self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - started
