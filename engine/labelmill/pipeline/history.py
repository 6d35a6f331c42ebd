"""The snapshots of an output that were published before one, for checks that compare."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelmill.core.facts import Past
from labelmill.pipeline.publish import MANIFEST, published_partitions, snapshot_folder
from labelmill.pipeline.survey import natural
from labelmill.pipeline.views import history


def partitions_before(output: Path, partition: str, most: int) -> tuple[Past, ...]:
    """What is live of the partitions before one, in natural order, the last first."""
    live = published_partitions(output)
    names = sorted((n for n in live if natural(n) < natural(partition)), key=natural, reverse=True)
    found = (_past(output, live[name]) for name in names)
    return _first(found, most)


def snapshots_before(output: Path, snapshot: str, most: int) -> tuple[Past, ...]:
    """The snapshots of a job without partitions that are and were live, the newest first.

    Each stands there once, where it was live last, without what was rolled back. The snapshot that
    is made now is not among them, so that making it again compares it with the same ones.
    """
    names = dict.fromkeys(name for _, name in history(output))
    names.pop(snapshot, None)
    return _first((_past(output, name) for name in names), most)


def _first(found: Iterator[Past | None], most: int) -> tuple[Past, ...]:
    """The first few that are there."""
    taken: list[Past] = []
    for past in found:
        if len(taken) == most:
            break
        if past is not None:
            taken.append(past)
    return tuple(taken)


def _past(output: Path, snapshot: str) -> Past | None:
    """What a snapshot says of itself; None where it is gone, or not whole."""
    folder = snapshot_folder(output, snapshot)
    manifest, report = _read(folder / MANIFEST), _read(folder / "report.json")
    if manifest is None or report is None:
        return None
    return Past(snapshot, manifest.get("partition"), report, manifest.get("functions", {}))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
