"""What becomes of a shard whose rows end the process that labels them: those rows are left out."""

from dataclasses import dataclass

from labelmill.errors import OverBudget, WorkersLost
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.deadly import write_deadly
from labelmill.pipeline.executor import Attempt
from labelmill.pipeline.rows import read_rows
from labelmill.pipeline.stages import Work, table_of
from labelmill.pipeline.voting import vote


@dataclass(frozen=True, slots=True)
class Trial:
    """Some rows of a shard, to be voted on only to see whether the process lives through it."""

    work: Work
    start: int
    stop: int


def try_rows(bound: BoundJob, trial: Trial) -> None:
    """Prepare some rows of a shard and vote on them as the label stage does; write nothing."""
    work = trial.work
    table = table_of(bound, work.shard).slice(trial.start, trial.stop - trial.start)
    rows = read_rows(bound, table, work.shard.file.name)
    ballot = vote(bound, rows.batch)
    bound.items.patterns(ballot.votes, rows.batch, bound.space, len(bound.names))


@dataclass
class LabelRescue:
    """Finds the rows of a shard that end a process, by halves, and notes them for the next try.

    Each such row has ended a process all by itself. There may be no more than `allowed` of them
    in a run of so many `rows`, for then it would be stopped in the end anyway.
    """

    allowed: int
    rows: int
    found: int = 0

    def __call__(self, work: Work, how: str, attempt: Attempt) -> None:
        """Find the rows.

        Raises:
            OverBudget: if there are too many.
            WorkersLost: if no row ends a process by itself.
        """
        deadly: dict[int, str] = {}
        ranges = [(0, len(work.shard))]
        while ranges:
            start, stop = ranges.pop()
            for low, high in _halves(start, stop):
                died = attempt(try_rows, Trial(work, low, high))
                if died is not None and high - low > 1:
                    ranges.append((low, high))
                elif died is not None:
                    deadly[low] = died
                    self._count(work, low, died)
        if not deadly:
            raise WorkersLost(_puzzle(work, how))
        write_deadly(work.file("deadly"), deadly)

    def _count(self, work: Work, row: int, how: str) -> None:
        self.found += 1
        if self.found > self.allowed:
            message = (
                f"a worker process died on {self.found} of {self.rows} rows or more, "
                f"{self.allowed} allowed; nothing was published; the last: {_place(work, row)}: "
                f"{how}"
            )
            raise OverBudget(message)


def _halves(start: int, stop: int) -> list[tuple[int, int]]:
    """A range of rows cut in two; a single row stays as it is."""
    middle = (start + stop) // 2
    return [half for half in ((start, middle), (middle, stop)) if half[0] < half[1]]


def _place(work: Work, row: int) -> str:
    return f"{work.shard.file.name}, row {work.shard.start + row}"


def _puzzle(work: Work, how: str) -> str:
    last = work.shard.start + len(work.shard) - 1
    return (
        f"{_place(work, 0)} to {last}: labeling them ended two worker processes ({how}), but no "
        "row does so by itself; run again, with a smaller execution.shard_rows or fewer workers "
        "if memory is short"
    )
