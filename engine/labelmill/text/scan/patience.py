"""A limit of time for each row that `re` reads."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

SECONDS = 5.0
"""So long may a pattern look at one row, in seconds of the processor."""

TICKS = 4


class Overdue(Exception):
    """A pattern looked at a row for longer than it may."""


class Patience:
    """Ends a call of `re` that takes too long, in the main thread of a process.

    A timer ticks as long as the `with` block runs, whatever the number of rows, and ends the call
    that was at work for `seconds` of the process's own time, so that a busy machine ends nothing
    sooner. `re` can be ended because it looks for signals now and then. In other threads, and
    where a system has no such timer, there is no limit.

    Example:
        >>> import re
        >>> with Patience(0.1) as patience:
        ...     try:
        ...         patience.within(re.search, r"^(a+)+$", "a" * 40 + "b")
        ...     except Overdue:
        ...         print("too long")
        too long
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """Set the limit; the timer starts with the `with` block."""
        self._interval = seconds / TICKS
        self._call = 0
        self._seen = 0
        self._ticks = 0
        self._busy = False
        self._before: tuple[Any, float, float] | None = None

    def __enter__(self) -> "Patience":
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            handler = signal.signal(signal.SIGVTALRM, self._tick)
            timer = signal.setitimer(signal.ITIMER_VIRTUAL, self._interval, self._interval)
            self._before = (handler, *timer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            handler, delay, interval = self._before
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, handler)
            signal.setitimer(signal.ITIMER_VIRTUAL, delay, interval)
            self._before = None

    def within(
        self, function: Callable[Given, Result], *args: Given.args, **params: Given.kwargs
    ) -> Result:
        """Call a function within the limit.

        Raises:
            Overdue: if it takes too long.
        """
        self._call += 1
        self._busy = True
        try:
            return function(*args, **params)
        finally:
            self._busy = False

    def _tick(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (a handler's)
        if not self._busy:
            return
        if self._call != self._seen:
            self._seen, self._ticks = self._call, 0
            return
        self._ticks += 1
        if self._ticks >= TICKS:
            self._ticks = 0
            raise Overdue
