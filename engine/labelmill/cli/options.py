"""The arguments and options that several verbs share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file of a job.")]
Configs = Annotated[
    list[Path], typer.Argument(metavar="CONFIG", help="YAML files of jobs.", show_default=False)
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Replace a value of the config, e.g. label_model.seed=3. Can be repeated.",
    ),
]
Project = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The project root. Default: the folder above configs/, else the config's own.",
    ),
]


def _filled(value: str | None) -> str | None:
    """Refuse an empty value: no partition is called so, and a variable may not be set."""
    if value is not None and not value:
        message = "is empty; is a variable of the caller not set?"
        raise typer.BadParameter(message)
    return value


Partition = Annotated[
    str | None,
    typer.Option(metavar="VALUE", help="Take this partition of the source only.", callback=_filled),
]
OnePartition = Annotated[
    str | None,
    typer.Option("--partition", metavar="VALUE", help="Of this partition only.", callback=_filled),
]
Deep = Annotated[
    bool, typer.Option("--deep", help="Also try code, models and patterns, as a run does.")
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify", help="Read all bytes of the input, also of files not touched since a run."
    ),
]
LogFormat = Annotated[
    Literal["text", "json"] | None,
    typer.Option(
        metavar="FORMAT",
        help="How stderr is written: text, or json (a line for each event). Default: text, or "
        "what LABELMILL_LOG says.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, also where something is wrong.")
]
