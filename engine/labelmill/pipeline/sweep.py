"""Removing what nobody needs any more; never what is live."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from sys import maxsize
from time import time
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import UsageError
from labelmill.io import durable
from labelmill.io.source import list_files
from labelmill.pipeline.held import held_snapshots, notes
from labelmill.pipeline.lasting import lasting
from labelmill.pipeline.locks import locked, recorded
from labelmill.pipeline.outputs import address, local_output, sizes_away, written_away
from labelmill.pipeline.past import records
from labelmill.pipeline.publish import MAKING, MANIFEST, pointer, unfinished
from labelmill.pipeline.unneeded import Rubbish, unneeded
from labelmill.pipeline.views import add_view, lineage, live_view, mended, show, views
from labelmill.pipeline.writers import check_owner

KEEP = 10
"""So many views are kept; checks that compare with what was live before want some of them."""

RECORDS = 400
"""So many records of runs are kept, the newest."""

DAY = 86_400
"""After so many seconds nobody writes any more what is not complete yet."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What stays: so many of the views, with what they name, and some snapshots besides.

    Those are what a view would name that is not made, since nothing is to be removed.
    """

    views: int
    snapshots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed, or would be; `dropped` are the partitions that were taken from the view."""

    rubbish: tuple[Rubbish, ...]
    dropped: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """How many bytes it took."""
        return sum(item.bytes for item in self.rubbish)

    def facts(self) -> dict[str, Any]:
        """The same as plain data."""
        removed = [
            {"kind": item.kind, "path": address(item.path), "bytes": item.bytes}
            for item in self.rubbish
        ]
        return {"bytes": self.bytes, "dropped": list(self.dropped), "removed": removed}


def sweep(
    job: Job,
    *,
    keep: int = KEEP,
    dropped: bool = False,
    dry_run: bool = False,
    cache: int | None = None,
) -> Swept:
    """Remove what a job does not need any more.

    That are views before the last ones, snapshots that none of those names, what killed runs left
    behind, old records of runs, and votes that no run would ask for. What is live or held by a
    check stays.

    Args:
        job: the job.
        keep: how many views to keep, with all their snapshots.
        dropped: also take partitions out of the view that are gone from the source.
        dry_run: remove nothing, and only say what would be removed.
        cache: so many bytes of votes and labeled shards stay at most; the oldest go first.

    Raises:
        UsageError: if no view would be kept, or what is live is another job's.
        InputMissing: if `dropped` is wanted and the source is not there at all.
        LockHeld: if another process works on this job.
    """
    if keep < 1:
        message = f"--keep {keep}: at least 1, since what is live stays"
        raise UsageError(message)
    holding: AbstractContextManager[Any] = locked(job) if dry_run else recorded(job, "gc")
    with holding as record:
        check_owner(job)
        if not dry_run:
            mended(local_output(job))
        gone = _gone(job) if dropped else ()
        keeping = Keeping(keep)
        if gone and dry_run:
            keeping = Keeping(keep - 1, frozenset(_left(local_output(job), gone).values()))
        elif gone:
            _drop(local_output(job), gone)
        of_state = unneeded(job, cache)
        found = (*(item for find in FINDERS for item in find(job, keeping)), *of_state)
        done = Swept(found, gone)
        if not dry_run:
            record.facts["gc"] = {"bytes": done.bytes, "dropped": list(gone), "n": len(found)}
            lasts = lasting(job)
            for item in found:
                durable.remove_folder(item.path)
                if lasts is not None:
                    lasts.drop(item.path)
        return done


def _gone(job: Job) -> tuple[str, ...]:
    """The partitions that are live and gone from the source."""
    view = live_view(local_output(job))
    if view is None or view.key is None or view.key != job.source.partition:
        return ()  # no partition of this job is live
    there = {file.partition for file in list_files(job.source.path, job.source.partition)}
    return tuple(str(value) for value in view.snapshots if value not in there)


