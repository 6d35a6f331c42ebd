"""Verbs about what is live: status, publish, rollback and gc."""

from typing import TYPE_CHECKING, Annotated

import typer

from labelmill.cli.options import AsJson, Config, OnePartition, Overrides, Project, Verify

if TYPE_CHECKING:
    from labelmill.pipeline.rollback import Move


def status(
    config: Config,
    *,
    partition: OnePartition = None,
    verify: Verify = False,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show how each partition stands, and why.

    A partition is published, stale (what is live is not what a run would make now), missing,
    failed, held by checks, not complete, without data, unreadable, or dropped from the source.
    Nothing is written.
    """
    from dataclasses import asdict  # noqa: PLC0415 (--help needs none of it)

    from labelmill.cli.jobs import read_job  # noqa: PLC0415
    from labelmill.cli.outcome import screen, show, show_json  # noqa: PLC0415
    from labelmill.pipeline.status import status as look  # noqa: PLC0415
    from labelmill.report.partitions import status_view  # noqa: PLC0415

    found = look(read_job(config, overrides, project, partition), partition, verify=verify)
    if as_json:
        show_json({"ok": True, **asdict(found)})
    else:
        show(status_view(found, screen().width))


def publish(  # noqa: PLR0913 (an option each)
    config: Config,
    *,
    checks: Annotated[
        list[str] | None,
        typer.Option(
            "--override-check",
            metavar="NAME",
            help="A check that failed. Name each of them; can be repeated.",
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it is published all the same; recorded.")
    ] = "",
    partition: OnePartition = None,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Publish a snapshot that a failed check has kept from it.

    Each check that failed has to be named, and there must be a reason. Both are recorded beside
    the snapshot and in run.json; the snapshot itself stays as it is.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.pipeline.held import publish_held  # noqa: PLC0415

    job = read_job(config, overrides, project, partition)
    done = publish_held(job, partition=partition, checks=checks or (), reason=reason)
    if as_json:
        facts = {
            "snapshot": done.held.snapshot,
            "partition": done.held.partition,
            "overridden": dict(done.held.checks),
            "reason": done.reason,
            "view": done.view.number,
        }
        show_json({"ok": True, **facts})
        return
    of = "" if done.held.partition is None else f"partition {done.held.partition}: "
    said = [f"overridden: {name}: {message}" for name, message in done.held.checks.items()]
    show([f"{of}snapshot {done.held.snapshot} is live", *said, f"reason: {done.reason}"])


def rollback(
    config: Config,
    *,
    partition: OnePartition = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="SNAPSHOT", help="The snapshot to go back to; it was live once."),
    ] = None,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Let be live again what was live before.

    Without options the last publication is undone, whatever it was. With --partition only the
    entry of that partition goes back.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.pipeline.rollback import rollback as roll_back  # noqa: PLC0415

    job = read_job(config, overrides, project, partition)
    done = roll_back(job, partition=partition, to=to)
    if as_json:
        show_json({"ok": True, "view": done.view.number, "moves": done.facts()})
    else:
        show([_told(move) for move in done.moves] or ["Nothing changed: the same is live."])


def gc(  # noqa: PLR0913 (the same)
    config: Config,
    *,
    keep: Annotated[
        int,
        typer.Option(metavar="N", help="How many views to keep, with all that was live in them."),
    ] = 10,
    dropped: Annotated[
        bool,
        typer.Option("--dropped", help="Also unpublish partitions that are gone from the source."),
    ] = False,
    cache: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="Keep at most so much of votes and labeled shards, e.g. 2GB."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Remove nothing; say what would be removed.")
    ] = False,
    overrides: Overrides = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Remove what is not needed any more; never what is live.

    Old views, snapshots that no view names any longer, what killed runs left behind, old records
    of runs, and votes that no run would ask for.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.pipeline.sweep import sweep  # noqa: PLC0415
    from labelmill.pipeline.unneeded import size_of  # noqa: PLC0415
    from labelmill.report.partitions import swept_view  # noqa: PLC0415

    job = read_job(config, overrides, project)
    most = None if cache is None else size_of(cache)
    swept = sweep(job, keep=keep, dropped=dropped, dry_run=dry_run, cache=most)
    if as_json:
        show_json({"ok": True, "dry_run": dry_run, **swept.facts()})
    else:
        show(swept_view(swept, dry_run=dry_run))


def _told(move: "Move") -> str:
    of = "" if move.partition is None else f"partition {move.partition}: "
    if move.after is None:
        return f"{of}nothing is live (it was snapshot {move.before})"
    was = "nothing was live" if move.before is None else f"it was snapshot {move.before}"
    return f"{of}snapshot {move.after} is live again ({was})"
