"""Where a snapshot is made, how it is sealed and takes its name, and where the live one lies.

    <output>/current -> snapshots/<id>          a job without partitions
    <output>/current -> views/<n>/              a job with partitions: one link per partition
    <output>/_CURRENT.json                      the same map, for readers without links

A reader of `current` sees the old data or the new, never a mix (see `views`).
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import Any

from labelmill.errors import OutputFailed
from labelmill.io import durable
from labelmill.io.digests import digest_file
from labelmill.io.mirror import POINTER, SEAL
from labelmill.pipeline.forms import is_manifest, names_in
from labelmill.pipeline.outputs import is_whole_away, sizes_away

MANIFEST = SEAL
CURRENT = "current"
CURRENT_FILE = POINTER
MAKING = ".making-"
DIGESTING = 4
"""So many files are digested at once."""


def snapshot_folder(output: Path, snapshot: str) -> Path:
    """Where a snapshot lies once it is published."""
    return output / "snapshots" / snapshot


def staging_folder(output: Path, snapshot: str) -> Path:
    """An empty folder in which a snapshot is made, on the same file system."""
    folder = output / "snapshots" / f"{MAKING}{snapshot}"
    durable.remove_folder(folder)
    return durable.make_folder(folder)


def remove_unfinished(output: Path) -> None:
    """Remove what a run that was killed left of a snapshot or a view it was making."""
    for folder in unfinished(output):
        durable.remove_folder(folder)


def unfinished(output: Path) -> list[Path]:
    """What a run that was killed left of a snapshot, a view or a file it was making."""
    return [
        left
        for place in (".", "snapshots", "views")
        for pattern in (f"{MAKING}*", ".*.tmp")
        for left in sorted((output / place).glob(pattern))
    ]


def file_list(folder: Path) -> list[dict[str, Any]]:
    """Path, size and digest of every file in a folder, sorted by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(min(cpu_count() or 1, DIGESTING)) as threads:
        digests = list(threads.map(digest_file, files))
    return [
        {
            "path": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": found,
        }
        for path, found in zip(files, digests, strict=True)
    ]


def json_bytes(value: Any) -> bytes:
    """Plain data as JSON for people: sorted keys, two spaces."""
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def seal(staging: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, with a list of all other files; nothing is added after it."""
    durable.write_bytes(
        staging / MANIFEST, json_bytes(dict(manifest) | {"files": file_list(staging)})
    )


def is_sealed(folder: Path) -> bool:
    """Whether a snapshot is there, complete, with the bytes that its manifest lists."""
    manifest = manifest_of(folder)
    if manifest is None:
        return False
    return bool(manifest["files"] == [f for f in file_list(folder) if f["path"] != MANIFEST])


def is_whole(folder: Path) -> bool:
    """The same of a snapshot that was published, wherever it lies."""
    manifest = manifest_of(folder)
    away = None if manifest is None else is_whole_away(folder, manifest["files"])
    return is_sealed(folder) if away is None else away


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of a snapshot; None where it is gone, or damaged."""
    facts = _object(folder / MANIFEST)
    return facts if facts is not None and is_manifest(facts) else None


def has_its_files(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether all files that a manifest lists are there, of the size that it says."""
    away = sizes_away(folder)
    return all(
        away.get(file["path"]) == file["bytes"] or _stands(folder / file["path"], file["bytes"])
        for file in manifest["files"]
    )


def pointer(output: Path) -> str | None:
    """What is live: `snapshots/<id>` or `views/<n>`; None where nothing is.

    That is what the link `current` points to. Where somebody took the link away, or a copy made a
    folder of it, the file beside it says the same.
    """
    for target in (_linked(output), _noted(output)):
        if target is not None and (output / target / MANIFEST).is_file():
            return target
    return None


def commit(output: Path, staging: Path, snapshot: str) -> Path:
    """Give a sealed snapshot its final name; one that is there already stays as it is."""
    final = snapshot_folder(output, snapshot)
    if is_sealed(final):
        durable.remove_folder(staging)
    else:
        durable.remove_folder(final)
        durable.move_folder(staging, final)
    return final


def published_partitions(output: Path) -> dict[str, str]:
    """The live map from partition to snapshot; empty before the first view."""
    target = pointer(output) or ""
    if not target.startswith("views/"):
        return {}
    path = output / target / MANIFEST
    try:
        return names_in(json.loads(path.read_bytes()), "partitions")
    except (ValueError, KeyError, TypeError) as error:
        raise damaged_view(path, error) from error


def live_manifest(output: Path, partition: str | None) -> dict[str, Any] | None:
    """The manifest of the snapshot that is live now, if there is one."""
    if partition is not None:
        snapshot = published_partitions(output).get(partition)
        return None if snapshot is None else manifest_of(snapshot_folder(output, snapshot))
    target = pointer(output) or ""
    return manifest_of(output / target) if target.startswith("snapshots/") else None


def damaged_view(path: Path, error: Exception) -> OutputFailed:
    """What is said where the manifest of a view cannot be read."""
    told = f"{type(error).__name__}: {error}"
    return OutputFailed(
        f"{path}: is damaged ({told}); put it back from a backup, or remove {path.parent} and run "
        "every partition again"
    )


def _linked(output: Path) -> str | None:
    """What `current` points to; one that was made elsewhere counts by its last two names."""
    try:
        parts = (output / CURRENT).readlink().parts[-2:]
    except OSError:
        return None
    known = len(parts) == 2 and (parts[0] == "snapshots" or parts[1].isdecimal())
    return "/".join(parts) if known and parts[0] in ("snapshots", "views") else None


def _noted(output: Path) -> str | None:
    """What stands in the file beside `current`."""
    facts = _object(output / CURRENT_FILE) or {}
    if "snapshot" in facts:
        return f"snapshots/{facts['snapshot']}"
    return f"views/{facts['view']}" if "view" in facts else None


def _object(path: Path) -> dict[str, Any] | None:
    """A JSON object; None where there is none that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _stands(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