def _drop(output: Path, gone: tuple[str, ...]) -> None:
    """Let a view be live without some partitions."""
    live = live_view(output)
    if live is not None:
        show(output, add_view(output, live.key, _left(output, gone), live))


def _left(output: Path, gone: tuple[str, ...]) -> dict[str | None, str]:
    """What is live without some partitions."""
    live = live_view(output)
    shown = {} if live is None else live.snapshots
    return {value: snapshot for value, snapshot in shown.items() if value not in gone}


def _kept_views(output: Path, keeping: Keeping) -> set[int]:
    """The views that stay: those that were live last, and those that were made last."""
    there, n = views(output), min(keeping.views, maxsize)
    last = there[max(len(there) - n, 0) :]
    return {view.number for view in (*islice(lineage(output), n), *last)}


def _old_views(job: Job, keeping: Keeping) -> Iterator[Rubbish]:
    output = local_output(job)
    kept = _kept_views(output, keeping)
    for view in views(output):
        if view.number not in kept:
            yield _rubbish("view", output / "views" / str(view.number))


def _old_snapshots(job: Job, keeping: Keeping) -> Iterator[Rubbish]:
    """Snapshots that no view that stays names, and what stands beside them."""
    output = local_output(job)
    kept = _kept_views(output, keeping)
    named = {s for view in views(output) if view.number in kept for s in view.snapshots.values()}
    named |= keeping.snapshots
    named |= {held.snapshot for held in held_snapshots(output).values()}
    named.add((pointer(output) or "").rpartition("/")[2])
    shown = {snapshot for view in views(output) for snapshot in view.snapshots.values()}
    for folder in sorted((output / "snapshots").glob("*")):
        if not folder.is_dir() or folder.name.startswith(MAKING) or folder.name in named:
            continue
        if folder.name in shown or not _may_be_on_its_way(folder):
            yield _rubbish("snapshot", folder)
    for note, snapshot in notes(output):
        if snapshot not in named:
            yield _rubbish("note", note)


def _unfinished(job: Job, keeping: Keeping) -> Iterator[Rubbish]:  # noqa: ARG001 (a finder's)
    """What killed runs left behind; the lock is held, so nobody is at it."""
    output = local_output(job)
    drafts: list[Path] = []
    numbered = (path for path in (output / "views").glob("*") if path.name.isdecimal())
    drafts += (path for path in numbered if not (path / MANIFEST).exists())
    work = job.state_folder / "work" / job.name
    for kept in ("votes", "shards"):
        drafts += (job.state_folder / kept / job.name).rglob(".*.tmp")
    drafts += (job.state_folder / "heartbeats").glob(f".{job.name}.*.tmp")
    for path in (*unfinished(output), *drafts, *([work] if work.exists() else [])):
        yield _rubbish("unfinished", path)


def _old_records(job: Job, keeping: Keeping) -> Iterator[Rubbish]:  # noqa: ARG001 (the same)
    for _, folder in islice(records(job.state_folder, job.name), RECORDS, None):
        yield _rubbish("record", folder)
    for folder in sorted((job.state_folder / "runs").glob("*")):
        if not (folder / "run.json").exists() and time() - folder.stat().st_mtime > DAY:
            yield _rubbish("record", folder)  # its run was killed while it wrote the record


def _may_be_on_its_way(folder: Path) -> bool:
    """Whether a run of another machine may be writing a snapshot to a store."""
    written = written_away(folder)
    return written is not None and time() - written < DAY


Finder = Callable[[Job, Keeping], Iterator[Rubbish]]
FINDERS: tuple[Finder, ...] = (_old_views, _old_snapshots, _unfinished, _old_records)
"""What looks for rubbish, in the order in which it is removed: first what names, then what is
named."""


def _rubbish(kind: str, path: Path) -> Rubbish:
    files = [path] if path.is_file() else path.rglob("*")
    here = {p.relative_to(path).as_posix(): p.lstat().st_size for p in files if p.is_file()}
    return Rubbish(kind, path, sum((here | dict(sizes_away(path))).values()))
