"""Views: what is live, what was live before, and the one step from one to the other.

A view is a map from partition to snapshot, under `<output>/views/<n>/`; it never changes. That of
a job without partitions holds one snapshot. Each names the view that was live when it was made,
so that what was live before can be found again, whatever came after it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from labelmill.core.digests import digest_bytes
from labelmill.errors import OutputFailed
from labelmill.io import durable
from labelmill.pipeline.forms import name_in, names_in, numbers_in
from labelmill.pipeline.leases import check_leases
from labelmill.pipeline.outputs import push
from labelmill.pipeline.publish import (
    CURRENT,
    CURRENT_FILE,
    MAKING,
    MANIFEST,
    damaged_view,
    json_bytes,
    pointer,
    snapshot_folder,
)

Entries = Mapping[str | None, str]
"""A value for each partition; that of a job without partitions stands under None."""


@dataclass(frozen=True, slots=True)
class View:
    """What is or was live.

    `manifests` are the digests of the snapshots' manifests. `previous` is the view that was live
    before; for a partition in `taken_from`, its own history goes on in that view instead.
    """

    number: int
    key: str | None
    snapshots: Entries
    manifests: Entries
    previous: int | None = None
    taken_from: Mapping[str, int] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """What `current` points to while this view is live."""
        return f"snapshots/{self.snapshots[None]}" if self.key is None else f"views/{self.number}"

    def facts(self) -> dict[str, Any]:
        """The view as plain data; its number is the name of its folder."""
        if self.key is None:
            own = {"snapshot": self.snapshots[None], "manifest": self.manifests[None]}
            return own | {"previous": self.previous}
        return {
            "key": self.key,
            "partitions": dict(self.snapshots),
            "manifests": dict(self.manifests),
            "previous": self.previous,
            "taken_from": dict(self.taken_from),
        }


def publish(output: Path, key: str | None, partition: str | None, snapshot: str) -> View:
    """Let a snapshot be live, alone or as that of its partition; the other partitions stay."""
    live = live_view(output) or _adopted(output)
    if live is not None and live.key == key and live.snapshots.get(partition) == snapshot:
        return show(output, live)
    kept = live.snapshots if live is not None and live.key == key else {}
    return show(output, add_view(output, key, {**kept, partition: snapshot}, live))


def add_view(
    output: Path,
    key: str | None,
    snapshots: Entries,
    live: View | None,
    taken_from: Mapping[str, int] | None = None,
) -> View:
    """Write a view that follows the live one; nobody sees it before it is shown."""
    number = 1 + max(_numbers(output), default=0)
    manifests = {
        partition: live.manifests[partition]
        if live is not None and live.snapshots.get(partition) == snapshot
        else manifest_digest(output, snapshot)
        for partition, snapshot in snapshots.items()
    }
    previous = None if live is None else live.number
    view = View(number, key, snapshots, manifests, previous, taken_from or {})
    known = read_view(output, number - 1)
    if known is not None and known.facts() == view.facts():
        return known  # a run that was killed wrote it, or it was rolled back from
    staging = output / "views" / f"{MAKING}{number}"
    durable.remove_folder(staging)
    durable.make_folder(staging)
    for partition, snapshot in snapshots.items():
        if partition is not None:
            link = staging / f"{key}={quote(partition, safe='')}"
            durable.link(link, f"../../snapshots/{snapshot}")
    durable.write_bytes(staging / MANIFEST, json_bytes(view.facts()))
    durable.move_folder(staging, output / "views" / str(number))
    return view


def show(output: Path, view: View) -> View:
    """Let a view be live, in one step for whoever reads `current`."""
    link = output / CURRENT
    check_leases()
    check_link(output)
    if not link.is_symlink() or link.readlink().as_posix() != view.target:
        durable.point(link, view.target)
    facts = json_bytes(view.facts() | {"view": view.number})
    if _bytes(output / CURRENT_FILE) != facts:
        durable.write_bytes(output / CURRENT_FILE, facts)
        push(output)
    return view


def mended(output: Path) -> View | None:
    """The view that is live; the file beside the pointer, where it fell behind, says so again.

    That is so where something was killed between the two.
    """
    live = live_view(output)
    return None if live is None else show(output, live)


def check_link(output: Path) -> None:
    """Make sure that `current` can be pointed elsewhere.

    Raises:
        OutputFailed: if a folder stands in its place, which cannot be replaced in one step.
    """
    link = output / CURRENT
    if link.is_dir() and not link.is_symlink():
        message = (
            f"{link}: is a folder and has to be a link (a copy that follows links makes such a "
            f"folder); remove it and run again: what is live stands in {CURRENT_FILE} too"
        )
        raise OutputFailed(message)


def views(output: Path) -> list[View]:
    """All views that there are, the oldest first."""
    found = (read_view(output, number) for number in _numbers(output))
    return [view for view in found if view is not None]


def read_view(output: Path, number: int) -> View | None:
    """A view by its number; None if it is not there, or was never finished.

    Raises:
        OutputFailed: if it is damaged.
    """
    path = output / "views" / str(number) / MANIFEST
    try:
        return _view(number, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged_view(path, error) from error


def _view(number: int, facts: Mapping[str, Any]) -> View:
    previous = facts.get("previous", number - 1)
    before = previous if previous is not None and 0 < previous < number else None
    if "snapshot" in facts:
        own: Entries = {None: name_in(facts, "snapshot")}
        manifest: Entries = {None: name_in(facts, "manifest")}
        return View(number, None, own, manifest, before)
    return View(
        number,
        name_in(facts, "key"),
        names_in(facts, "partitions"),
        names_in(facts, "manifests"),
        before,
        numbers_in(facts, "taken_from"),
    )


def live_view(output: Path) -> View | None:
    """The view that is live; None where nothing is, or where it has no view yet."""
    place, _, name = (pointer(output) or "").partition("/")
    if place == "views":
        return read_view(output, int(name))
    if place != "snapshots":
        return None
    # The pointer is what counts; the file beside it may be older, if a run was killed between.
    known = [read_view(output, _noted(output)), *reversed(views(output))]
    return next((v for v in known if v is not None and v.snapshots == {None: name}), None)


def lineage(output: Path) -> Iterator[View]:
    """The view that is live, then the one that was live before it, and so on."""
    view = live_view(output)
    while view is not None:
        yield view
        view = None if view.previous is None else read_view(output, view.previous)


def history(output: Path, partition: str | None = None) -> Iterator[tuple[View, str]]:
    """The snapshots of a partition that are and were live, the newest first.

    Each comes with the newest view in which it was. What was rolled back is not among them.
    """
    view, last = live_view(output), None
    while view is not None:
        snapshot = view.snapshots.get(partition)
        if snapshot is not None and snapshot != last:
            yield view, snapshot
            last = snapshot
        step = view.taken_from.get(partition or "", view.previous)
        view = None if step is None or step >= view.number else read_view(output, step)


def manifest_digest(output: Path, snapshot: str) -> str:
    """The digest of a snapshot's manifest.

    Raises:
        OutputFailed: if it cannot be read.
    """
    path = snapshot_folder(output, snapshot) / MANIFEST
    found = _bytes(path)
    if found is None:
        message = f"{path}: is missing; the snapshot is damaged, run the job again"
        raise OutputFailed(message)
    return digest_bytes(found)


def _numbers(output: Path) -> list[int]:
    """The numbers of all views, in order."""
    return sorted(int(p.name) for p in (output / "views").glob("*") if p.name.isdecimal())


def _adopted(output: Path) -> View | None:
    """A view of a snapshot that is live without one."""
    place, _, name = (pointer(output) or "").partition("/")
    if place != "snapshots":
        return None
    return add_view(output, None, {None: name}, None)


def _noted(output: Path) -> int:
    """The number of the view in the file beside `current`; 0 where it says none."""
    try:
        return int(json.loads(_bytes(output / CURRENT_FILE) or b"{}")["view"])
    except (ValueError, KeyError, TypeError):
        return 0


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
