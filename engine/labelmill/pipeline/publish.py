"""Where a snapshot is made, how it is sealed and takes its name, and where the live one lies.

    <output>/current -> snapshots/<id>          a job without partitions
    <output>/current -> views/<n>/              a job with partitions: one link per partition
    <output>/_CURRENT.json                      the same map, for readers without links

A reader of `current` sees the old data or the new, never a mix (see `views`).
"""

import json
from collections.abc import Mapping
from multiprocessing.pool import ThreadPool
from os import cpu_count
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import UsageError
from labelmill.io import durable
from labelmill.io.digests import digest_file

MANIFEST = "manifest.json"
CURRENT = "current"
CURRENT_FILE = "_CURRENT.json"
MAKING = ".making-"
DIGESTING = 4
"""So many files are digested at once."""


def local_output(job: Job) -> Path:
    """The output folder.

    Raises:
        UsageError: if the output is a URL.
    """
    if "://" in job.output:
        message = f"output: {job.output}: only local folders can be written; give a path"
        raise UsageError(message)
    return Path(job.output)


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
    """What a run that was killed left of a snapshot or a view it was making."""
    return [
        folder
        for place in ("snapshots", "views")
        for folder in sorted((output / place).glob(f"{MAKING}*"))
    ]


def file_list(folder: Path) -> list[dict[str, Any]]:
    """Path, size and digest of every file in a folder, sorted by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPool(min(cpu_count() or 1, DIGESTING)) as threads:
        digests = threads.map(digest_file, files)
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
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        listed = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(listed == [f for f in file_list(folder) if f["path"] != MANIFEST])


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
    try:
        facts = json.loads((output / CURRENT / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return dict(facts.get("partitions", {}))


def live_manifest(output: Path, partition: str | None) -> dict[str, Any] | None:
    """The manifest of the snapshot that is live now, if there is one."""
    folder = output / CURRENT
    if partition is not None:
        snapshot = published_partitions(output).get(partition)
        if snapshot is None:
            return None
        folder = snapshot_folder(output, snapshot)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return manifest
