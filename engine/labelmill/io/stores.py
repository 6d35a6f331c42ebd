"""Object stores: what labelmill asks of one, and a path in one that reads like a path on disk.

What lies under a key is replaced whole or not at all, and has an etag that changes with it. A path
that came out of a listing is pinned: it is only read as it was listed, and says so where it was
replaced since. Which client library speaks to a store is known to its own module alone.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from errno import EACCES, EEXIST, EINVAL, ENOENT, ENOTCONN
from functools import cached_property
from multiprocessing.pool import ThreadPool
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

from labelmill.errors import UsageError

SCHEME = "s3"
READ_AHEAD = 8 << 20
"""Bytes that are asked for at once where a whole object is read."""

AT_ONCE = 8
"""So many requests wait for their answer at once."""

Given = TypeVar("Given")
Result = TypeVar("Result")

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")


class StoreError(OSError):
    """What a store has answered; `strerror` is a sentence for people."""

    number = EINVAL

    def __init__(self, told: str) -> None:
        """Say what is wrong and what to do."""
        super().__init__(self.number, told)

    def __reduce__(self) -> tuple[type["StoreError"], tuple[str]]:
        """Pass from process to process by its sentence."""
        return type(self), (str(self.strerror),)

    def __str__(self) -> str:
        return str(self.strerror)


class Gone(StoreError, FileNotFoundError):
    """There is no such object, or no such bucket."""

    number = ENOENT


class Denied(StoreError, PermissionError):
    """The store does not let us, or does not know us."""

    number = EACCES


class Changed(StoreError):
    """What lies there is not what was expected: somebody else has written it, or removed it."""

    number = EEXIST


class Unreachable(StoreError):
    """The store could not be reached, or was too busy, however often it was tried."""

    number = ENOTCONN


@dataclass(frozen=True, slots=True)
class Seen:
    """What a listing says of an object."""

    key: str
    size: int
    etag: str
    modified: datetime
    version: str | None = None


class Store(Protocol):
    """A bucket; a key is a path in it, without a slash at either end.

    Every method raises a StoreError; what may pass in a moment has been tried again before.
    """

    def list(self, folder: str) -> list[Seen]:
        """All objects below a folder, sorted by key; none where there is no such folder."""
        ...

    def look(self, key: str) -> Seen | None:
        """What an object is like now; None where there is none."""
        ...

    def read(self, key: str, etag: str | None = None) -> bytes:
        """A whole object; where an `etag` is given, only if it is still that one."""
        ...

    def read_range(self, key: str, start: int, stop: int, etag: str | None = None) -> bytes:
        """Bytes start to stop of an object; with an `etag` as `read`."""
        ...

    def write(self, key: str, data: bytes | Path) -> str:
        """Write bytes, or a file of this machine; gives the etag."""
        ...

    def write_if(self, key: str, data: bytes, etag: str | None) -> str:
        """Write if the object has this etag, or with None if there is no object; gives the etag.

        Raises:
            Changed: if somebody else was there before; nothing was written then.
        """
        ...

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there are passed over."""
        ...


def untold(done: int) -> None:
    """Say nothing of how many are done."""


def each(
    do: Callable[[Given], Result], given: Sequence[Given], told: Callable[[int], None] = untold
) -> list[Result]:
    """Ask a store something for each, several at once; `told` hears how many are done."""
    if not given:
        return []
    found: list[Result] = []
    with ThreadPool(min(AT_ONCE, len(given))) as threads:
        for result in threads.imap(do, given):
            found.append(result)
            told(len(found))
    return found


def is_store_url(path: str) -> bool:
    """Whether a path is the URL of an object or a folder in a store.

    Example:
        >>> is_store_url("s3://bucket/rows"), is_store_url("data/rows")
        (True, False)
    """
    return path.startswith(f"{SCHEME}://")


def split_url(url: str) -> tuple[str, str]:
    """The bucket and the key of a URL.

    Raises:
        UsageError: if it is not of the form s3://bucket/key.

    Example:
        >>> split_url("s3://bucket/some/rows/")
        ('bucket', 'some/rows')
    """
    bucket, _, key = url.removeprefix(f"{SCHEME}://").partition("/")
    problem = problem_of(url)
    if problem:
        message = f"{url}: {problem}"
        raise UsageError(message)
    return bucket, key.strip("/")


def problem_of(url: str) -> str:
    """What is wrong with the form of a URL; nothing where it can be used.

    Example:
        >>> problem_of("gs://bucket/rows")
        'only s3:// can be read and written; give such a URL, or a path'
    """
    if not is_store_url(url):
        return "only s3:// can be read and written; give such a URL, or a path"
    bucket, _, key = url.removeprefix(f"{SCHEME}://").partition("/")
    if "@" in bucket:
        return "a URL holds no login; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead"
    if not _BUCKET.fullmatch(bucket):
        return f"'{bucket}' is no name of a bucket; write s3://BUCKET/PATH"
    if any(part in ("", ".", "..") for part in key.strip("/").split("/")) and key.strip("/"):
        return "its path has an empty part, '.' or '..'; write it plainly"
    return ""


