"""What the crash sweep works on: a project folder, real processes that are ended, and a reader.

The process that sweeps has imported labelmill and is forked for every run, since that costs less
than starting an interpreter. Each run has a session of its own, which SIGKILL ends as a whole.
"""

import ctypes
import hashlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import spacy  # noqa: F401 (what runs would load, each for itself, is loaded before they are forked)
from benchmarks.small_job import JobFolder

from labelmill.errors import LabelmillError
from labelmill.io import steps

LONG_AGO = 1_600_000_000
BECOME_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux: workers that outlive their run become our children."""

ALIVE = os.WEXITED | os.WNOHANG | os.WNOWAIT
"""Asks whether a process has ended, without burying it."""

MINUTES = 5
"""A run that takes longer hangs."""

Act = Callable[[], object]
Tree = Mapping[str, str]
"""What lies in a folder: a path and a digest, or what a link points to."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and after how many seconds."""

    code: int
    seconds: float
    said: str

    @property
    def killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.code == -signal.SIGKILL


class Site(JobFolder):
    """A project folder with one job, which can be brought back to what it was."""

    def write_long_ago(self, name: str, table: pa.Table) -> None:
        """Write an input file, as if it had been written long ago."""
        os.utime(self.write(table, name), (LONG_AGO, LONG_AGO))

    def keep(self) -> None:
        """Note output and state as they are."""
        for folder, kept in self._kept():
            shutil.rmtree(kept, ignore_errors=True)
            if folder.exists():
                shutil.copytree(folder, kept, symlinks=True)

    def restore(self) -> None:
        """Bring output and state back to what was noted; the input stays as it is."""
        for folder, kept in self._kept():
            shutil.rmtree(folder, ignore_errors=True)
            if kept.exists():
                shutil.copytree(kept, folder, symlinks=True)

    def _kept(self) -> list[tuple[Path, Path]]:
        pairs = [(self.output, "out"), (self.state, "state")]
        return [(folder, self.root / "kept" / name) for folder, name in pairs]


def tree(folder: Path) -> Tree:
    """All that lies in a folder; who overrode a check, and when, is left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_dir():
            found[name] = "folder"
        elif name.endswith(".override.json"):
            facts = json.loads(path.read_bytes())
            found[name] = repr(sorted({**facts, "time": "", "run_id": ""}.items()))
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def adopt_orphans() -> None:
    """Become the parent of what a killed run leaves behind, so that its end can be waited for."""
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1)


@dataclass(frozen=True)
class Process:
    """A forked process that leads a session of its own."""

    number: int
    said: Path
    started: float

    @classmethod
    def start(cls, act: Act, said: Path, crash: str = "") -> "Process":
        """Begin to do something; with `crash` it ends at a step (see `labelmill.io.steps`)."""
        said.parent.mkdir(parents=True, exist_ok=True)
        number = os.fork()
        if number:
            return cls(number, said, time.perf_counter())
        code = 1
        try:
            os.setsid()
            _print_to(said)
            os.environ[steps.CRASH] = crash
            steps.arm()
            code = _code_of(act)
        finally:
            os._exit(code)

    def sleep(self, seconds: float) -> None:
        """Let it work for a while, or until it is done."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and os.waitid(os.P_PID, self.number, ALIVE) is None:
            time.sleep(0.0005)

    def kill(self) -> None:
        """End the whole session."""
        try:
            os.killpg(self.number, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # it is not yet the leader of a session, or has ended

    def wait(self) -> Ended:
        """Wait until it and everything that it started has ended."""
        code = None
        while code is None or not _gone(self.number):
            number, status = os.waitpid(self.number if code is None else -self.number, os.WNOHANG)
            if number == self.number:
                code = os.waitstatus_to_exitcode(status)
            elif not number:
                time.sleep(0.001)
            if time.perf_counter() - self.started > MINUTES * 60:
                self.kill()
        took = time.perf_counter() - self.started
        return Ended(code, took, self.said.read_text("utf-8", errors="replace"))


def _gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def _print_to(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(handle, stream.fileno())


def _code_of(act: Act) -> int:
    try:
        act()
    except LabelmillError as error:
        print(error, file=sys.stderr, flush=True)
        return error.exit_code
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1
    return 0
