"""Votes, and what the label stage left of shards, that no run of a job as it is now would ask for.

Nothing of it is needed: what is gone is worked out anew. What was written within a day stays, so
that a change that somebody tries out can be taken back for nothing.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from time import time

from labelmill.config.spec import Job
from labelmill.errors import InputMissing, UsageError
from labelmill.io.cells import Shelf
from labelmill.io.source import list_files, shards_of
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import cell_keys, prints_of
from labelmill.pipeline.labeled import kept_folder, shard_folder
from labelmill.pipeline.lasting import lasting
from labelmill.pipeline.seen import Seen, Sight
from labelmill.pipeline.sighting import form_of, sight_of
from labelmill.pipeline.survey import survey

LATELY = 86_400
"""Seconds for which everything stays that was written."""
VOTES = "votes"
SHARD = "shard"
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", re.IGNORECASE)
_UNITS = {"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000}


@dataclass(frozen=True, slots=True)
class Rubbish:
    """A file or a folder that can be removed: what it is, where it lies, and how large it is."""

    kind: str
    path: Path
    bytes: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """The votes on one shard's rows, or what is left of a shard.

    `files` are its files with their sizes, `written` is when the last of them was written.
    """

    kind: str
    folder: Path
    files: Mapping[str, int]
    written: float

    @property
    def bytes(self) -> int:
        return sum(self.files.values())

    @property
    def is_old(self) -> bool:
        """Whether nothing of it was written lately."""
        return time() - self.written > LATELY

    def whole(self) -> Rubbish:
        """All of it."""
        return Rubbish(self.kind, self.folder, self.bytes)

    def without(self, gone: Set[Path]) -> "_Kept":
        """The rest, where some files are gone."""
        files = {name: size for name, size in self.files.items() if self.folder / name not in gone}
        return _Kept(self.kind, self.folder, files, self.written)


def size_of(text: str) -> int:
    """Read a number of bytes.

    Example:
        >>> size_of("2GB"), size_of("1.5 m"), size_of("800")
        (2000000000, 1500000, 800)

    Raises:
        UsageError: if it is none.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        message = f"--cache {text}: expected a number of bytes, such as 500MB or 2GB"
        raise UsageError(message)
    return int(float(found[1]) * _UNITS[found[2].upper()])


def unneeded(job: Job, most: int | None = None) -> Iterator[Rubbish]:
    """What of a job's votes and shards can go; the lock of the job is held.

    Args:
        job: the job.
        most: so many bytes of both stay at most; what was written first goes first.
    """
    base = kept_folder(job)
    shelves = _shelves(job)
    shards = [_kept(SHARD, folder) for form in _folders(base.parent) for folder in _folders(form)]
    found = [*_old_shards(job, base, shards), *_old_votes(job, shelves)]
    yield from found
    if most is not None:
        gone = {item.path for item in found}
        yield from _over(
            [k.without(gone) for k in (*shelves, *shards) if k.folder not in gone], most
        )


def _old_shards(job: Job, base: Path, shards: list[_Kept]) -> Iterator[Rubbish]:
    """What was left of shards that are there no longer, or by another form of the job."""
    there = _shards_of(job, base)
    for shard in shards:
        is_other = shard.folder.parent != base
        is_gone = there is not None and shard.folder.name not in there
        if (is_other or is_gone) and shard.is_old:
            yield shard.whole()


def _shards_of(job: Job, base: Path) -> set[str] | None:
    """The names of the folders of all shards; None where some of the source cannot be read."""
    try:
        files = [file for part in survey(job) for file in part.files()]
    except InputMissing:
        return None
    places = (shard_folder(base, s) for s in shards_of(files, job.execution.shard_rows))
    return {place.name for place in places if place is not None}


def _old_votes(job: Job, shelves: list[_Kept]) -> Iterator[Rubbish]:
    """Votes on rows that are gone from the source, and of functions that are others now."""
    seen, whole = _seen_now(job)
    asked = _Asked(job, seen)
    for shelf in shelves:
        if not shelf.is_old:
            continue
        if shelf.folder.name not in asked.rows:
            if whole:
                yield shelf.whole()
        else:
            for name in asked.unasked(shelf):
                yield Rubbish(VOTES, shelf.folder / name, shelf.files[name])


def _seen_now(job: Job) -> tuple[Sight, bool]:
    """What was seen of the files that there are, and whether that is all of them."""
    sight = sight_of(job)
    try:
        listed = list_files(job.source.path, job.source.partition)
    except InputMissing:
        return Sight(), False
    there = {str(file.path) for file in listed}
    files = {path: file for path, file in sight.files.items() if path in there}
    return Sight(files), there <= files.keys()


class _Asked:
    """What runs of a job may ask for: rows that were seen, and the cells of its functions."""

    def __init__(self, job: Job, sight: Sight) -> None:
        self._bound = BoundJob(job)
        self._prints = prints_of(job)
        texts = form_of(self._bound).texts
        self.rows = {seen.rows for file in sight.files.values() for seen in file.shards.values()}
        self._seen: dict[str, list[Seen]] = {}
        self._open: set[str] = set()
        for file in sight.files.values():
            for seen in file.shards.values():
                if file.form.texts == texts and seen.has_all(self._bound.needs.values()):
                    self._seen.setdefault(seen.rows, []).append(seen)
                else:
                    self._open.add(seen.rows)

    def unasked(self, shelf: _Kept) -> Iterator[str]:
        """The files of a shelf in which no cell is of a function of the job as it is now."""
        rows = shelf.folder.name
        if rows in self._open:
            return
        keys = {
            key
            for seen in self._seen.get(rows, ())
            for key in cell_keys(self._bound, self._prints, seen).values()
        }
        for name, told in Shelf(shelf.folder).files().items():
            if name in shelf.files and not told & keys:
                yield name


def _over(kept: list[_Kept], most: int) -> Iterator[Rubbish]:
    """What was written first, until the rest is small enough."""
    total = sum(one.bytes for one in kept)
    for one in sorted(kept, key=lambda one: (one.written, one.folder)):
        if total <= most:
            return
        total -= one.bytes
        yield one.whole()


def _shelves(job: Job) -> list[_Kept]:
    """The votes of a job; where its state lies in a store, those of every machine."""
    base = job.state_folder / "votes" / job.name
    found = {folder.name: _kept(VOTES, folder) for folder in _folders(base)}
    lasts = lasting(job)
    if lasts is not None:
        start = f"{lasts.key(base)}/"
        with lasts.told():
            listed = lasts.store.list(lasts.key(base))
        for seen in listed:
            name, _, file = seen.key.removeprefix(start).partition("/")
            here = found.get(name, _Kept(VOTES, base / name, {}, 0.0))
            written = max(here.written, seen.modified.timestamp())
            found[name] = replace(here, files={**here.files, file: seen.size}, written=written)
    return [found[name] for name in sorted(found)]


def _kept(kind: str, folder: Path) -> _Kept:
    facts = {path.name: path.lstat() for path in sorted(folder.iterdir())}
    written = max((seen.st_mtime for seen in facts.values()), default=folder.lstat().st_mtime)
    return _Kept(kind, folder, {name: seen.st_size for name, seen in facts.items()}, written)


def _folders(base: Path) -> list[Path]:
    return sorted(path for path in base.iterdir() if path.is_dir()) if base.is_dir() else []
