"""Verbs that look and write nothing: plan, preview and report."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelmill.cli.options import AsJson, Config, Overrides, Partition, Project, Verify

if TYPE_CHECKING:
    from labelmill.config.spec import Job


def plan(
    config: Config,
    *,
    overrides: Overrides = None,
    project: Project = None,
    partition: Partition = None,
    verify: Verify = False,
    as_json: AsJson = False,
) -> None:
    """Show what a run would do, and why.

    Labeling functions and input are compared with the live snapshot. A table of partitions and
    functions says where votes are known, and where a function would vote and why. Nothing is
    voted on, and nothing is written.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import screen, show, show_json  # noqa: PLC0415
    from labelmill.pipeline.damage import enduring  # noqa: PLC0415
    from labelmill.pipeline.known import known_digests  # noqa: PLC0415
    from labelmill.pipeline.outputs import local_output  # noqa: PLC0415
    from labelmill.pipeline.plan import make_plan  # noqa: PLC0415
    from labelmill.report.planned import plan_facts  # noqa: PLC0415
    from labelmill.report.terminal import plan_view  # noqa: PLC0415

    job = read_job(config, overrides, project, partition)
    output = local_output(job)
    with known_digests(job, verify=verify, write=False):
        facts = enduring(
            job, lambda torn: plan_facts(make_plan(job, partition, torn), output, torn)
        )
    if as_json:
        show_json({"ok": True, **facts})
    else:
        show(plan_view(facts, screen().width))


def preview(  # noqa: PLR0913 (an option each)
    config: Config,
    *,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="How many rows to show.")] = 10,
    ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Explain the row with this id, wherever it stands. Can be repeated.",
        ),
    ] = None,
    lf: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Show only rows on which this function votes."),
    ] = None,
    overrides: Overrides = None,
    project: Project = None,
    partition: Partition = None,
    as_json: AsJson = False,
) -> None:
    """Show the votes on a few rows, or explain single rows.

    The label model is fitted on the first rows alone, so its numbers are a foretaste. With --id
    it is that of the live snapshot where this fits the job, and each row is explained: what each
    vote weighs and does, and how the posterior came to be. Nothing is written.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import screen, show, show_json  # noqa: PLC0415
    from labelmill.pipeline.preview import preview as preview_job  # noqa: PLC0415
    from labelmill.report.rows import preview_view  # noqa: PLC0415

    job = read_job(config, overrides, project, partition)
    if ids:
        _explain(job, ids, partition, as_json=as_json)
        return
    found = preview_job(job, rows=rows, lf=lf, partition=partition)
    if as_json:
        show_json({"ok": True, "rows": [asdict(row) for row in found]})
    else:
        show(preview_view(found, job.task.kind.space().names, screen().width, lf))


def _explain(job: "Job", ids: list[str], partition: str | None, *, as_json: bool) -> None:
    from labelmill.cli.outcome import screen, show, show_json  # noqa: PLC0415 (as above)
    from labelmill.pipeline.explain import explain  # noqa: PLC0415
    from labelmill.report.explained import explained_view  # noqa: PLC0415

    rows = explain(job, ids, partition)
    if as_json:
        show_json({"ok": True, "rows": [asdict(row) for row in rows]})
        return
    terminal = screen()
    block = "\u2588" if terminal.encoding.startswith("utf") else "#"
    show(explained_view(rows, job.task.kind.space().names, terminal.width, block))


def report(
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="A config, an output folder or a snapshot.")
    ],
    *,
    partition: Partition = None,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show what each labeling function did, and totals.

    The report is that of the snapshot, or of the one that is live.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import screen, show, show_json  # noqa: PLC0415
    from labelmill.errors import UsageError  # noqa: PLC0415
    from labelmill.pipeline.outputs import address, local_output  # noqa: PLC0415
    from labelmill.pipeline.peek import find_snapshot, read_report  # noqa: PLC0415
    from labelmill.report.terminal import report_view  # noqa: PLC0415

    if target.parts[:1] == ("s3:",):
        message = f"{target}: give the config of the job that publishes there"
        raise UsageError(message)
    if target.suffix in (".yaml", ".yml"):
        target = local_output(read_job(target, overrides, project, partition))
    folder = find_snapshot(target, partition)
    found = read_report(folder)
    page = folder / "report.html"
    if as_json:
        shown = {"folder": address(folder), "page": address(page)}
        show_json({"ok": True, **shown, "report": found})
    else:
        show(report_view(found, address(page), screen().width))
