"""The forms of what a run leaves and a later one reads: somebody may have edited it since."""

from collections.abc import Mapping
from typing import Any


def is_manifest(facts: Mapping[str, Any]) -> bool:
    """Whether these are the facts of a snapshot, as far as somebody relies on them.

    Example:
        >>> facts = {"snapshot": "a", "fingerprints": {"input": "b"}, "files": []}
        >>> is_manifest(facts), is_manifest(facts | {"files": None})
        (True, False)
    """
    files, model = facts.get("files"), facts.get("label_model", {})
    return (
        isinstance(facts.get("snapshot"), str)
        and _is_map(facts.get("fingerprints"), str)
        and isinstance(files, list)
        and all(_is_file(file) for file in files)
        and isinstance(facts.get("skipped_files", []), list)
        and isinstance(model, dict)
        and isinstance(model.get("fit"), dict | None)
    )


def names_in(facts: Mapping[str, Any], key: str) -> dict[Any, str]:
    """A map of a view from partition to name; what leads to another folder is no name.

    Raises:
        KeyError: if it is not there.
        ValueError: if it is not such a map.
    """
    found = facts[key]
    if not _is_map(found, str) or any("/" in name or name in {"", ".."} for name in found.values()):
        message = f"'{key}' is no map of names"
        raise ValueError(message)
    return dict(found)


def numbers_in(facts: Mapping[str, Any], key: str) -> dict[str, int]:
    """A map of a view from partition to number; an empty one where it is not there.

    Raises:
        ValueError: if it is not such a map.
    """
    found = facts.get(key, {})
    if not _is_map(found, int):
        message = f"'{key}' is no map of numbers"
        raise ValueError(message)
    return dict(found)


def name_in(facts: Mapping[str, Any], key: str) -> str:
    """A name.

    Raises:
        KeyError: if it is not there.
        ValueError: if it is no text, or leads to another folder.
    """
    return names_in({key: {"": facts[key]}}, key)[""]


def _is_map(found: Any, kind: type) -> bool:
    return isinstance(found, dict) and all(isinstance(value, kind) for value in found.values())


def _is_file(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("path"), str)
        and isinstance(found.get("bytes"), int)
        and isinstance(found.get("sha256"), str)
    )
