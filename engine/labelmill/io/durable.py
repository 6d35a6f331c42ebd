"""Durable writes: the only module that creates, renames or removes anything on disk.

A file appears under its name whole or not at all: it is written beside its place and renamed. It
is synced to disk before that, unless it serves one run only, or stands in a folder that is moved
to its final place when it is complete, and is synced then. Nothing else in labelmill writes to
disk, but who holds a lock: its file says no more than that.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EEXIST, EISDIR, ENAMETOOLONG, ENOTDIR
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.errors import OutputFailed
from labelmill.io.steps import opened, tick
from labelmill.io.stores import StoreError

COMPRESSION = "zstd"
COMPRESSION_LEVEL = 1
ROW_GROUP_ROWS = 20_000
_TOKEN = secrets.token_hex(4)
"""Tells this process from those on other machines, which may have the same number."""
_ADVICE = {
    EEXIST: "something else stands there",
    EISDIR: "a folder stands in its place",
    ENOTDIR: "a file stands where a folder should be",
    ENAMETOOLONG: "give a shorter name",
}
"""What is said of errors that neither space nor permission mends."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an operating-system error into one that names the path and the next step.

    What a store has answered passes: it is not of the disk.
    """
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        advice = _ADVICE.get(error.errno or 0, "check free space and permissions")
        message = f"{path}: cannot be written ({reason}); {advice}"
        raise OutputFailed(message) from error


def make_folder(path: Path, *, lasting: bool = True) -> Path:
    """Make a folder and its parents, if they are not there.

    One that is `lasting` is there after a power cut, even if it is empty.
    """
    missing = [path]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    with explained(path):
        for folder in reversed(missing):
            if folder.is_dir():
                continue
            tick("mkdir", folder)
            folder.mkdir(exist_ok=True)
            if lasting:
                sync_folder(folder.parent)
    return path


@contextmanager
def new_file(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """Write a file that takes its name only when the with block ends without an error.

    One that is not `lasting` is not synced to disk: it serves this run only, and a power cut may
    take it. Several processes, also on several machines, may write one file at once; one of them is
    the last, and what it wrote stays.
    """
    make_folder(path.parent, lasting=False)
    draft = path.with_name(f".{path.name}.{os.getpid()}-{_TOKEN}.tmp")
    with explained(path):
        try:
            with opened(draft) as file:
                yield file
                if lasting:
                    file.flush()
                    tick("fsync", draft)
                    os.fsync(file.fileno())
            _rename(draft, path)
        except BaseException:
            _unlink(draft)
            raise
        if lasting:
            sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file."""
    with new_file(path) as file:
        file.write(data)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file, which is made if it is not there.

    A line of which a crash has left a part only is ended first, so that it spoils no other.
    """
    make_folder(path.parent, lasting=False)
    with explained(path):
        torn = path.exists() and _last_byte(path) not in {b"", b"\n"}
        with opened(path, "ab") as file:
            file.write((b"\n" if torn else b"") + line + b"\n")


def write_loose(path: Path, data: bytes) -> None:
    """Write a whole file that need not outlive a power cut."""
    with new_file(path, lasting=False) as file:
        file.write(data)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file, always the same bytes for the same table.

    It is synced to disk with the folder that it is in (see `move_folder`), not before.
    """
    with new_file(path, lasting=False) as file:
        with parquet_writer(file, table.schema) as writer:
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
        _begin_writing_back(file)


def write_arrow(path: Path, table: pa.Table) -> None:
    """Write a work file without compression, to be read back through a memory map."""
    with new_file(path, lasting=False) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


@contextmanager
def parquet_writer(file: BinaryIO, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet writer with the settings that all our files share."""
    writer = pq.ParquetWriter(
        file, schema, compression=COMPRESSION, compression_level=COMPRESSION_LEVEL
    )
    try:
        yield writer
    finally:
        writer.close()


def move_folder(source: Path, target: Path) -> None:
    """Rename a finished folder to its final name, after syncing it and all that is in it."""
    with explained(target):
        make_folder(target.parent)
        for path in (*sorted(source.rglob("*")), source):
            if not path.is_symlink():
                _sync(path)
        _rename(source, target)
        sync_folder(target.parent)


def share(path: Path, name: Path) -> None:
    """Let a file that never changes stand under a second name too, at no cost where it can.

    Where the file system has no hard links, or the names stand on two of them, it is copied.
    """
    make_folder(name.parent, lasting=False)
    draft = name.with_name(f".{name.name}.{os.getpid()}.tmp")
    with explained(name):
        _unlink(draft)
        tick("link", draft)
        try:
            os.link(path, draft)
        except OSError:
            shutil.copyfile(path, draft)
        _rename(draft, name)
        _unlink(draft)  # where both names were one file, it is still there


def remove_folder(path: Path) -> None:
    """Remove a folder and all that is in it, or a file, if it is there."""
    with explained(path):
        if path.is_symlink() or path.is_file():
            _unlink(path)
        elif path.exists():
            _remove_tree(path)


def point(link: Path, target: str) -> None:
    """Let a symbolic link point to a (relative) target, in one atomic step."""
    draft = link.with_name(f".{link.name}.tmp")
    with explained(link):
        make_folder(link.parent)
        _unlink(draft)
        tick("symlink", draft)
        draft.symlink_to(target)
        try:
            _rename(draft, link)
        except OSError:
            _unlink(draft)
            raise
        sync_folder(link.parent)


def link(path: Path, target: str) -> None:
    """Make a symbolic link in a folder that is moved to its place when it is complete."""
    with explained(path):
        tick("symlink", path)
        path.symlink_to(target)


def sync_folder(path: Path) -> None:
    """Make a folder's entries durable."""
    _sync(path)


def _sync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, durable."""
    tick("fsync", path)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename(source: Path, target: Path) -> None:
    tick("rename", target, source)
    source.replace(target)


def _unlink(path: Path) -> None:
    """Remove a file or a link, if it is there."""
    if os.path.lexists(path):
        tick("unlink", path)
        path.unlink(missing_ok=True)


def _remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it; links are removed, not followed."""
    for root, folders, files, handle in os.fwalk(folder, topdown=False):
        for name in sorted(files):
            tick("unlink", Path(root, name))
            os.unlink(name, dir_fd=handle)
        for name in sorted(folders):
            tick("rmdir", Path(root, name))
            linked = Path(root, name).is_symlink()
            (os.unlink if linked else os.rmdir)(name, dir_fd=handle)
    tick("rmdir", folder)
    folder.rmdir()


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(1, path.stat().st_size), os.SEEK_END)
        return file.read(1)


def _begin_writing_back(file: BinaryIO) -> None:
    """Let the system begin to write a file to disk, so that syncing it later takes no time."""
    file.flush()
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """A folder that an exporter fills."""

    path: Path

    def file(self, name: str) -> "OutputFile":
        """A binary file in this folder, for use in a with statement."""
        return OutputFile(self.path / name)


class OutputFile:
    """A file on its way: `new_file` as an object."""

    def __init__(self, path: Path) -> None:
        """Nothing is made before the with block starts."""
        self._context = new_file(path)

    def __enter__(self) -> BinaryIO:
        return self._context.__enter__()

    def __exit__(self, *failure: object) -> None:
        self._context.__exit__(*failure)  # type: ignore[arg-type]
