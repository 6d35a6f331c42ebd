"""Write docs/reference/ from the code; with --check only say whether it is up to date."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from labelmill import kinds
from labelmill.cli.app import app
from labelmill.config.explain import KeyHelp, TypeHelp, explain, keys_of
from labelmill.config.keys import SECTIONS, GazetteerEntry, JobFile
from labelmill.core.registry import REGISTRIES
from labelmill.text.measures import MEASURES

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/make_reference.py from the code; do not edit. -->"

TITLES = {
    "prepare": ("Preparation steps", "Entries under `prepare`, in the order in which they run."),
    "labeling_functions": ("Labeling functions", "Entries under `labeling_functions`."),
    "task": ("Tasks", "What stands under `task`."),
    "label_model": ("Label models", "What stands under `label_model`."),
    "augment": ("Augmentation steps", "Entries under `augment`."),
    "checks": ("Checks", "Entries under `checks`."),
    "export": ("Exports", "Entries under `export`; Parquet is always written."),
}


def main() -> int:
    """Write or check every page; 1 if --check finds one that differs."""
    kinds.register_all()
    pages = dict(reference_pages())
    if "--check" not in sys.argv:
        FOLDER.mkdir(exist_ok=True)
        for name, text in pages.items():
            (FOLDER / name).write_text(text, "utf-8")
        return 0
    stale = [name for name, text in pages.items() if _text_of(FOLDER / name) != text]
    stale += sorted({path.name for path in FOLDER.glob("*.md")} - set(pages))
    for name in stale:
        print(f"docs/reference/{name} is not what the code says; run: make reference")
    return 1 if stale else 0


def reference_pages() -> Iterator[tuple[str, str]]:
    """Name and text of every page."""
    for section, registry in REGISTRIES.items():
        title, intro = TITLES[section]
        helps = [explain(section, name) for name in registry]
        yield f"{section.replace('_', '-')}.md", _page(title, intro, _types(helps))
    yield "config.md", _page("Config", "The keys of a job file.", _config())
    yield "measures.md", _page("Text measures", _MEASURES, _measures())
    yield "command-line.md", _page("Command line", _COMMANDS, _verbs())


_MEASURES = "Names that stand for a measure of the text in an expression, and functions in Python."
_COMMANDS = "`labelmill VERB --help` says the same."


def _page(title: str, intro: str, parts: Iterator[str]) -> str:
    return "\n\n".join([NOTE, f"# {title}", intro, *parts]) + "\n"


def _types(helps: list[TypeHelp]) -> Iterator[str]:
    if helps and helps[0].frame:
        yield "Keys that every entry here takes:"
        yield _keys(helps[0].frame)
    for help_ in helps:
        yield f"## {help_.name}"
        yield help_.summary
        if help_.text:
            yield help_.text
        if help_.fields:
            yield _keys(help_.fields)
        if help_.example:
            yield f"```pycon\n{help_.example}\n```"


def _config() -> Iterator[str]:
    yield "## The file"
    yield _keys(keys_of(JobFile))
    for name, cls in SECTIONS.items():
        yield f"## {name}"
        yield _keys(keys_of(cls))
    yield "## gazetteers"
    yield "Each entry has a name, and these keys:"
    yield _keys(keys_of(GazetteerEntry))


def _measures() -> Iterator[str]:
    yield _table(
        ("measure", "what it is"),
        [
            (f"`{name}`", (measure.__doc__ or "").split("\n")[0])
            for name, measure in MEASURES.items()
        ],
    )


def _verbs() -> Iterator[str]:
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="labelmill")
    for name, command in sorted(getattr(group, "commands", {}).items()):
        inner = typer.Context(command, info_name=f"labelmill {name}", parent=None)
        yield f"## {name}"
        yield (command.help or "").replace("\n\n", "\n").strip()
        yield f"```text\n{command.get_usage(inner)}\n```"
        rows = [
            (f"`{' '.join([*p.opts, *p.secondary_opts])}`", getattr(p, "help", None) or "")
            for p in command.params
            if p.name != "help"
        ]
        if rows:
            yield _table(("argument", "meaning"), rows)
        if command.epilog:
            yield command.epilog.strip()
    yield "## Exit codes"
    yield ((getattr(group, "callback", None) and group.epilog) or "").strip()
    del context


def _keys(keys: tuple[KeyHelp, ...]) -> str:
    rows = [
        (f"`{key.name}`", key.type, _default(key), " ".join(key.description.split()))
        for key in keys
    ]
    return _table(("key", "type", "default", "meaning"), rows)


def _default(key: KeyHelp) -> str:
    if key.required:
        return "required"
    return f"`{json.dumps(key.default, ensure_ascii=False, default=str)}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )


def _text_of(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
