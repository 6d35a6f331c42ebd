"""The verb that makes training sets: run."""

from typing import Annotated

import typer

from labelmill.cli.options import AsJson, Config, Overrides, Partition, Project


def run(
    config: Config,
    *,
    partition: Partition = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="How many processes work; 0: this one alone. Default: as many as pay, one a core.",
        ),
    ] = None,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Run a job and publish its training set.

    The stages are prepare, label, fit, infer, select and split, augment, export, check and
    publish. If a check fails, what is live stays live.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import notice, show, show_json  # noqa: PLC0415
    from labelmill.cli.progress import Reporter  # noqa: PLC0415
    from labelmill.config import find_root  # noqa: PLC0415 (--help loads no engine)
    from labelmill.pipeline.record import refusal_recorded  # noqa: PLC0415
    from labelmill.pipeline.run import run_job  # noqa: PLC0415

    changes = [
        *(overrides or ()),
        *([f"execution.workers={workers}"] if workers is not None else []),
    ]
    with refusal_recorded(config, find_root(config, project)):
        job = read_job(config, changes, project, partition)
    with Reporter() as progress:
        done = run_job(job, partition=partition, progress=progress, notice=notice)
    if not as_json:
        from labelmill.report.terminal import run_view  # noqa: PLC0415 (when all is done)

        show(run_view(done.status, done.output, done.snapshots, done.warnings))
        return
    snapshots = [
        {
            "id": snapshot.id,
            "folder": str(snapshot.folder),
            "partition": snapshot.partition,
            "totals": snapshot.report["totals"],
            "splits": snapshot.report["splits"],
        }
        for snapshot in done.snapshots
    ]
    show_json(
        {
            "ok": True,
            "run_id": done.id,
            "status": done.status,
            "snapshots": snapshots,
            "warnings": list(done.warnings),
        }
    )
