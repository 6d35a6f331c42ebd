"""What becomes of a shard whose rows end the process that labels them: those rows are left out."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from labelmill.errors import OverBudget, WorkersLost
from labelmill.io import durable
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.deadly import write_deadly
from labelmill.pipeline.handout import Attempt
from labelmill.pipeline.rows import read_rows
from labelmill.pipeline.voting import vote
from labelmill.pipeline.works import Work, table_of

BLOCKS = 32
"""Rows are tried in so many blocks, so that each death says that much more of where it was."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Rows of a shard to be voted on, in blocks, only to see whether the process lives through it.

    The first row of the block at hand stands in the file `mark`, which outlives the process.
    """

    work: Work
    start: int
    stop: int
    mark: Path

    @property
    def step(self) -> int:
        """Rows of a block."""
        return ceil((self.stop - self.start) / BLOCKS)


def try_rows(bound: BoundJob, trial: Trial) -> None:
    """Prepare some rows of a shard and vote on them as the label stage does; write no result."""
    work = trial.work
    bound = bound.on_gold if work.gold else bound
    table = table_of(bound, work.shard)
    for start in range(trial.start, trial.stop, trial.step):
        with durable.new_file(trial.mark, lasting=False) as file:
            file.write(str(start).encode("ascii"))
        block = table.slice(start, min(trial.step, trial.stop - start))
        rows = read_rows(bound, block, work.shard.file.name)
        ballot = vote(bound, rows.batch)
        bound.items.patterns(ballot.votes, rows.batch, bound.space, len(bound.names))


@dataclass
class LabelRescue:
    """Finds the rows of a shard that end a process, and notes them for the next try.

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
            trial = Trial(work, *ranges.pop(), work.folder / f"mark-{work.number:05}")
            died = attempt(try_rows, trial)
            if died is None:
                continue
            block = _block(trial, how)
            if len(block) == 1:
                deadly[block.start] = died
                self._count(work, block.start, died)
            else:
                ranges.append((block.start, block.stop))
            if block.stop < trial.stop:
                ranges.append((block.stop, trial.stop))
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


def _block(trial: Trial, how: str) -> range:
    """The rows that were at hand when the process ended.

    Raises:
        WorkersLost: if it ended before it came to any row.
    """
    if not trial.mark.exists():
        raise WorkersLost(_puzzle(trial.work, how))
    start = int(trial.mark.read_text("ascii"))
    durable.remove_folder(trial.mark)
    return range(start, min(start + trial.step, trial.stop))


def _place(work: Work, row: int) -> str:
    return f"{work.shard.file.name}, row {work.shard.start + row}"


def _puzzle(work: Work, how: str) -> str:
    last = work.shard.start + len(work.shard) - 1
    return (
        f"{_place(work, 0)} to {last}: labeling them ended two worker processes ({how}), but no "
        "row does so by itself; run again, with a smaller execution.shard_rows or fewer workers "
        "if memory is short"
    )
