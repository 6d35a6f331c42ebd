"""Whether what is published is what a run would publish."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labelmill.pipeline.choice import Chooser
from labelmill.pipeline.plan import PartitionPlan, Plan
from labelmill.pipeline.publish import has_its_files, live_manifest, snapshot_folder
from labelmill.pipeline.result import Snapshot


def differences(manifest: Mapping[str, Any], now: Mapping[str, str]) -> list[str]:
    """The fingerprints (`input`, `plan` and so on) that are no longer those of a snapshot.

    Example:
        >>> manifest = {"fingerprints": {"input": "a", "plan": "b", "model": "c"}}
        >>> differences(manifest, {"input": "a", "plan": "d"})
        ['plan']
    """
    known = manifest["fingerprints"]
    return [name for name, value in now.items() if known.get(name) != value]


def why_stale(output: Path, plan: Plan, part: PartitionPlan) -> tuple[str, ...]:
    """What keeps the live snapshot of a partition from being what a run would publish.

    The reasons are `missing`, `plan` (the job is another one), `input` (its files are) and
    `files` (some of the snapshot are gone or of another size); none where nothing is to do.
    Files of the input are read only where all else is equal.
    """
    manifest = live_manifest(output, part.value)
    return ("missing",) if manifest is None else tuple(_reasons(output, plan, part, manifest))


def labeled_by_others(
    output: Path, chooser: Chooser, values: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Those of some partitions ("" is that of a job without any) that another model would label."""
    found: dict[str, tuple[str, ...]] = {}
    for value in values:
        manifest = live_manifest(output, value or None)
        if manifest is not None and not chooser.labels_as_published(value or None, manifest):
            found[value] = ("model",)
    return found


def standing(output: Path, part: PartitionPlan) -> Snapshot:
    """The live snapshot of a partition, as a run gives it back."""
    manifest = live_manifest(output, part.value)
    if manifest is None:
        message = f"nothing is published of {part.value or 'the job'}"
        raise ValueError(message)
    folder = snapshot_folder(output, manifest["snapshot"])
    report = json.loads((folder / "report.json").read_bytes())
    return Snapshot(manifest["snapshot"], folder, part.value, report)


def emptied(output: Path, inputs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Warnings about what is live although its input has no rows any more."""
    bare = [part["partition"] for part in inputs if not part["rows"]]
    return tuple(
        f"{'the input' if value is None else f'partition {value}'} has no rows any more; what is "
        "live of it stays live"
        for value in bare
        if live_manifest(output, value) is not None
    )


def _reasons(
    output: Path, plan: Plan, part: PartitionPlan, manifest: Mapping[str, Any]
) -> Iterator[str]:
    if differences(manifest, {"plan": plan.digest}):
        yield "plan"
        return
    folder = snapshot_folder(output, manifest["snapshot"])
    if not has_its_files(folder, manifest):
        yield "files"
    else:
        yield from differences(manifest, {"input": part.input})
