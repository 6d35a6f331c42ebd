"""How far a run has come: bars on a terminal, otherwise one line for each finished stage."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Reporter:
    """Tells stderr of every stage; use it in a with statement."""

    def __init__(self) -> None:
        """Nothing is shown before the with block starts."""
        self._stack = ExitStack()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bars = self._stack.enter_context(_bars())
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note that `done` of `total` tasks of a stage are done."""
        if not total:
            if self._bars is None:
                sys.stderr.write(f"{stage}: nothing to do\n")
        elif self._bars is not None:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, total=total)
            self._bars.update(self._tasks[stage], completed=done, total=total)
        elif done == total:
            sys.stderr.write(f"{stage}: {done} of {total} done\n")


def _bars() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 (only on a terminal)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
    )
