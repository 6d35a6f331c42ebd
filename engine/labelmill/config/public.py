"""The complete config that may be shown and kept: all defaults, no secrets, no absolute paths."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelmill.config.assembly import Assembly
from labelmill.config.frames import FRAMES
from labelmill.config.keys import GazetteerEntry, JobFile, Refine, Select, Source, Split
from labelmill.config.model import canonical, parameters_of
from labelmill.config.nodes import Node, get, plain, walk
from labelmill.config.resources import is_url
from labelmill.config.sanity import gold_of, select_of, split_of
from labelmill.config.sections import Entry
from labelmill.core.protocols import Unit

SCALARS = ("version", "name", "description", "owner", "language", "seed", "error_budget")


def public(assembly: Assembly, root: Node, folder: Path) -> dict[str, Any]:
    """The config as it is recorded.

    Every default is filled in, and what is switched off is left out. Values from the environment
    are shown as `${env.X}`, paths inside the project are relative to it, and of other absolute
    paths only the last part is left. `execution`, `output` and `state` are not part of it, since
    they change nothing in what is made; nor is `label_model.fit`, which only says what a label
    model is fitted on.
    """
    draft = assembly.draft
    header = draft.header or {}
    whole: dict[str, Any] = {
        p.key: canonical(header.get(p.name, p.default))
        for p in parameters_of(JobFile)
        if p.key in SCALARS
    }
    unit: Unit = assembly.task.kind.unit if assembly.task is not None else "document"
    whole["source"] = _filled(Source, draft.sections["source"] or {})
    whole["select"] = _filled(Select, select_of(draft.sections["select"] or {}, unit))
    whole["gold"] = gold_of(draft, unit)
    whole["refine"] = _refine(draft.sections["refine"] or {})
    whole["split"] = _filled(Split, split_of(draft.sections["split"] or {}))
    whole["gazetteers"] = {
        name: _filled(GazetteerEntry, values or {}) for name, values in draft.gazetteers.items()
    }
    whole = _redacted(whole, root)
    for section, entry in (("task", draft.task), ("label_model", draft.label_model)):
        whole[section] = _entry(entry, root)
    whole["label_model"].pop("fit", None)
    if whole["label_model"].get("seed") is None:
        whole["label_model"]["seed"] = whole["seed"]
    for section, entries in draft.lists.items():
        whole[section] = [_entry(entry, root) for entry in entries]
    return _without_places(whole, folder)


def _refine(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the texts are read, or nothing."""
    filled = _filled(Refine, given)
    return filled if filled.pop("enabled") else None


def _filled(cls: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a section, with the defaults of those that are not given."""
    return {p.key: canonical(given.get(p.name, p.default)) for p in parameters_of(cls)}


def _entry(entry: Entry | None, root: Node) -> dict[str, Any]:
    """An entry with the defaults of its frame and its type."""
    if entry is None:
        return {}
    frame = _filled(FRAMES[entry.section], entry.frame)
    frame.pop("enabled", None)
    if "name" in frame:
        frame["name"] = entry.name
    whole = {**frame, **canonical(entry.cls(**entry.parameters))}
    node = get(root, *entry.trail)
    shown: dict[str, Any] = whole if node is None else _redacted(whole, node)
    return shown


def _redacted(value: Any, node: Node) -> Any:
    """A value as it was filled in, with what came from the environment as it is shown."""
    if all(child.shown is None for _, child in walk(node)):
        return value
    if isinstance(value, dict) and isinstance(node.value, dict):
        return {
            key: _redacted(item, node.value[key]) if key in node.value else item
            for key, item in value.items()
        }
    if isinstance(value, list) and isinstance(node.value, tuple) and len(value) == len(node.value):
        return [_redacted(item, child) for item, child in zip(value, node.value, strict=True)]
    return plain(node, shown=True)


def _without_places(whole: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Without absolute paths."""
    inside: dict[str, Any] = _relative(whole, str(folder).rstrip("/") + "/")
    for rows in (inside["source"], inside["gold"] or {}):
        if isinstance(rows.get("path"), str):
            rows["path"] = _last_part(rows["path"])
    for gazetteer in inside["gazetteers"].values():
        for key in ("path", "stop"):
            if isinstance(gazetteer.get(key), str):
                gazetteer[key] = _last_part(gazetteer[key])
    return inside


def _relative(value: Any, folder: str) -> Any:
    if isinstance(value, dict):
        return {key: _relative(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_relative(item, folder) for item in value]
    if isinstance(value, str) and value.startswith(folder):
        return value.removeprefix(folder)
    return value


def _last_part(path: str) -> str:
    if is_url(path) or not Path(path).is_absolute():
        return path
    return Path(path).name
