"""The input: which Parquet files there are, and how they are cut into shards."""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from glob import glob, has_magic
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.errors import DamagedInput, InputMissing
from labelmill.io.patience import PAUSES, is_transient, patiently
from labelmill.io.store_input import found_in_store, is_data, relative
from labelmill.io.stores import (
    Place,
    StoreError,
    is_store_url,
    place_of,
    readable,
    size_of,
)

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
LONGEST_NAME = 255
"""Bytes of the name of a file or folder, on all file systems of Linux."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One Parquet file of the input.

    `name` is its path relative to the source, `partition` the value of the hive key in its path
    (None where the job has no partitions). One with a `problem` is damaged and left out: nobody
    knows what its rows are, and it counts as if it had none.
    """

    path: Place
    name: str
    rows: int
    partition: str | None = None
    problem: str = ""

    def left_out(self, problem: str) -> "InputFile":
        """The file as one that is damaged."""
        return replace(self, rows=0, problem=problem)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the input that nobody has opened yet; the fields are those of `InputFile`.

    `folder` is what its partition, or the source as a whole, lies in.
    """

    path: Place
    name: str
    folder: Place
    partition: str | None = None

    def opened(self, *, spare: bool = False) -> InputFile:
        """The file with its number of rows.

        Args:
            spare: whether one that is damaged is left out, instead of being an error.

        Raises:
            DamagedInput: if it is empty, torn or not Parquet.
            InputMissing: if it cannot be read.
        """
        file = InputFile(self.path, self.name, 0, self.partition)
        try:
            return replace(file, rows=_rows(self.path))
        except DamagedInput as error:
            if not spare:
                raise
            return file.left_out(error.message)


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows start to stop of one input file."""

    file: InputFile
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def find_files(
    path: str, partition: str | None, only: str | None = None, *, spare: bool = False
) -> list[InputFile]:
    """The Parquet files behind a path (a file, a folder or a glob), sorted by name.

    Files and folders whose name starts with a dot or an underscore are passed over. With `only`
    no file outside that partition is opened, and there may be none. With `spare` files that are
    damaged are left out: they have a `problem`.

    Raises:
        InputMissing: if there are none, or one is empty, torn or not Parquet.
    """
    listed = list_files(path, partition)
    return [f.opened(spare=spare) for f in listed if only is None or f.partition == only]


def list_files(path: str, partition: str | None) -> list[Listed]:
    """What `find_files` finds, without opening a file.

    Raises:
        InputMissing: if there are no files.
    """
    base, paths = _listing(path)
    listed = []
    for found in paths:
        name = relative(found, base).as_posix()
        if partition is None:
            listed.append(Listed(found, name, base))
        else:
            listed.append(Listed(found, name, *_partition_of(found, name, partition)))
    return listed


def schema_of(file: InputFile) -> pa.Schema:
    """The Arrow schema of a file."""
    with explained(file.path):
        return patiently(lambda: pq.read_schema(readable(file.path)))


def first_schema(path: str) -> tuple[Place, pa.Schema]:
    """The first file behind a path and its Arrow schema; no row is read.

    Raises:
        InputMissing: if there is no file, or the first is empty, torn or not Parquet.
    """
    _, paths = _listing(path)
    _rows(paths[0])
    with explained(paths[0]):
        return paths[0], patiently(lambda: pq.read_schema(readable(paths[0])))


def shards_of(files: Sequence[InputFile], rows: int) -> list[Shard]:
    """Cut files into shards of at most `rows` rows, in order; a file without rows gives none.

    Example:
        >>> file = InputFile(Path("a.parquet"), "a.parquet", 5)
        >>> [(shard.start, shard.stop) for shard in shards_of([file], 2)]
        [(0, 2), (2, 4), (4, 5)]
    """
    return [
        Shard(file, start, min(start + rows, file.rows))
        for file in files
        for start in range(0, file.rows, rows)
    ]


def runs_of(shards: Sequence[Shard]) -> list[int]:
    """For each shard the number of its run: the shards that begin in one row group of a file.

    Who reads a run in order decodes its row group once, and nobody else has to.

    Raises:
        InputMissing: if a file cannot be read.
    """
    runs: list[int] = []
    for path, of_file in groupby(shards, key=lambda shard: shard.file.path):
        starts = [shard.start for shard in of_file]
        ends = _group_ends(path) if len(starts) > 1 else []
        groups = [bisect_right(ends, start) for start in starts]
        new = [a != b for a, b in pairwise([None, *groups])]
        runs += [n + (runs[-1] if runs else -1) for n in accumulate(new)]
    return runs


