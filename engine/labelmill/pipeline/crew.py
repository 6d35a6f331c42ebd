"""Worker processes as seen from the process that starts them: start, send, listen, end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import psutil

from labelmill.config.spec import Job
from labelmill.errors import WorkersLost
from labelmill.pipeline.worker import UP
from labelmill.text.scan import Kit

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Set to 1 in workers: threaded sums depend on the number of cores."""

PATIENCE = 10.0
"""Seconds that a worker gets to end after its pipe was closed."""

FAREWELL = 1.0
"""Seconds that are waited for a worker to end before another one takes its place."""

TASKS = 200
"""After so many tasks a worker is replaced by a fresh one, whose memory is not in pieces."""

SHARE = 0.8
"""Of the machine's memory, what all workers together may take by default."""

TOO_LARGE = "the process took more memory than a worker may (execution.memory_per_worker)"
CANNOT_START = "worker processes cannot start: {}; if they said why, it stands above"

STARTS = 3
"""So many workers in a row may die before they are up."""

LOOK = 0.2
"""Seconds between two looks at the memory of workers."""


@dataclass(slots=True)
class Outfit:
    """What every worker gets when it is up."""

    job: Job
    kit: Kit | None = None


class Worker:
    """One process. It is up once it has said so; then it takes one task at a time."""

    def __init__(self, outfit: Outfit) -> None:
        """Start the process and do not wait for it.

        Raises:
            WorkersLost: if the system refuses.
        """
        ours, theirs = Pipe()
        with theirs, _deaf_to_signals():
            self._process = _process(theirs.fileno(), modules_of(outfit.job))
        self._watched = psutil.Process(self._process.pid)
        self.connection: Connection = ours
        self.up = False
        self.tasks = 0
        self.first_memory = 0
        self._outfit = outfit

    def send(self, task: Any, payload: Any) -> None:
        """Hand over a task; a worker that died takes it in silence."""
        self.tasks += 1
        self._send((task, payload))

    def listen(self) -> tuple[str, Any] | None:
        """What it says: the answer to a task; None where it only says that it is up.

        Raises:
            WorkerDied: if it is dead.
        """
        try:
            said = self.connection.recv()
        except (EOFError, OSError):
            raise WorkerDied(self._end()) from None
        if said != UP:
            answer: tuple[str, Any] = said
            return answer
        self.up = True
        self._send((self._outfit.job, self._outfit.kit))
        return None

    def is_alive(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.poll() is None

    def memory(self) -> int:
        """Bytes that are its own: files that it has mapped are not counted; 0 if it is dead."""
        try:
            info = self._watched.memory_info()
        except psutil.Error:
            return 0
        return int(info.rss - getattr(info, "shared", 0))

    def is_worn(self, limit: int) -> bool:
        """Whether it has done its share, or its memory has grown with its tasks."""
        memory = self.memory()
        self.first_memory = self.first_memory or memory
        grown = memory > limit / 2 and memory > 1.5 * self.first_memory
        return grown or self.tasks >= TASKS

    def dismiss(self) -> None:
        """Let it end once its task is done; nobody hears of the result."""
        self.connection.close()

    def leave(self, patience: float) -> None:
        """Wait until it has ended, but no longer than patience does."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)

    def wait(self, patience: float | None = None) -> None:
        """Wait until it has ended; end it where patience does."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def _send(self, message: Any) -> None:
        try:
            self.connection.send(message)
        except (BrokenPipeError, ConnectionResetError):
            return  # it died, and listening will tell how

    def _end(self) -> str:
        """How the process ended; its end of the pipe is closed."""
        self.wait(PATIENCE)
        code = self._process.returncode
        if code >= 0:
            return f"the process ended with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = ", as it does where memory is short" if -code == signal.SIGKILL else ""
        return f"{name} ended the process{hint}"


class WorkerDied(Exception):
    """A worker process is dead; the message says how it ended."""


class MachineLost(WorkerDied):
    """A worker is gone with its machine, or the way to it is; its task may not be to blame."""


def machine_memory() -> int:
    """Bytes of memory that this machine, or the container around this process, has."""
    total = int(psutil.virtual_memory().total)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(name).read_text("ascii")))
        except (OSError, ValueError):
            continue  # not a container, or one without a limit ("max")
    return total


def modules_of(job: Job) -> list[str]:
    """The modules of the types that a job names."""
    specs: tuple[Any, ...] = (
        job.task,
        job.label_model,
        *job.prepare,
        *job.functions,
        *job.augment,
        *job.export,
    )
    return sorted({type(spec.kind).__module__ for spec in specs})


def _process(descriptor: int, modules: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 (this interpreter, with fixed code)
            _command(descriptor, modules),
            stdin=subprocess.DEVNULL,
            stdout=_stderr(),
            pass_fds=[descriptor],
            env={**dict.fromkeys(THREAD_LIMITS, "1"), **os.environ},
        )
    except OSError as error:
        message = f"no worker process can be started with '{sys.executable}': {error}"
        raise WorkersLost(message) from error


def _command(descriptor: int, modules: list[str]) -> list[str]:
    code = (
        f"import gc, sys; gc.disable(); sys.path[:] = {sys.path!r}; "
        f"from labelmill.pipeline.worker import main; "
        f"main({descriptor}, {os.getpid()}, {modules!r})"
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, *flags, "-c", code]


def _stderr() -> int:
    """Where workers print: what a function prints must not stand among the results."""
    try:
        return sys.__stderr__.fileno() if sys.__stderr__ is not None else subprocess.DEVNULL
    except (OSError, ValueError):
        return subprocess.DEVNULL


@contextmanager
def _deaf_to_signals() -> Iterator[None]:
    """Processes that start here hear neither Ctrl-C, SIGTERM nor SIGHUP, which reach a whole group.

    They finish their task, and this process decides.
    """
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
