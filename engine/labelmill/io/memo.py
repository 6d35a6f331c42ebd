"""Digests of files that were taken before: what was not touched since is not read again.

A file is known by where it lies, its inode, its size, and when it was written and changed. Its
digest is believed only if it was taken more than two seconds after both: a file that is written to
again within one tick of the clock can look the same. Of another user's memo nothing is believed.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from time import time_ns
from typing import Any

from labelmill.errors import OutputFailed
from labelmill.io import durable
from labelmill.io.stores import Place, StorePath, is_store_url
from labelmill.io.trust import is_ours

SETTLED = 2_000_000_000
"""Nanoseconds after which a file that is written to again cannot look the same."""

VERSION = 1

Look = tuple[int, int, int, int]
"""What is looked at: inode, size, and when it was written and changed.

Of an object in a store it is a digest of its etag, and its size."""


class Memo:
    """The digests of the files of a job.

    Example:
        >>> memo = Memo(None)
        >>> memo.note(Path("a"), (1, 2, 3, 4), "ab", taken=5 + SETTLED)
        >>> memo.of(Path("a"), (1, 2, 3, 4)), memo.of(Path("a"), (1, 2, 3, 5))
        ('ab', None)
    """

    def __init__(self, path: Path | None, *, verify: bool = False) -> None:
        """Read what was noted in a file; with `verify` nothing of it is believed."""
        self._path = path
        self._verify = verify
        self._known: dict[str, Any] = {} if path is None else _read(path)
        self._fresh: dict[str, Any] = {}

    def of(self, path: Place, look: Look) -> str | None:
        """The digest of a file, if it is known."""
        known = self._fresh if self._verify else self._known | self._fresh
        found = known.get(str(path))
        return str(found[1]) if found is not None and tuple(found[0]) == look else None

    def note(self, path: Place, look: Look, digest: str, taken: int) -> None:
        """Note a digest; it began to be `taken` then (nanoseconds)."""
        if max(look[2:]) + SETTLED < taken:
            self._fresh[str(path)] = [list(look), digest]

    def save(self) -> None:
        """Write what is new; files that are gone are forgotten. It need not outlive a power cut."""
        if self._path is None or not self._fresh:
            return
        known = {path: told for path, told in self._known.items() if _may_be_there(path)}
        facts = {"version": VERSION, "files": known | self._fresh}
        durable.write_loose(self._path, json.dumps(facts, sort_keys=True).encode())
        self._known, self._fresh = known | self._fresh, {}


_NONE = Memo(None)
_AT_HAND: ContextVar[Memo] = ContextVar("memo", default=_NONE)


@contextmanager
def remembered(path: Path, *, verify: bool = False, write: bool = True) -> Iterator[None]:
    """Let digests that are taken in the with block be known from a file, and noted in it.

    Args:
        path: the file.
        verify: believe nothing of it; every digest is taken again.
        write: whether new digests are noted, also where an error ends the block.
    """
    memo = Memo(path, verify=verify)
    token = _AT_HAND.set(memo)
    try:
        yield
    finally:
        _AT_HAND.reset(token)
        if write:
            with suppress(OutputFailed):  # what is not noted is read again
                memo.save()


def at_hand() -> Memo:
    """The memo of the with block around; outside of one it knows nothing."""
    found = _AT_HAND.get()
    return Memo(None) if found is _NONE else found


def look_at(path: Place) -> Look:
    """What a file looks like now, and an object as it was listed."""
    if isinstance(path, StorePath):
        seen = path.listed()
        etag = hashlib.sha256(seen.etag.encode()).digest()[:8]
        return int.from_bytes(etag, "big"), seen.size, 0, 0
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def now() -> int:
    """The time in nanoseconds."""
    return time_ns()


def _may_be_there(path: str) -> bool:
    """Whether a file is there; nobody asks a store only to forget an object."""
    return is_store_url(path) or Path(path).exists()


def _read(path: Path) -> dict[str, Any]:
    """What a memo says; nothing if it is not ours, or cannot be read."""
    try:
        if not is_ours(path):
            return {}
        told = json.loads(path.read_bytes())
        if told["version"] != VERSION:
            return {}
        files: dict[str, Any] = told["files"]
        whole = all(len(look) == 4 and isinstance(found, str) for look, found in files.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return files if whole else {}
