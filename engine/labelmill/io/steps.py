"""The steps of durable writes, counted, so that a test can end a run at any of them.

Whatever `labelmill.io.durable` does to the disk is told here before it is done. As long as the
environment variable LABELMILL_CRASH is not set, which is always so outside of tests and
benchmarks, nothing is counted. Where it is `FILE:N`, every process of a run notes its steps in one
file, and the one that comes to step N ends its whole process group by SIGKILL, as a crash of the
machine would. A write at which a run ends has written half of its bytes.
"""

import io
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Literal, cast

CRASH = "LABELMILL_CRASH"
RECORD = 1024
"""Bytes of a note: all have one length, so that the place of a note is its number."""

Kind = Literal[
    "create",
    "write",
    "fsync",
    "rename",
    "link",
    "symlink",
    "unlink",
    "mkdir",
    "rmdir",
    "put",
    "drop",
]
"""What is done to the disk, and (`put` and `drop`) to an object of a store."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was noted; `source` is what a rename gives a new name to."""

    kind: str
    path: Path
    source: Path | None = None


class Counter:
    """Counts the steps of all processes that share a file, and ends them at one of them."""

    def __init__(self, file: str, end: int) -> None:
        """Nothing is counted yet."""
        self._log = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._end = end
        self._lock = Lock()

    def is_last(self, kind: Kind, path: Path, source: Path | None) -> bool:
        """Note a step that is to be done; whether the run has to end at it."""
        note = f"{kind}\t{path}\t{source or ''}".encode()[: RECORD - 1]
        with self._lock:
            os.write(self._log, note.ljust(RECORD - 1) + b"\n")
            return os.lseek(self._log, 0, os.SEEK_CUR) // RECORD >= self._end


class _Torn(io.FileIO):
    """A file of which a write may be the last thing that a run does."""

    def write(self, data: object, /) -> int:
        given = bytes(memoryview(data))  # type: ignore[arg-type]
        if _COUNTER is not None and _COUNTER.is_last("write", Path(str(self.name)), None):
            super().write(given[: len(given) // 2])
            end()
        return super().write(given)


def arm() -> None:
    """Look at the environment variable again, in a process that was forked."""
    global _COUNTER  # noqa: PLW0603 (one for each process)
    _COUNTER = _from_environment()


def tick(kind: Kind, path: Path, source: Path | None = None) -> None:
    """Tell of a step that comes next."""
    if _COUNTER is not None and _COUNTER.is_last(kind, path, source):
        end()


def opened(path: Path, mode: Literal["wb", "ab"] = "wb") -> BinaryIO:
    """Open a file to write to it."""
    tick("create", path)
    if _COUNTER is None:
        return cast("BinaryIO", path.open(mode))
    return cast("BinaryIO", io.BufferedWriter(_Torn(path, mode)))


def end() -> None:
    """End this process and all of its group, at once."""
    os.killpg(0, signal.SIGKILL)


def noted(file: Path) -> Iterator[Step]:
    """The steps that were noted in a file, in order."""
    data = file.read_bytes() if file.exists() else b""
    for start in range(0, len(data), RECORD):
        kind, path, source = data[start : start + RECORD].decode().rstrip(" \n").split("\t")[:3]
        yield Step(kind, Path(path), Path(source) if source else None)


def _from_environment() -> Counter | None:
    file, _, number = os.environ.get(CRASH, "").rpartition(":")
    return Counter(file, int(number)) if file else None


_COUNTER = _from_environment()
