"""Verbs for a first project: init."""

from pathlib import Path
from typing import Annotated

import typer

from labelmill.cli.options import AsJson


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to put it.", show_default=False)
    ] = Path(),
    *,
    as_json: AsJson = False,
) -> None:
    """Start a project that runs as it is.

    It has configs, labeling functions, gazetteers and demo data. No file that is already there
    is touched: if one is in the way, nothing is written.
    """
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.io.starter import copy_starter  # noqa: PLC0415

    started = copy_starter(folder)
    config = started.config.as_posix()
    steps = [f"labelmill preview {config}", f"labelmill run {config}"]
    if folder != Path():
        steps = [f"cd {folder} && {steps[0]}", steps[1]]
    if as_json:
        files = [path.as_posix() for path in started.files]
        show_json({"ok": True, "folder": str(folder), "files": files, "next": steps})
        return
    advice = [
        f"Left as it is: {name}; let it ignore .labelmill/ and data/out/" for name in started.left
    ]
    show([f"Wrote {len(started.files)} files.", *advice, "Next:", *(f"  {step}" for step in steps)])
