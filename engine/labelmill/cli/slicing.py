"""What `run --stage label` does: one slice of a job is labeled, and nothing is published."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelmill.config.spec import Job
    from labelmill.pipeline.slices import Slice, SliceRun


def wanted_slice(stage: str | None, shards: str | None, *, refused: bool) -> "Slice | None":
    """The slice that the options of `run` ask for; None where they ask for a whole run.

    Args:
        stage: what stands behind --stage.
        shards: what stands behind --shards.
        refused: whether there are options that a slice has no use for.

    Raises:
        UsageError: if they do not fit together, or it is no slice.
    """
    if stage is None and shards is None:
        return None
    from labelmill.errors import UsageError  # noqa: PLC0415 (--help needs no errors)
    from labelmill.pipeline.slices import Slice  # noqa: PLC0415 (only for slices)

    if stage is None:
        message = "--shards: only with --stage label; a run takes all shards"
        raise UsageError(message)
    if refused:
        message = (
            "--stage label: takes --partition or the whole source, and keeps what is known; leave "
            "out --partitions, --since-last-success, --keep-going and --full-refresh"
        )
        raise UsageError(message)
    return Slice() if shards is None else Slice.read(shards)


def label_and_show(job: "Job", wanted: "Slice", partition: str | None, *, as_json: bool) -> None:
    """Label a slice and say what came of it."""
    from labelmill.cli import logs  # noqa: PLC0415 (--help loads no more than it needs)
    from labelmill.cli.outcome import hear, show, show_json  # noqa: PLC0415
    from labelmill.cli.progress import Reporter  # noqa: PLC0415
    from labelmill.pipeline.slices import label_slice  # noqa: PLC0415 (as above)

    with logs.StageLog() if logs.is_json() else Reporter() as progress:
        done = label_slice(job, wanted, partition=partition, progress=progress, listener=hear)
    if as_json:
        show_json(_facts(done))
        return
    from labelmill.report.partitions import slice_view  # noqa: PLC0415

    show(slice_view(done))


def _facts(done: "SliceRun") -> dict[str, object]:
    return {
        "ok": True,
        "run_id": done.id,
        "status": done.status,
        "slice": str(done.slice),
        "shards": done.shards,
        "rows": done.rows,
        "cells": dict(done.cells),
        "errors": dict(done.errors),
        "unreadable": done.unreadable,
    }