def store_of(bucket: str) -> Store:
    """The store of a bucket; endpoint, region and credentials come from the environment.

    Raises:
        UsageError: if the extra s3 is not installed.
    """
    from labelmill.io.s3 import open_bucket  # noqa: PLC0415 (an extra, loaded where it is needed)

    return open_bucket(bucket)


@dataclass(frozen=True)
class StorePath:
    """A path in a store, with as much of `pathlib.Path` as reading an input takes.

    `seen` is what a listing said of it, if it came out of one; it is no part of its identity.
    """

    bucket: str
    key: str
    seen: Seen | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, url: str) -> "StorePath":
        """The path of a URL."""
        return cls(*split_url(url))

    def __str__(self) -> str:
        return f"{SCHEME}://{self.bucket}/{self.key}".rstrip("/")

    def __truediv__(self, name: str) -> "StorePath":
        return StorePath(self.bucket, f"{self.key}/{name}".strip("/"))

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.key).name

    @property
    def parent(self) -> "StorePath":
        """The folder that it is in."""
        return StorePath(self.bucket, self.key.rpartition("/")[0])

    @property
    def parents(self) -> Iterator["StorePath"]:
        """All folders that it is in, from the innermost."""
        here = self
        while here.key:
            here = here.parent
            yield here

    @cached_property
    def _store(self) -> Store:
        return store_of(self.bucket)

    def __getstate__(self) -> dict[str, Any]:
        """What travels between processes: no open store."""
        return {"bucket": self.bucket, "key": self.key, "seen": self.seen}

    def resolve(self) -> "StorePath":
        """The path itself: a store has no links."""
        return self

    def relative_to(self, folder: "StorePath") -> PurePosixPath:
        """The path from a folder that it is in."""
        return PurePosixPath(self.key).relative_to(folder.key)

    def exists(self) -> bool:
        """Whether there is such an object."""
        return self._store.look(self.key) is not None

    def now(self) -> Seen:
        """What the object is like now.

        Raises:
            Gone: if there is none.
        """
        seen = self._store.look(self.key)
        if seen is None:
            raise Gone("it is gone, or was never there")
        return seen

    def listed(self) -> Seen:
        """What the object was like when it was listed; one that never was is looked at now."""
        return self.seen or self.now()

    def open(self, mode: str = "rb") -> "StoreFile":
        """The object as a file; it is asked for piece by piece, as it is read."""
        if mode != "rb":
            message = f"{self}: opened for '{mode}', but can only be read"
            raise UsageError(message)
        return StoreFile(self._store, self.listed())

    def below(self) -> list["StorePath"]:
        """All objects in this folder, however deep."""
        found = self._store.list(self.key)
        return [StorePath(self.bucket, seen.key, seen) for seen in found]

    def pinned(self) -> "StorePath | None":
        """The path as the object is now; None where there is none."""
        seen = self._store.look(self.key) if self.key else None
        return None if seen is None else replace(self, seen=seen)


Place = Path | StorePath
"""A path on this machine or in a store."""


def place_of(path: str) -> Place:
    """The path, or the path of the URL."""
    return StorePath.of(path) if is_store_url(path) else Path(path)


def size_of(path: Place) -> int:
    """How many bytes a file has; that of an object is known from its listing."""
    return path.listed().size if isinstance(path, StorePath) else path.stat().st_size


def modified_at(path: Place) -> float:
    """When a file was written last, in seconds since 1970."""
    if isinstance(path, StorePath):
        return path.listed().modified.timestamp()
    return path.stat().st_mtime


def readable(path: Place) -> "Path | StoreFile":
    """What the Parquet reader is given to read a file."""
    return path.open() if isinstance(path, StorePath) else path


class StoreFile(io.RawIOBase):
    """An object as a file that can be read and sought; it is read only as it was listed."""

    def __init__(self, store: Store, seen: Seen) -> None:
        """Nothing is asked for yet."""
        self._store = store
        self._seen = seen
        self._at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be sought."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte; nothing is asked for."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._seen.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def size(self) -> int:
        """How many bytes there are."""
        return self._seen.size

    def read(self, size: int | None = -1) -> bytes:
        """Read bytes; all that are left where no size is given."""
        left = max(0, self._seen.size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        if not wanted:
            return b""
        stop = self._at + wanted
        data = self._store.read_range(self._seen.key, self._at, stop, self._seen.etag)
        self._at += len(data)
        return data

    def readall(self) -> bytes:
        """Read all bytes that are left."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
