"""The output of a job as a folder of this machine, also where it lies in a store.

An output in a store is worked on in a mirror under the state (see `labelmill.io.mirror`). Whoever
holds the lock of the job pulls it once and pushes what is published at once; whoever only looks
has a mirror of their own, which is pulled each time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from labelmill.config.spec import Job
from labelmill.core.digests import digest
from labelmill.errors import LockHeld, OutputFailed, UsageError
from labelmill.io import durable
from labelmill.io.mirror import Mirror
from labelmill.io.stores import Changed, StoreError, is_store_url, split_url

_MIRRORS: dict[Path, Mirror] = {}
"""All mirrors of this process, by their folder."""

_CHANGING: dict[Path, set[Path]] = {}
"""The mirrors that were pulled while a lock is held, by the place of the job's mirrors."""


def local_output(job: Job) -> Path:
    """The output folder, or the mirror of one in a store.

    Raises:
        UsageError: if the output is a URL that cannot be used.
        OutputFailed: if the store cannot be read.
    """
    if not is_store_url(job.output):
        if "://" in job.output:
            message = f"output: {job.output}: give a path, or a URL that begins with s3://"
            raise UsageError(message)
        return Path(job.output)
    home = _home(job)
    pulled = _CHANGING.get(home)
    place = home / _folder_name(job.output) / ("look" if pulled is None else "work")
    if pulled is not None and place in pulled:
        return place
    with durable.explained(place):
        durable.make_folder(place)
        with FileLock(place.with_name(f"{place.name}.lock")):
            _pull(job.output, place)
    if pulled is not None:
        pulled.add(place)
    return place


@contextmanager
def changing(job: Job) -> Iterator[None]:
    """While the with block lasts, the job's lock is held: what is published goes to the store."""
    home = _home(job)
    _CHANGING[home] = set()
    try:
        yield
        for place in sorted(_CHANGING[home]):
            push(place)
    finally:
        del _CHANGING[home]


def push(output: Path) -> None:
    """Bring what was published to the store, if the output lies in one.

    Raises:
        LockHeld: if somebody else has published there since the lock was taken.
        OutputFailed: if the store cannot be written.
    """
    with _sending(output) as mirror:
        if mirror is not None:
            mirror.push()


def upload(output: Path, progress: Callable[[str, int, int], None]) -> None:
    """Bring the files of a snapshot to the store, if the output lies in one; it is not live yet.

    Raises:
        LockHeld, OutputFailed: as `push`.
    """
    with _sending(output) as mirror:
        if mirror is not None:
            mirror.push_data(partial(progress, "upload"))


def address(path: Path) -> str:
    """How a path of an output is told of: one in a mirror by its URL."""
    mirror = _mirror_of(path)
    if mirror is None:
        return str(path)
    rest = path.relative_to(mirror.folder).as_posix()
    return str(mirror) if rest == "." else f"{mirror}/{rest}"


def sizes_away(folder: Path) -> Mapping[str, int]:
    """How big the files of a snapshot are that lie in the store, by their path in it."""
    mirror = _mirror_of(folder)
    return {} if mirror is None else {n: s.size for n, s in mirror.below(folder).items()}


def written_away(folder: Path) -> float | None:
    """When something was last written below a folder in the store, in seconds since 1970."""
    mirror = _mirror_of(folder)
    found = [] if mirror is None else mirror.below(folder).values()
    return max((seen.modified.timestamp() for seen in found), default=None)


def is_whole_away(folder: Path, files: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether a snapshot has these files, byte by byte, in the store; None where it lies here.

    Raises:
        OutputFailed: if the store cannot be read.
    """
    mirror = _mirror_of(folder)
    if mirror is None:
        return None
    there = mirror.below(folder)
    if any(file["path"] not in there for file in files):
        return False
    inside = folder.relative_to(mirror.folder).as_posix()
    with _told(str(mirror), "read"):
        found = mirror.digests([f"{inside}/{file['path']}" for file in files])
    return found == [file["sha256"] for file in files]


def bring(folder: Path) -> Path:
    """Let the files below a folder lie here, if they lie in a store; gives the folder.

    Raises:
        OutputFailed: if the store cannot be read.
    """
    mirror = _mirror_of(folder)
    if mirror is not None:
        inside = folder.relative_to(mirror.folder).as_posix()
        with _told(str(mirror), "read"):
            mirror.bring([f"{inside}/{name}" for name in mirror.below(folder)])
    return folder


def _pull(url: str, place: Path) -> None:
    bucket, key = split_url(url)
    mirror = Mirror(place, bucket, key)
    with _told(url, "read"):
        mirror.pull()
    _MIRRORS[place] = mirror


@contextmanager
def _sending(output: Path) -> Iterator[Mirror | None]:
    """The mirror that an output is, if it is one; where that fails, it is to be pulled again."""
    try:
        with _told(str(_MIRRORS.get(output)), "written"):
            yield _MIRRORS.get(output)
    except (LockHeld, OutputFailed):
        for pulled in _CHANGING.values():
            pulled.discard(output)
        raise


def _mirror_of(path: Path) -> Mirror | None:
    places = (path, *path.parents)
    return next((_MIRRORS[place] for place in places if place in _MIRRORS), None)


def _home(job: Job) -> Path:
    return job.state_folder.resolve() / "mirrors" / job.name


def _folder_name(url: str) -> str:
    """A name for the mirror of a URL; it tells nothing, for parts of a URL may be secret."""
    return digest(split_url(url))[:24]


@contextmanager
def _told(url: str, what: str) -> Iterator[None]:
    """Say what went wrong with a store."""
    try:
        yield
    except Changed as error:
        message = f"{url}: another run has published there meanwhile ({error}); run again"
        raise LockHeld(message) from error
    except StoreError as error:
        message = f"output {url} cannot be {what} ({error})"
        raise OutputFailed(message) from error
