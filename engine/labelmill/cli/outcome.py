"""What a verb prints: results to stdout, as text for people or as one JSON object."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from labelmill.cli import logs
from labelmill.errors import ChecksFailed, ConfigErrors, LabelmillError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_WIDTH = 160
"""Columns of output that no terminal shows, unless COLUMNS says otherwise."""


class Unprintable(Exception):
    """Results cannot be written to stdout; the message says why."""


def show(view: Sequence["RenderableType"]) -> None:
    """Print the parts of a view; outside a terminal no line is ever broken."""
    lines = [part for part in view if isinstance(part, str) and part.isprintable()]
    if lines and len(lines) == len(view):
        # Plain lines need no console, and rich takes as long to load as a small job takes to read.
        print(*lines, sep="\n")  # noqa: T201 (what the command shows)
        return
    console = screen()
    for part in view:
        console.print(part, soft_wrap=isinstance(part, str) or not sys.stdout.isatty())


def screen() -> "Console":
    """The terminal, or the file or pipe in its place."""
    import os  # noqa: PLC0415 (only where something is shown)

    from rich.console import Console  # noqa: PLC0415 (the same)

    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").strip(" 0").isdecimal()
    return Console(
        file=sys.stdout,
        width=None if known else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def show_json(facts: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Print one JSON object."""
    out = stream or sys.stdout
    unicode = (out.encoding or "").lower().replace("-", "") == "utf8"
    try:
        out.write(json.dumps(facts, indent=2, ensure_ascii=not unicode, default=str) + "\n")
        out.flush()
    except OSError as error:
        raise Unprintable(error.strerror or str(error)) from error


def show_error(error: LabelmillError, *, as_json: bool) -> None:
    """Tell what was wrong: to stderr, or as JSON to stdout."""
    if logs.is_json():
        for entry in errors_of(error):
            logs.log("error", entry | {"exit_code": error.exit_code})
    if as_json:
        show_failure(error.exit_code, errors_of(error))
    elif logs.is_json():
        return
    elif isinstance(error, ConfigErrors):
        count = len(error.problems)
        said = "1 problem" if count == 1 else f"{count} problems"
        complain(f"{error}\nlabelmill: {said}; nothing was done")
    else:
        complain(f"labelmill: error: {error}")


def show_failure(exit_code: int, errors: Sequence[Mapping[str, Any]]) -> None:
    """Print a failure as JSON."""
    show_json({"ok": False, "exit_code": exit_code, "errors": list(errors)})


def complain(message: str) -> None:
    """Write a message for people to stderr."""
    from labelmill.report.marking import visible  # noqa: PLC0415 (only for a message)

    sys.stderr.write(visible(message) + "\n")


def notice(signal: str, seconds: float) -> None:
    """Say that what is at work is finished, and no more."""
    hear("signal", {"signal": signal, "grace": seconds})


def hear(event: str, facts: Mapping[str, Any]) -> None:
    """Tell stderr what a run says of itself; people hear of little, machines of all."""
    if logs.is_json():
        logs.log(event, facts)
    elif event == "signal":
        complain(
            f"labelmill: {facts['signal']}: finishing what is being worked on, "
            f"{facts['grace']:g} s at most; a second signal ends at once"
        )
    elif event == "lost":
        for line in facts["untold"]:
            complain(f"labelmill: warning: {line}")


def errors_of(error: LabelmillError) -> list[dict[str, Any]]:
    """An error as plain data: one entry for each thing that is wrong."""
    if isinstance(error, ConfigErrors):
        names = ("file", "line", "col", "code", "path", "message")
        return [{name: getattr(problem, name) for name in names} for problem in error.problems]
    code = type(error).__name__
    if isinstance(error, ChecksFailed):
        return [
            {"code": code, "message": message, "snapshot": error.snapshot}
            for message in error.messages
        ]
    return [{"code": code, "message": str(error)}]
