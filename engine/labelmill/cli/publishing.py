"""Verbs about what is live: publish and rollback."""

from typing import TYPE_CHECKING, Annotated

import typer

from labelmill.cli.options import AsJson, Config, OnePartition, Overrides, Project

if TYPE_CHECKING:
    from labelmill.pipeline.rollback import Move


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


def _told(move: "Move") -> str:
    of = "" if move.partition is None else f"partition {move.partition}: "
    was = "nothing" if move.before is None else f"snapshot {move.before}"
    if move.after is None:
        return f"{of}nothing is live (it was {was})"
    return f"{of}snapshot {move.after} is live again (it was {was})"
