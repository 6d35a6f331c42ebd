"""A config as a tree in which every value knows where it was written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labelmill.errors import Problem

Trail = tuple[str | int, ...]
"""The way to a value: keys of maps and indices of lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written; a line of 0 means that it has none (an override)."""

    file: str
    line: int = 0
    col: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a config: a scalar, a dict of nodes or a tuple of nodes.

    `key` is the place of the key that the value stands under. `shown` is how a text that holds
    a value from the environment may be shown. A `broken` node could not be interpolated; what
    is found wrong with it later is a consequence and is not reported.
    """

    value: Any
    place: Place
    key: Place | None = None
    shown: str | None = None
    broken: bool = False


def is_map(node: Node) -> bool:
    """Whether a node is a map."""
    return isinstance(node.value, dict)


def is_list(node: Node) -> bool:
    """Whether a node is a list."""
    return isinstance(node.value, tuple)


def get(node: Node | None, *trail: str | int) -> Node | None:
    """The node at the end of a trail, or None."""
    for step in trail:
        if node is None:
            return None
        node = _child(node, step)
    return node


def plain(node: Node, *, shown: bool = False) -> Any:
    """The tree as dicts, lists and scalars; with `shown`, without values of the environment.

    Example:
        >>> place = Place("x.yaml", 1, 1)
        >>> plain(Node({"a": Node((Node(1, place),), place)}, place))
        {'a': [1]}
    """
    if isinstance(node.value, dict):
        return {key: plain(child, shown=shown) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(child, shown=shown) for child in node.value]
    return node.shown if shown and node.shown is not None else node.value


def planted(value: Any, place: Place) -> Node:
    """Plain data as a tree, all of it at one place."""
    if isinstance(value, Mapping):
        return Node({key: planted(item, place) for key, item in value.items()}, place, place)
    if isinstance(value, list | tuple):
        return Node(tuple(planted(item, place) for item in value), place, place)
    return Node(value, place, place)


def walk(node: Node, trail: Trail = ()) -> Iterator[tuple[Trail, Node]]:
    """Every node below and including this one, with its trail."""
    yield trail, node
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from walk(child, (*trail, key))
    elif isinstance(node.value, tuple):
        for index, child in enumerate(node.value):
            yield from walk(child, (*trail, index))


def written(trail: Trail) -> str:
    """A trail as it is shown to people: `labeling_functions.2.label`."""
    return ".".join(str(step) for step in trail)


def spell(node: Node, field_name: str) -> Trail:
    """Turn a dotted field into a trail below a node; a key may itself hold dots.

    Example:
        >>> place = Place("x.yaml", 1, 1)
        >>> tree = planted({"labels": {"a.b": ["x"]}}, place)
        >>> spell(tree, "labels.a.b.0"), spell(tree, "labels.zz")
        (('labels', 'a.b', 0), ('labels', 'zz'))
    """
    parts = field_name.split(".")
    trail: Trail = ()
    here: Node | None = node
    while parts:
        step, used = _longest_step(here, parts)
        trail = (*trail, step)
        here = _child(here, step) if here is not None else None
        parts = parts[used:]
    return trail


@dataclass(slots=True)
class Findings:
    """The problems of one tree, gathered while it is read."""

    root: Node
    problems: list[Problem] = field(default_factory=list)

    def add(self, trail: Trail, code: str, message: str, *, at_key: bool = False) -> None:
        """Note a problem at a trail, placed at the deepest node of it that was written.

        With `at_key` it is placed at the key, which is where an unknown key is wrong.
        """
        node = self.root
        for step in trail:
            child = _child(node, step)
            if node.broken or child is None:
                break
            node = child
        if node.broken:
            return
        place = node.key if at_key and node.key is not None else node.place
        problem = Problem(place.file, place.line, place.col, code, written(trail), message)
        if problem not in self.problems:
            self.problems.append(problem)


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(step)
    if isinstance(node.value, tuple) and isinstance(step, int) and 0 <= step < len(node.value):
        found: Node = node.value[step]
        return found
    return None


def _longest_step(node: Node | None, parts: list[str]) -> tuple[str | int, int]:
    if node is not None and isinstance(node.value, tuple) and parts[0].isdecimal():
        return int(parts[0]), 1
    if node is not None and isinstance(node.value, dict):
        for used in range(len(parts), 0, -1):
            if ".".join(parts[:used]) in node.value:
                return ".".join(parts[:used]), used
    return parts[0], 1
