"""A folder of this machine that stands for one in a store: what is small lies here too.

Whoever changes an output works on its mirror as on any folder, and pushes what came of it. A pull
makes the mirror what the store is at that moment. Big files (those in the folders of a snapshot)
lie here only until they are pushed; the others are read again only where their etag is another.

A push writes data first, then the manifest of each snapshot, then views, and at last the object
that says what is live, and that only if nobody else has written it since the pull. So a reader of
the store finds everything that is named, a push that was killed has changed nothing that anybody
reads, and of two that race one is told so.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import sleep

from labelmill.io import durable
from labelmill.io.patience import PAUSES
from labelmill.io.steps import tick
from labelmill.io.stores import READ_AHEAD, Changed, Gone, Seen, Store, StoreError, each, store_of
from labelmill.io.trust import is_ours

POINTER = "_CURRENT.json"
SEAL = "manifest.json"
PLACES = ("snapshots", "views")
"""What an output consists of; whatever else lies beside it in the store is left alone."""

SMALL = (".json", ".npz")
DEEP = 3
"""Files of these kinds lie here too, if they are not in a folder of a snapshot."""

NOTE = ".pulled.json"
ELSE = "what was written is not what lies there; somebody else writes there too"

Mark = tuple[int, int, int]
"""What tells that a file was touched: inode, size, and when it was written."""


def _unsaid(done: int, total: int) -> None:
    """Tell nobody how many of how many files are written."""


@dataclass
class Mirror:
    """The mirror of a folder in a bucket.

    `there` is what lies in the store by its path from that folder, as far as is known.
    """

    folder: Path
    bucket: str
    key: str
    there: dict[str, Seen] = field(default_factory=dict)
    _same: dict[str, tuple[str, Mark]] = field(default_factory=dict)
    _index: dict[str, list[str]] | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}".rstrip("/")

    @property
    def store(self) -> Store:
        """The bucket."""
        return store_of(self.bucket)

    def pull(self) -> None:
        """Make the mirror what the store is now.

        Raises:
            StoreError: if the store cannot be read.
        """
        for seconds in (0.0, *PAUSES):
            sleep(seconds)
            self.there = {self._name(seen.key): seen for seen in self.store.list(self.key)}
            self.there = {name: seen for name, seen in self.there.items() if _is_output(name)}
            self._index = None
            try:
                self._fetch_small()
            except (Changed, Gone):
                continue  # somebody has replaced it, or removed it, since it was listed
            break
        else:
            raise Changed("it is written all the time; try again later")
        self._remove_others()
        self._note()

    def push(self) -> None:
        """Bring to the store what was changed here, and take from it what was removed here.

        Raises:
            Changed: if somebody else has changed what is live since the pull; what is live in the
                store is what they made then.
            StoreError: if the store cannot be written, or the mirror was taken away.
        """
        if not (self.folder / NOTE).is_file():  # else it would be taken for an empty output
            message = f"{self.folder} was removed while it was in use; run again"
            raise StoreError(message)
        self.push_data()
        fresh = self._fresh()
        for name in sorted(fresh, key=lambda name: (name.startswith("views/"), name)):
            if name != POINTER and not _is_in_snapshot(name):
                self._put(name, fresh[name], once=name.startswith("views/"))
        if POINTER in fresh:
            self._put(POINTER, fresh[POINTER], once=True)
        self._drop()
        self._index = None
        self._note()
        for name in self._same.keys() - self._wanted():
            durable.remove_folder(self.folder / name)
            del self._same[name]

    def push_data(self, progress: Callable[[int, int], None] = _unsaid) -> None:
        """Bring the files of snapshots to the store, where nobody reads them yet.

        Raises:
            Changed: if somebody else writes there too.
            StoreError: if the store cannot be written.
        """
        fresh = {n: p for n, p in self._fresh().items() if _is_in_snapshot(n)}
        done = 0
        progress(done, len(fresh))
        for snapshot in sorted({_top(name) for name in fresh}):
            files = {n: p for n, p in fresh.items() if _top(n) == snapshot}
            self._push_snapshot(files, snapshot, partial(_plus, progress, done, len(fresh)))
            done += len(files)
            progress(done, len(fresh))

    def _fresh(self) -> dict[str, Path]:
        """The files that are not those of the store."""
        same = {name: mark for name, (_, mark) in self._same.items()}
        return {n: path for n, path in self._here().items() if same.get(n) != _mark(path)}

    def bring(self, names: Iterable[str]) -> None:
        """Read files of the store that do not lie here."""
        missing = [n for n in names if n in self.there and not (self.folder / n).exists()]
        each(self._get, missing)

    def below(self, folder: Path) -> dict[str, Seen]:
        """What lies in the store below a folder of the mirror, by its path from that."""
        inside = folder.relative_to(self.folder).as_posix()
        near = self._tops().get(_top(inside), ())
        names = ((n, n.removeprefix(f"{inside}/")) for n in near)
        return {rest: self.there[name] for name, rest in names if rest != name}

    def digest(self, name: str) -> str:
        """SHA-256 of an object as it lies in the store."""
        seen, found = self.there[name], hashlib.sha256()
        for start in range(0, seen.size, READ_AHEAD):
            stop = min(start + READ_AHEAD, seen.size)
            found.update(self.store.read_range(seen.key, start, stop, seen.etag))
        return found.hexdigest()

    def digests(self, names: Sequence[str]) -> list[str]:
        """SHA-256 of several objects."""
        return each(self.digest, names)

    def _fetch_small(self) -> None:
        self._same = self._noted()
        known = {n: etag for n, (etag, mark) in self._same.items() if self._is(n, mark)}
        missing = [n for n in self._wanted() if known.get(n) != self.there[n].etag]
        each(self._get, missing)

    def _get(self, name: str) -> None:
        seen, path = self.there[name], self.folder / name
        with durable.new_file(path, lasting=False) as file:
            for start in range(0, seen.size, READ_AHEAD):
                stop = min(start + READ_AHEAD, seen.size)
                file.write(self.store.read_range(seen.key, start, stop, seen.etag))
        self._same[name] = (seen.etag, _mark(path))

    def _remove_others(self) -> None:
        """Remove what lies here and not in the store, and what is big; folders stay known."""
        tops = self._tops()
        durable.remove_folder(self.folder / "current")
        for path in sorted(self.folder.glob("*/*")):
            name = path.relative_to(self.folder).as_posix()
            if name not in tops:
                durable.remove_folder(path)
        wanted = set(self._wanted())
        for path in [p for p in self._here().values() if self._name_of(p) not in wanted]:
            durable.remove_folder(path)
        for name in (top for top, names in sorted(tops.items()) if names != [top]):
            durable.make_folder(self.folder / name, lasting=False)
        self._same = {n: told for n, told in self._same.items() if n in wanted}

    def _push_snapshot(
        self, files: dict[str, Path], snapshot: str, told: Callable[[int], None]
    ) -> None:
        """Write the files of a snapshot, see that they are there, and then its manifest."""
        seal = f"{snapshot}/{SEAL}"
        data = [
            name for name in sorted(files) if name != seal and not self._lies(name, files[name])
        ]
        etags = dict(zip(data, each(lambda n: self._write(n, files[n]), data, told), strict=True))
        listed = self.store.list(self._key(snapshot))
        self.there |= {self._name(seen.key): seen for seen in listed}
        for name in files.keys() - {seal}:
            seen = self.there.get(name)
            whole = seen is not None and seen.size == files[name].stat().st_size
            if seen is None or not whole or etags.get(name, seen.etag) != seen.etag:
                raise Changed(ELSE)
            self._same[name] = (seen.etag, _mark(files[name]))
        if seal in files:
            self._put(seal, files[seal])

    def _put(self, name: str, path: Path, *, once: bool = False) -> None:
        """Write a file; `once`: only if nobody else has written it since the pull."""
        data = path.read_bytes()
        before = self.there.get(name)
        tick("put", Path(str(self), name))
        if once:
            self.store.write_if(self._key(name), data, None if before is None else before.etag)
        else:
            self.store.write(self._key(name), data)
        seen = self.store.look(self._key(name))
        if seen is None or seen.size != len(data):
            raise Changed(ELSE)
        self.there[name] = seen
        self._same[name] = (seen.etag, _mark(path))

    def _write(self, name: str, path: Path) -> str:
        tick("put", Path(str(self), name))
        return self.store.write(self._key(name), path)

    def _lies(self, name: str, path: Path) -> bool:
        """Whether an object has the bytes of a file; not every etag tells."""
        seen = self.there.get(name)
        if seen is None or seen.size != path.stat().st_size:
            return False
        with path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        return seen.etag.strip('"') == found.hexdigest()

    def _drop(self) -> None:
        """Remove from the store what was removed here: first what names, then what is named."""
        kept = {self._name_of(path) for path in self.folder.glob("*/*")} | {POINTER}
        gone = [name for name in self.there if _top(name) not in kept]
        if not gone:
            return
        live, now = self.there.get(POINTER), self.store.look(self._key(POINTER))
        if (live and live.etag) != (now and now.etag):
            raise Changed("somebody else has changed what is live")
        for part in _in_order(gone):
            tick("drop", Path(str(self), part[0]))
            self.store.remove([self._key(name) for name in part])
        for name in gone:
            del self.there[name]
            self._same.pop(name, None)

    def _tops(self) -> dict[str, list[str]]:
        """What there is of each snapshot and view, and each note."""
        if self._index is None:
            self._index = {}
            for name in self.there:
                self._index.setdefault(_top(name), []).append(name)
        return self._index

    def _wanted(self) -> list[str]:
        """What of the store lies here too."""
        return [name for name in self.there if _is_small(name)]

    def _here(self) -> dict[str, Path]:
        """The files of the mirror that belong to the output, without drafts."""
        paths = [p for place in PLACES for p in (self.folder / place).rglob("*")]
        paths.append(self.folder / POINTER)
        files = (path for path in paths if path.is_file() and not path.is_symlink())
        named = ((self._name_of(path), path) for path in files)
        return {name: path for name, path in named if "/." not in name}

    def _is(self, name: str, mark: Mark) -> bool:
        path = self.folder / name
        return path.is_file() and _mark(path) == mark

    def _noted(self) -> dict[str, tuple[str, Mark]]:
        """What was the same here and in the store at the end of the last pull or push."""
        path = self.folder / NOTE
        try:
            if not is_ours(path):
                return {}
            told = json.loads(path.read_bytes())
            return {
                n: (str(etag), (int(a), int(b), int(c))) for n, (etag, (a, b, c)) in told.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _note(self) -> None:
        durable.write_loose(self.folder / NOTE, json.dumps(self._same, sort_keys=True).encode())

    def _key(self, name: str) -> str:
        return f"{self.key}/{name}".strip("/")

    def _name(self, key: str) -> str:
        return key.removeprefix(self.key).strip("/")

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _plus(progress: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _in_order(names: Sequence[str]) -> Iterator[list[str]]:
    """Views, then manifests and notes, then the rest; what may go in any order is together."""
    views = [name for name in names if name.startswith("views/")]
    rest = [name for name in names if name not in views]
    sealing = [n for n in rest if n.endswith(f"/{SEAL}") or n.count("/") < DEEP - 1]
    yield from (part for part in (views, sealing, [n for n in rest if n not in sealing]) if part)


def _is_output(name: str) -> bool:
    """Whether an object belongs to an output; a name that leads elsewhere never does."""
    if any(not part or part.startswith(".") for part in name.split("/")):
        return False
    place, _, rest = name.partition("/")
    return name == POINTER or (place in PLACES and ("/" in rest or rest.endswith(SMALL)))


def _is_small(name: str) -> bool:
    return name.endswith(SMALL) and name.count("/") < DEEP


def _is_in_snapshot(name: str) -> bool:
    return name.startswith("snapshots/") and name.count("/") >= DEEP - 1


def _top(name: str) -> str:
    """The snapshot, view or note that a file belongs to."""
    return "/".join(name.split("/")[:2])


def _mark(path: Path) -> Mark:
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
