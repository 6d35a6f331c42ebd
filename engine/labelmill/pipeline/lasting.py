"""What of the state outlives the machine, where the state lies in a store.

    <state>/runs/<id>/run.json         records of runs, the newest
    <state>/votes/<job>/<rows>/        votes, one folder for each shard's rows
    <state>/digests/<job>.json         digests of input that is known
    <state>/seen/<job>.json            what runs saw of the input
    <state>/leases/<job>.json          who works on the job (see `labelmill.pipeline.leases`)

Work goes on in the folder of the state on this machine; the rest of it is worked out anew
elsewhere. Votes are fetched for the shards that are labeled, and sent as soon as they are cast, by
whoever casts them.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath

from labelmill.config.spec import Job
from labelmill.errors import OutputFailed
from labelmill.io import durable
from labelmill.io.steps import tick
from labelmill.io.stores import Gone, Store, StoreError, each, is_store_url, split_url, store_of

KINDS = ("runs", "votes", "digests", "seen")


@dataclass(frozen=True, slots=True)
class Lasting:
    """A folder of state, and the folder of a store that it lasts in.

    Each method raises OutputFailed where the store cannot do what is asked.
    """

    folder: Path
    url: str

    @property
    def store(self) -> Store:
        """The bucket."""
        return store_of(split_url(self.url)[0])

    def key(self, path: Path) -> str:
        """The key of a file of the state."""
        return f"{split_url(self.url)[1]}/{path.relative_to(self.folder).as_posix()}".strip("/")

    def fetch(self, folder: Path, names: str) -> bool:
        """Let the files of a folder lie here that match; those that do are not read again.

        Whether there are some here that are not in the store.
        """
        with self.told():
            there, here = self._names(folder, names), {path.name for path in folder.glob(names)}
            each(partial(self._get, folder), sorted(there - here))
            return bool(here - there)

    def fetch_all(self, base: Path, folders: Collection[str], names: str) -> None:
        """The same for several folders of a folder, which is listed once."""
        with self.told():
            start = f"{self.key(base)}/"
            keys = [seen.key.removeprefix(start) for seen in self.store.list(self.key(base))]
            found = [path for path in map(PurePosixPath, keys) if len(path.parts) == 2]
            found = [p for p in found if p.parts[0] in folders and fnmatchcase(p.name, names)]
            missing = [path for path in found if not (base / path).exists()]
            each(lambda path: self._get(base / path.parent, path.name), missing)

    def fetch_newest(self, folder: Path, name: str, most: int) -> None:
        """Let a file lie here of each of the last folders of a folder."""
        with self.told():
            start = f"{self.key(folder)}/"
            keys = [seen.key.removeprefix(start) for seen in self.store.list(self.key(folder))]
            found = (PurePosixPath(key) for key in keys)
            inner = sorted(p.parent.name for p in found if _is_in_folder(p, name))
            missing = [one for one in inner[-most:] if not (folder / one / name).exists()]
            each(lambda one: self._get(folder / one, name), missing)

    def send(self, folder: Path, names: str) -> None:
        """Let the files of a folder that match be those of the store, by their names.

        What has the same name has the same bytes, but where `names` is that of a single file.
        """
        with self.told():
            here = {path.name for path in folder.glob(names)}
            there = set[str]() if names in here else self._names(folder, names)
            for name in sorted(here - there):
                tick("put", Path(self.url, self.key(folder / name)))
                self.store.write(self.key(folder / name), folder / name)
            self._remove([self.key(folder / name) for name in sorted(there - here)])

    def drop(self, path: Path) -> None:
        """Remove a file or a folder, if it is part of the state."""
        if any(path.is_relative_to(self.folder / kind) for kind in KINDS):
            with self.told():
                key = self.key(path)
                self._remove([seen.key for seen in self.store.list(key)] or [key])

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say what went wrong with the store."""
        try:
            yield
        except StoreError as error:
            message = f"state {self.url} cannot be used ({error})"
            raise OutputFailed(message) from error

    def _names(self, folder: Path, names: str) -> set[str]:
        start = f"{self.key(folder)}/"
        keys = [seen.key.removeprefix(start) for seen in self.store.list(self.key(folder))]
        return {key for key in keys if "/" not in key and fnmatchcase(key, names)}

    def _get(self, folder: Path, name: str) -> None:
        with suppress(Gone):  # another machine has just put it into a bigger one
            durable.write_loose(folder / name, self.store.read(self.key(folder / name)))

    def _remove(self, keys: list[str]) -> None:
        if keys:
            tick("drop", Path(self.url, keys[0]))
            self.store.remove(keys)


def lasting(job: Job) -> Lasting | None:
    """Where the state of a job lasts; None where it lies on this machine alone."""
    return Lasting(job.state_folder, job.state) if is_store_url(job.state) else None


def _is_in_folder(path: PurePosixPath, name: str) -> bool:
    return len(path.parts) == 2 and path.name == name and not path.parts[0].startswith(".")
