"""Digests of input files, and whether a file is still what it was."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread

from labelmill.errors import InputMissing
from labelmill.io.memo import at_hand, look_at, now
from labelmill.io.patience import patiently
from labelmill.io.source import InputFile, explained
from labelmill.io.stores import READ_AHEAD, Place, StorePath


def digest_file(path: Place) -> str:
    """SHA-256 of a file's bytes, as hex; the file is read in pieces."""
    if isinstance(path, StorePath):
        with io.BufferedReader(path.open(), READ_AHEAD) as object_:
            return hashlib.file_digest(object_, "sha256").hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Digests:
    """SHA-256 of input files as they are now, taken by a thread of its own beside other work.

    A file that is replaced or written to while a run reads it would give votes of one content
    and labels of another, so both the digest and `check_unchanged` refuse it. A digest that is
    known (see `labelmill.io.memo`) is not taken again.
    """

    def __init__(self, files: Sequence[InputFile]) -> None:
        """Note what the files are like; nothing is read before `begin` or `of`.

        Raises:
            InputMissing: if one is gone.
        """
        self._stamps = {file.path: stamp(file.path) for file in files}
        self._memo = at_hand()
        self._found: dict[Place, str | Exception] = {}
        self._thread = Thread(target=self._take, daemon=True)

    def begin(self) -> None:
        """Read the files while the caller goes on."""
        if self._thread.ident is None:
            self._thread.start()

    def of(self, file: InputFile) -> str:
        """The digest of one of the files, once all are there.

        Raises:
            InputMissing: if it could not be read, or was changed.
        """
        self.begin()
        self._thread.join()
        found = self._found[file.path]
        if isinstance(found, str):
            return found
        with explained(file.path):
            raise found

    def check_unchanged(self, path: Place) -> None:
        """Make sure that one of the files is still what it was.

        Raises:
            InputMissing: if it was changed or is gone.
        """
        now = replace(path, seen=None) if isinstance(path, StorePath) else path
        if stamp(now) != self._stamps[path]:
            message = "was changed while it was read; run again when nobody writes to it"
            raise InputMissing(str(path), message)

    def _take(self) -> None:
        for path in self._stamps:
            self._found[path] = self._taken(path)

    def _taken(self, path: Place) -> str | Exception:
        """The digest of a file, or why there is none: it is told to whoever asks."""
        try:
            look, taken = look_at(path), now()
            known = self._memo.of(path, look)
            found = known or patiently(partial(digest_file, path))
            self.check_unchanged(path)
        except Exception as error:
            return error
        if known is None:
            self._memo.note(path, look, found, taken)
        return found


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file does: where it lies, its size, and when it was written.

    Of an object in a store the etag says it.
    """

    device: int
    number: int
    size: int
    modified: int  # nanoseconds
    etag: str = ""


def stamp(path: Place) -> Stamp:
    """What a file is like now, and an object in a store as it was listed.

    Raises:
        InputMissing: if it is gone.
    """
    if isinstance(path, StorePath):
        with explained(path):
            seen = path.listed()
        return Stamp(0, 0, seen.size, 0, seen.etag)
    with explained(path):
        facts = path.stat()
    return Stamp(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
