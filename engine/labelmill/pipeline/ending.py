"""How a run ends when a signal says so: what is at work is finished, and nothing new begins.

The first signal is only noted. Who hands out work asks `told` and `check`; who is not done when
the grace period is over, or when a second signal comes, is interrupted.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from labelmill.errors import Terminated

Notice = Callable[[str, float], None]
"""Called with the name of the first signal, and the seconds that are left."""


def unsaid(signal: str, seconds: float) -> None:
    """Say nothing of a signal."""


@dataclass
class _Drain:
    """A run that finishes what it is at before it ends; `number` is the signal that came."""

    grace: float
    notice: Notice
    number: int | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def begin(self, number: int) -> None:
        """Note the signal, and let it come again when the grace period is over."""
        self.number = number
        threading.Thread(target=self._wait, args=(number,), daemon=True).start()

    def _wait(self, number: int) -> None:
        self.notice(signal.Signals(number).name, self.grace)
        if not self.over.wait(self.grace):
            signal.pthread_kill(threading.main_thread().ident or 0, number)


_DRAINS: list[_Drain] = []
"""The run that the main thread is at, if any."""


@contextmanager
def drained(grace: float, notice: Notice) -> Iterator[None]:
    """While the with block runs, the first signal only asks it to end (see `noted`).

    Signals come to the main thread, so off that thread nothing changes; neither does it inside
    another such block, which is the one that ends then.
    """
    if threading.current_thread() is not threading.main_thread() or _DRAINS:
        yield
        return
    drain = _Drain(grace, notice)
    _DRAINS.append(drain)
    try:
        yield
    finally:
        _DRAINS.remove(drain)
        drain.over.set()


def noted(number: int) -> bool:
    """Note a signal; False where it must interrupt: no run is at work, or it is the second one."""
    if not _DRAINS or _DRAINS[-1].number is not None:
        return False
    _DRAINS[-1].begin(number)
    return True


def told() -> bool:
    """Whether the run that the main thread is at was told to end."""
    return bool(_DRAINS) and _DRAINS[-1].number is not None


def check() -> None:
    """End here if a signal has said so.

    Raises:
        KeyboardInterrupt: after SIGINT.
        Terminated: after another signal.
    """
    if threading.current_thread() is not threading.main_thread() or not told():
        return
    raise KeyboardInterrupt if _DRAINS[-1].number == signal.SIGINT else Terminated
