"""The verbs of the command line, and what `labelmill --help` says."""

from typing import Annotated

import typer

from labelmill import __version__
from labelmill.cli import checking, learning, looking, publishing, running, starting

EXIT_CODES = """
Exit codes: 0 done; 1 the run failed and can be resumed; 2 usage or config error; 3 a check failed
and nothing was published; 4 input missing or not complete; 5 another run of this job holds the
lock; 6 some partitions were published and some not; 130 or 143 interrupted.
"""

app = typer.Typer(
    name="labelmill",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"labelmill {__version__}")
        raise typer.Exit


def _show_help(context: typer.Context, *, wanted: bool) -> None:
    if wanted:
        typer.echo(context.get_help())
        raise typer.Exit


# typer's own help option loads pydantic for each verb's help, so the front has one of ours.
@app.callback(epilog=EXIT_CODES, add_help_option=False)
def labelmill(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _show_version(wanted=value),
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
    wants_help: Annotated[
        bool,
        typer.Option(
            "--help",
            "-h",
            callback=lambda ctx, value: _show_help(ctx, wanted=value),
            is_eager=True,
            help="Show this message and exit.",
        ),
    ] = False,
) -> None:
    """Turn raw text into training sets with labeling functions declared in YAML."""


app.command(epilog="Example: labelmill init my-project")(starting.init)
app.command(epilog="Example: labelmill validate configs/*.yaml")(checking.validate)
app.command(epilog="Example: labelmill explain keyword")(learning.explain)
app.command(epilog="Example: labelmill schema > configs/schema.json")(learning.schema)
app.command(epilog="Example: labelmill plan configs/video-comments.yaml")(looking.plan)
app.command(epilog="Example: labelmill preview configs/video-comments.yaml --lf begging")(
    looking.preview
)
app.command("test", epilog="Example: labelmill test configs/*.yaml")(checking.try_examples)
app.command(epilog="Example: labelmill run configs/video-comments.yaml --workers 4")(running.run)
app.command(epilog="Example: labelmill report configs/video-comments.yaml")(looking.report)
app.command(epilog="Example: labelmill status configs/video-comments.yaml")(publishing.status)
app.command(
    epilog="Example: labelmill publish configs/nightly.yaml --override-check coverage --reason ..."
)(publishing.publish)
app.command(epilog="Example: labelmill rollback configs/nightly.yaml --partition 2026-03-01")(
    publishing.rollback
)
app.command(epilog="Example: labelmill gc configs/nightly.yaml --dry-run")(publishing.gc)
