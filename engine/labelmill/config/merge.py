"""Put a config on top of those that it extends."""

import os
from dataclasses import replace
from pathlib import Path

from labelmill.config import tree
from labelmill.config.nodes import Node, Place, get, is_list, is_map
from labelmill.errors import Problem


def gather(path: Path, shown: str) -> tuple[Node | None, list[Problem]]:
    """Read a file and everything it extends, and merge them.

    The files under `extends` are relative to the file that names them; later ones win over
    earlier ones, and the file itself wins over all.

    Returns:
        The merged tree without `extends`, or None where some file could not be read.
    """
    return _gather(path, shown, ())


def merged(base: Node, over: Node) -> Node:
    """Merge one tree over another.

    Maps merge deep, except that a map whose `type` changes replaces the old one. Lists whose
    items all have a `name` merge by name: a known name is merged in place, a new one is
    appended. Everything else replaces. An empty list clears.

    Example:
        >>> from labelmill.config.nodes import plain, planted
        >>> base = planted({"a": {"x": 1, "y": 2}, "b": [1]}, Place("base.yaml"))
        >>> over = planted({"a": {"y": 3}, "b": [2]}, Place("over.yaml"))
        >>> plain(merged(base, over))
        {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    if is_map(base) and is_map(over) and not _another_type(base, over):
        both = dict(base.value)
        for key, child in over.value.items():
            both[key] = merged(both[key], child) if key in both else child
        return replace(over, value=both)
    if _is_named(base) and _is_named(over):
        return replace(over, value=_merged_by_name(base.value, over.value))
    return over


def _gather(path: Path, shown: str, above: tuple[Path, ...]) -> tuple[Node | None, list[Problem]]:
    tree_here, problems = tree.read(path, shown)
    if tree_here is None:
        return None, problems
    above = (*above, path.resolve())
    extends = get(tree_here, "extends")
    own = replace(
        tree_here, value={key: node for key, node in tree_here.value.items() if key != "extends"}
    )
    bases: list[Node] = []
    for item in _items(extends):
        base, found = _base(item, path, shown, above)
        problems += found
        bases += [base] if base is not None else []
    if len(bases) < len(_items(extends)):
        return None, problems
    whole = Node({}, own.place)
    for layer in (*bases, own):
        whole = merged(whole, layer)
    return whole, problems


def _base(
    item: Node, path: Path, shown: str, above: tuple[Path, ...]
) -> tuple[Node | None, list[Problem]]:
    if not isinstance(item.value, str) or not item.value:
        return None, [_problem(item.place, "value", "expected the path of a config to extend")]
    target = path.parent / item.value
    target_shown = os.path.normpath(Path(shown).parent / item.value)
    if target.resolve() in above:
        names = " -> ".join(p.name for p in (*above, target.resolve()))
        return None, [_problem(item.place, "reference", f"extends itself: {names}")]
    if not target.is_file():
        message = f"no file '{target_shown}' (the path is relative to '{shown}')"
        return None, [_problem(item.place, "file", message)]
    return _gather(target, target_shown, above)


def _items(extends: Node | None) -> tuple[Node, ...]:
    if extends is None or extends.value is None:
        return ()
    if is_list(extends):
        items: tuple[Node, ...] = extends.value
        return items
    return (extends,)


def _another_type(base: Node, over: Node) -> bool:
    old, new = _text(base, "type"), _text(over, "type")
    return old is not None and new is not None and old != new


def _is_named(node: Node) -> bool:
    return (
        is_list(node)
        and len(node.value) > 0
        and all(is_map(item) and _name(item) is not None for item in node.value)
    )


def _name(item: Node) -> str | None:
    return _text(item, "name")


def _text(item: Node, key: str) -> str | None:
    node = get(item, key)
    return node.value if node is not None and isinstance(node.value, str) else None


def _merged_by_name(base: tuple[Node, ...], over: tuple[Node, ...]) -> tuple[Node, ...]:
    """Items of `base` in their order, each merged with its namesake, then the new ones.

    A name that stands twice in one list is kept twice, so that it is found and reported.
    """
    changes: dict[str | None, Node] = {}
    new: list[Node] = []
    known = {_name(item) for item in base}
    for item in over:
        name = _name(item)
        if name in known and name not in changes:
            changes[name] = item
        else:
            new.append(item)
    kept = [merged(item, changes[_name(item)]) if _name(item) in changes else item for item in base]
    return (*kept, *new)


def _problem(place: Place, code: str, message: str) -> Problem:
    return Problem(place.file, place.line, place.col, code, "extends", message)
