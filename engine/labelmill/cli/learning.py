"""Verbs that tell what labelmill knows: explain and schema."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from labelmill.cli.options import AsJson

if TYPE_CHECKING:
    from labelmill.config.explain import KeyHelp, TypeHelp
    from labelmill.report.layout import View


def explain(
    type_name: Annotated[
        str | None,
        typer.Argument(
            metavar="TYPE",
            help="A type such as keyword or, with its section, augment.python; or a section "
            "without types, such as refine.",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain a type or a section and its keys, or list all types."""
    from labelmill import kinds  # noqa: PLC0415 (--help loads no types)
    from labelmill.cli.outcome import screen, show, show_json  # noqa: PLC0415

    kinds.register_all()
    helps = _every_type() if type_name is None else _types(type_name)
    if as_json:
        show_json({"ok": True, "types": [asdict(found) for found in helps]})
    elif type_name is None:
        show(_list_view(helps, screen().width))
    else:
        show([line for found in helps for line in (*_type_view(found), "")][:-1])


def schema(*, as_json: AsJson = False) -> None:
    """Print the JSON Schema of a config, for editors."""
    from labelmill import kinds  # noqa: PLC0415 (--help loads no types)
    from labelmill.cli.outcome import show_json  # noqa: PLC0415
    from labelmill.config.schema import json_schema  # noqa: PLC0415

    kinds.register_all()
    show_json({"ok": True, "schema": json_schema()} if as_json else json_schema())


def _every_type() -> Sequence["TypeHelp"]:
    from labelmill.config.explain import explain as explain_one  # noqa: PLC0415
    from labelmill.core.registry import REGISTRIES  # noqa: PLC0415

    return [explain_one(section, name) for section, names in REGISTRIES.items() for name in names]


def _types(written: str) -> Sequence["TypeHelp"]:
    from labelmill.config.explain import explain as explain_one  # noqa: PLC0415
    from labelmill.config.explain import explain_all  # noqa: PLC0415

    section, dot, name = written.replace("/", ".").partition(".")
    return [explain_one(section, name)] if dot else explain_all(written)


def _list_view(helps: Sequence["TypeHelp"], width: int) -> "View":
    from labelmill.report.layout import Heading, heading, table  # noqa: PLC0415

    view: View = ["Types by the section of a config where they stand; explain TYPE tells more."]
    for section in dict.fromkeys(found.section for found in helps):
        rows = [[found.name, found.summary] for found in helps if found.section == section]
        view += [*heading(section), *table([Heading("Type"), Heading("Does")], rows, width)]
    return view


def _type_view(found: "TypeHelp") -> "View":
    from rich.text import Text  # noqa: PLC0415 (only where something is shown)

    from labelmill.report.layout import heading, indented  # noqa: PLC0415

    whole = found.kind == "section"
    title = found.section if whole else f"{found.section}: {found.name}"
    view: View = [Text(title, style="bold"), found.summary]
    if found.text:
        view += ["", *found.text.splitlines()]
    view += [*heading("Keys"), *_keys(found.fields)]
    if not whole:
        view += [*heading(f"Keys of every entry under {found.section}"), *_keys(found.frame)]
    if found.example:
        view += [*heading("Example (Python)"), *indented(found.example.splitlines())]
    return view


def _keys(keys: Sequence["KeyHelp"]) -> "View":
    view: View = []
    for key in keys:
        view.append(f"  {key.name}: {key.type}; {_default(key)}")
        view += [f"      {key.description}"] if key.description else []
    return view or ["  none"]


def _default(key: "KeyHelp") -> str:
    if key.required:
        return "required"
    return "optional" if key.default is None else f"default {key.default!r}"
