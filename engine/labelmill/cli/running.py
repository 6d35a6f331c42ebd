"""The verb that makes training sets: run."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from labelmill.cli.options import AsJson, Config, LogFormat, Overrides, Partition, Project, Verify
from labelmill.cli.slicing import label_and_show, wanted_slice

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelmill.config.spec import Job
    from labelmill.pipeline.backfill import Backfill, RunOne
    from labelmill.pipeline.result import Run


def run(  # noqa: PLR0913 (an option each)
    config: Config,
    *,
    partition: Partition = None,
    partitions: Annotated[
        str | None,
        typer.Option(
            metavar="FIRST..LAST",
            help="Take these partitions, both ends included, the newest first.",
        ),
    ] = None,
    since_last_success: Annotated[
        bool,
        typer.Option(
            "--since-last-success",
            help="Take the partitions after the newest that is live, and those that changed.",
        ),
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Where a partition fails, go on with the next.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="How many processes work; 0: this one alone. Default: as many as pay, one a core.",
        ),
    ] = None,
    full_refresh: Annotated[
        bool,
        typer.Option("--full-refresh", help="Do all anew, whatever is known or published."),
    ] = False,
    stage: Annotated[
        Literal["label"] | None,
        typer.Option(
            metavar="STAGE", help="label: only let functions vote; a run later does the rest."
        ),
    ] = None,
    shards: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="With --stage label: the I-th of N slices, from 1/N on."),
    ] = None,
    relabel: Annotated[
        bool,
        typer.Option(
            "--relabel",
            help="Make partitions too that are live and that another label model would label.",
        ),
    ] = False,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit",
            help="Fit a label model that would be kept (on_change) on the newest partitions.",
        ),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Publish although what is live in the output is of a job of another name.",
        ),
    ] = False,
    verify: Verify = False,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
    log_format: LogFormat = None,
) -> None:
    """Run a job and publish its training set.

    What is published and would come out the same is left as it is, and functions vote only where
    their votes are not known. The stages are prepare, label, fit, infer, select and split, augment,
    export, check and publish. If a check fails, what is live stays live. With --partitions or
    --since-last-success each partition is published as soon as it has passed its checks. With
    --stage label nothing is published: n machines each label a slice of one job.
    """
    from labelmill.cli import logs  # noqa: PLC0415 (--help loads no more than it needs)
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import hear, notice  # noqa: PLC0415
    from labelmill.cli.progress import Reporter  # noqa: PLC0415
    from labelmill.config import find_root  # noqa: PLC0415 (--help loads no engine)
    from labelmill.pipeline.record import refusal_recorded  # noqa: PLC0415

    logs.set_format(log_format)
    changes = [
        *(overrides or ()),
        *([f"execution.workers={workers}"] if workers is not None else []),
    ]
    several = partitions is not None or since_last_success
    _check_options(partition, partitions, since=since_last_success, keep_going=keep_going)
    wanted = wanted_slice(stage, shards, refused=several or full_refresh)
    with refusal_recorded(config, find_root(config, project)):
        read = partial(read_job, config, changes, project)
        job, job_of = _jobs(read, partitions) if several else (read(partition), None)
    if wanted is not None:
        label_and_show(job, wanted, partition, as_json=as_json)
        return
    from labelmill.pipeline.run import run_job  # noqa: PLC0415

    with logs.StageLog() if logs.is_json() else Reporter() as progress:
        run_one = partial(
            run_job,
            full_refresh=full_refresh,
            relabel=relabel,
            refit=refit,
            take_over=take_over,
            verify=verify,
            progress=progress,
            listener=hear,
        )
        if not several:
            done = run_one(job, partition=partition)
        else:
            from labelmill.pipeline.backfill import run_partitions  # noqa: PLC0415 (only here)

            many = run_partitions(
                job,
                wanted=partitions,
                keep_going=keep_going,
                relabel=relabel,
                verify=verify,
                job_of=job_of,
                run_one=_announced(partial(run_one, has_lock=True)),
                notice=notice,
            )
    if several:
        _show_many(many, as_json=as_json)
    else:
        _show_one(done, as_json=as_json)


def _check_options(
    partition: str | None, partitions: str | None, *, since: bool, keep_going: bool
) -> None:
    from labelmill.errors import UsageError  # noqa: PLC0415 (--help needs no errors)

    if sum((partition is not None, partitions is not None, since)) > 1:
        message = "give one of --partition, --partitions and --since-last-success"
        raise UsageError(message)
    if keep_going and partitions is None and not since:
        message = "--keep-going: only with --partitions or --since-last-success"
        raise UsageError(message)


def _jobs(
    read: "Callable[[str | None], Job]", partitions: str | None
) -> "tuple[Job, Callable[[str], Job] | None]":
    from labelmill.pipeline.several import jobs_of  # noqa: PLC0415 (only for several)

    return jobs_of(read, partitions)


def _announced(run_one: "RunOne") -> "RunOne":
    """Say which partition is at work before its stages are told."""
    from labelmill.cli import logs  # noqa: PLC0415 (as above)
    from labelmill.cli.outcome import complain  # noqa: PLC0415

    def run_and_say(job: "Job", *, partition: str) -> "Run":
        if not logs.is_json():
            complain(f"partition {partition}")
        return run_one(job, partition=partition)

    return run_and_say


def _show_one(done: "Run", *, as_json: bool) -> None:
    from labelmill.cli import logs  # noqa: PLC0415 (when all is done)
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.pipeline.outputs import address  # noqa: PLC0415

    if logs.is_json():
        for warning in done.warnings:
            logs.log("warning", {"message": warning})
    if not as_json:
        from labelmill.report.terminal import run_view  # noqa: PLC0415

        show(run_view(done, address(done.output)))
        return
    snapshots = [
        {
            "id": snapshot.id,
            "folder": address(snapshot.folder),
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
            "unchanged": list(done.unchanged),
            "warnings": list(done.warnings),
        }
    )


def _show_many(done: "Backfill", *, as_json: bool) -> None:
    from labelmill.cli.outcome import errors_of, show, show_error, show_json  # noqa: PLC0415
    from labelmill.pipeline.outputs import address  # noqa: PLC0415
    from labelmill.report.partitions import backfill_view  # noqa: PLC0415

    error = done.error
    code = 0 if error is None else error.exit_code
    if as_json:
        facts = {
            "ok": error is None,
            "exit_code": code,
            "run_id": done.id,
            "partitions": [outcome.facts() for outcome in done.outcomes],
            "left": list(done.left),
            "older": list(done.older),
            "errors": [] if error is None else errors_of(error),
        }
        show_json(facts)
    else:
        show(backfill_view(done.outcomes, done.left, address(done.output), done.older))
        if error is not None:
            show_error(error, as_json=False)
    if code:
        raise typer.Exit(code)