def _listing(path: str) -> tuple[Place, Sequence[Place]]:
    if not is_store_url(path):
        with explained(Path(path)):
            return _found(path)
    with explained(place_of(path)):
        return found_in_store(path)


def _found(path: str) -> tuple[Path, list[Path]]:
    where = Path(path)
    if where.is_file():
        return where.parent, [where]
    if where.is_dir():
        named = (p for p in where.rglob("*.parquet") if not p.is_dir())
        found = [p for p in named if is_data(p.relative_to(where))]
        if not found:
            raise InputMissing(path, "the folder holds no *.parquet file")
        return where, sorted(found, key=lambda p: p.relative_to(where).as_posix())
    if has_magic(path):
        found = [p for p in map(Path, glob(path, recursive=True)) if p.is_file()]  # noqa: PTH207
        if not found:
            raise InputMissing(path, "no file matches this pattern")
        base = Path(path.split("*", 1)[0].split("?", 1)[0].split("[", 1)[0] + "x").parent
        return base, sorted(found, key=lambda p: p.relative_to(base).as_posix())
    raise InputMissing(path, "there is no such file or folder")


def _partition_of(path: Place, name: str, key: str) -> tuple[Place, str]:
    """The folder of the partition that a file is in, and its value."""
    for folder in path.parents:
        left, equals, value = folder.name.partition("=")
        if equals and left == key and value:
            return folder, _nameable(path, key, unquote(value))
    message = f"no folder named {key}=<value> leads to {name}, but source.partition is '{key}'"
    raise InputMissing(str(path), message)


def _nameable(path: Place, key: str, value: str) -> str:
    """The value of a partition, once it is sure that a view can have a folder for it."""
    size = len(f"{key}={quote(value, safe='')}")
    if size > LONGEST_NAME:
        message = f"the partition {value!r} would be a folder whose name has {size} bytes, in "
        message += f"percent-encoding; {LONGEST_NAME} are possible: give it a shorter value"
        raise DamagedInput(str(path), message)
    return value


def _group_ends(path: Place) -> list[int]:
    """The row after each row group of a file."""
    with explained(path):
        return ends_in(patiently(lambda: pq.read_metadata(readable(path))))


def ends_in(metadata: pq.FileMetaData) -> list[int]:
    """The row after each row group."""
    return list(accumulate(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)))


def _rows(path: Place) -> int:
    with explained(path):
        size = size_of(path)
    if size == 0:
        raise DamagedInput(str(path), "the file is empty (0 bytes); was it still being written?")
    with explained(path):
        head, rows = patiently(
            lambda: (_head(path), int(pq.read_metadata(readable(path)).num_rows))
        )
    if head != MAGIC:
        raise DamagedInput(str(path), _no_parquet(head))
    return rows


def _head(path: Place) -> bytes:
    with path.open("rb") as file:
        return file.read(len(MAGIC))


class explained:  # noqa: N801 (a context manager, read as a word)
    """Turn an error of the Parquet reader into one that says what is wrong with the file."""

    def __init__(self, path: Place) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, pa.ArrowInvalid | pa.ArrowNotImplementedError | OSError):
            if isinstance(error, StoreError):
                raise InputMissing(str(self._path), str(error)) from error
            if isinstance(error, OSError) and error.errno:
                again = f"; tried {len(PAUSES) + 1} times" if is_transient(error) else ""
                message = f"it cannot be read ({os.strerror(error.errno)}{again})"
                raise InputMissing(str(self._path), message) from error
            raise DamagedInput(str(self._path), _complaint(self._path, error)) from error


def _complaint(path: Place, error: BaseException) -> str:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(-min(4, size_of(path)), 2)
        tail = file.read(4)
    if ENCRYPTED in (head, tail):
        return "the file is encrypted, which cannot be read; write it without encryption"
    if head != MAGIC:
        return _no_parquet(head)
    if tail != MAGIC:
        return "the file is truncated (its footer is missing); was it still being written?"
    told = str(error).splitlines()[0].replace(str(path), path.name)
    return f"the file is damaged: {told}"


def _no_parquet(head: bytes) -> str:
    return f"this is not a Parquet file (it begins with {head!r}, Parquet with {MAGIC!r})"
