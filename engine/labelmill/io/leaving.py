"""How a process ends of which code of a project may have left threads at work."""

import os
import sys
import threading
from contextlib import suppress
from time import sleep

PATIENCE = 5.0
"""Seconds that threads are waited for; Python itself would wait for ever."""


def end_soon(code: int, patience: float = PATIENCE) -> list[str]:
    """Let this process end even if threads are left that Python would wait for; names them.

    Whoever calls it does nothing more but return.
    """
    left = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    if left:
        threading.Thread(target=_end, args=(code, patience), daemon=True).start()
    return [thread.name for thread in left]


def _end(code: int, patience: float) -> None:
    sleep(patience)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)
