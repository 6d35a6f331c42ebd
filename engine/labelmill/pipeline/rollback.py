"""Going back to what was live before."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import OutputFailed, UsageError
from labelmill.pipeline.locks import recorded
from labelmill.pipeline.outputs import address, local_output
from labelmill.pipeline.publish import is_whole, remove_unfinished, snapshot_folder
from labelmill.pipeline.survey import in_order
from labelmill.pipeline.views import (
    View,
    add_view,
    history,
    lineage,
    manifest_digest,
    mended,
    show,
    views,
)
from labelmill.pipeline.writers import check_owner

SHORTEST = 6
"""So many characters of a snapshot's id are enough, if no other begins with them."""


@dataclass(frozen=True, slots=True)
class Move:
    """What became of a partition: another snapshot is live, or None."""

    partition: str | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rollback did."""

    output: Path
    view: View
    moves: tuple[Move, ...]

    def facts(self) -> list[dict[str, Any]]:
        """The moves as plain data."""
        return [
            {"partition": move.partition, "before": move.before, "after": move.after}
            for move in self.moves
        ]


def rollback(job: Job, *, partition: str | None = None, to: str | None = None) -> RolledBack:
    """Let be live again what was live before.

    Args:
        job: the job.
        partition: move the entry of this partition only; without it everything goes back to what
            it was before the last publication.
        to: the snapshot that should be live, by its id or the beginning of it. It must have been
            live once, and a snapshot of a partition moves this partition only.

    Raises:
        UsageError: if there is nothing to go back to, or what is live is another job's.
        OutputFailed: if the snapshot to go back to is damaged.
    """
    with recorded(job, "rollback") as record:
        output = local_output(job)
        check_owner(job)
        remove_unfinished(output)
        live = mended(output)
        if live is None:
            message = f"{address(output)}: nothing was live before; there is nothing to go back to"
            raise UsageError(message)
        if partition is not None and live.key is None:
            message = f"--partition {partition}: this job has no partitions; leave it out"
            raise UsageError(message)
        target = _target(output, live, partition, to)
        done = RolledBack(output, target, _moves(live, target))
        _check(output, target, done.moves)
        record.facts["moves"] = done.facts()
        record.facts["view"] = show(output, target).number
        return done


def _target(output: Path, live: View, partition: str | None, to: str | None) -> View:
    """The view to go back to; for one partition it has to be made."""
    if to is not None:
        view, partition, snapshot = _named(output, partition, to)
        if partition is None:
            return view
    elif partition is not None:
        view, snapshot = _before(output, live, partition)
    else:
        found = [*lineage(output)]
        if len(found) < 2:
            message = f"{address(output)}: nothing was live before; there is nothing to go back to"
            raise UsageError(message)
        return found[1]
    if live.snapshots.get(partition) == snapshot:
        message = f"snapshot {snapshot} is live already; there is nothing to do"
        raise UsageError(message)
    entries = {**live.snapshots, partition: snapshot}
    return add_view(output, live.key, entries, live, {partition: view.number})


def _before(output: Path, live: View, partition: str) -> tuple[View, str]:
    """The snapshot that a partition had before, and the view that it is taken from."""
    if partition not in live.snapshots:
        names = ", ".join([str(name) for name in in_order(live.snapshots)][-10:])
        message = f"--partition {partition}: is not live; live are: {names or 'none'}"
        raise UsageError(message)
    found = [*history(output, partition)]
    if len(found) < 2:
        message = f"partition '{partition}' has no earlier snapshot; there is nothing to go back to"
        raise UsageError(message)
    return found[1]


def _named(output: Path, partition: str | None, to: str) -> tuple[View, str | None, str]:
    """The view in which a named snapshot was live, its partition, and its whole id."""
    named = [
        (view, part, snapshot)
        for view in (*lineage(output), *reversed(views(output)))
        for part, snapshot in view.snapshots.items()
        if snapshot.startswith(to) and (partition is None or part == partition)
    ]
    ids = {snapshot for _, _, snapshot in named}
    if len(to) < SHORTEST and to not in ids:
        message = f"--to {to}: write {SHORTEST} characters of the id or more"
        raise UsageError(message)
    if not named:
        of = "" if partition is None else f" of partition '{partition}'"
        message = f"--to {to}: no snapshot{of} whose id begins so was ever live here"
        raise UsageError(message)
    if len(ids) > 1:
        message = f"--to {to}: {len(ids)} ids begin so; write more of it"
        raise UsageError(message)
    return named[0]


def _moves(live: View, target: View) -> tuple[Move, ...]:
    names = dict.fromkeys((*live.snapshots, *target.snapshots))
    pairs = [Move(name, live.snapshots.get(name), target.snapshots.get(name)) for name in names]
    return tuple(move for move in pairs if move.before != move.after)


def _check(output: Path, target: View, moves: tuple[Move, ...]) -> None:
    """Make sure that what is going to be live is what it was when it was published."""
    for partition, snapshot in target.snapshots.items():
        if manifest_digest(output, snapshot) != target.manifests[partition]:
            _damaged(output, snapshot)
    for move in moves:
        if move.after is not None and not is_whole(snapshot_folder(output, move.after)):
            _damaged(output, move.after)


def _damaged(output: Path, snapshot: str) -> None:
    folder = snapshot_folder(output, snapshot)
    message = f"{address(folder)}: was changed since it was published, so it cannot be live again"
    raise OutputFailed(message)
