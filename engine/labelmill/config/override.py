"""Change single values of a config from the command line: `--set label_model.seed=3`."""

import re
from collections.abc import Sequence
from dataclasses import replace

from labelmill.config import tree
from labelmill.config.nodes import Node, Place, get, is_list, is_map
from labelmill.errors import Problem, nearest

Step = str | tuple[str]
"""A key, or in a tuple the name of an item of a list."""

_STEP = re.compile(r"([^.\[\]=]+)((?:\[[^\]]*\])*)(?:\.|$)")


def overridden(root: Node, overrides: Sequence[str]) -> tuple[Node, list[Problem]]:
    """Apply overrides in their order.

    The way to a value is its keys, joined by dots; `[name]` picks an item of a list by its name
    (or its type, where it has no name). The value is read as YAML. Maps on the way are made
    where they are missing.

    Example:
        >>> from labelmill.config.nodes import plain, planted
        >>> tree, problems = overridden(planted({"seed": 1}, Place("x.yaml")), ["split.train=1"])
        >>> plain(tree), problems
        ({'seed': 1, 'split': {'train': 1}}, [])
    """
    problems: list[Problem] = []
    for override in overrides:
        root, found = _apply(root, override)
        problems += found
    return root, problems


def _apply(root: Node, override: str) -> tuple[Node, list[Problem]]:
    way, equals, text = override.partition("=")
    if "[" in way and "]" not in way:
        way, equals, text = _cut_after_bracket(override)
    place = Place(f"--set {way.strip()}")
    steps = _steps(way.strip())
    if not equals or not steps:
        message = "expected KEY=VALUE, such as label_model.seed=3 or list[name].key=value"
        return root, [_problem(place, message)]
    if steps[0] == "extends":
        return root, [_problem(place, "`extends` cannot be overridden: files are merged first")]
    value, found = tree.parse(text, lambda _line, _col: place)
    if value is None or found:
        said = "; ".join(problem.message for problem in found)
        return root, [_problem(place, f"the value cannot be read as YAML: {said}")]
    try:
        return _set(root, steps, replace(value, key=place), place), []
    except _NoSuchItemError as error:
        return root, [_problem(place, str(error))]


class _NoSuchItemError(Exception):
    """An override that leads nowhere."""


def _set(node: Node, steps: tuple[Step, ...], value: Node, place: Place) -> Node:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, tuple):
        return _set_item(node, step[0], rest, value, place)
    if not is_map(node):
        if node.value is not None:
            found = "a list" if is_list(node) else str(node.value).lower()
            message = (
                f"'{step}' is looked for in what is no map but {found}; set a map instead: "
                f"{{{step}: ...}}"
            )
            raise _NoSuchItemError(message)
        node = Node({}, place, place)
    child = node.value.get(step, Node(None, place, place))
    return replace(node, value={**node.value, step: _set(child, rest, value, place)})


def _set_item(node: Node, name: str, rest: tuple[Step, ...], value: Node, place: Place) -> Node:
    names = [_name(item) for item in node.value] if is_list(node) else []
    if names.count(name) != 1:
        known = [known for known in names if known is not None]
        number = "several items have" if name in known else "no item has"
        message = f"{number} the name '{name}'{nearest(name, known)}"
        raise _NoSuchItemError(message)
    index = names.index(name)
    items = list(node.value)
    items[index] = _set(items[index], rest, value, place)
    return replace(node, value=tuple(items))


def _name(item: Node) -> str | None:
    for key in ("name", "type"):
        found = get(item, key)
        if found is not None and isinstance(found.value, str):
            return found.value
    return None


def _cut_after_bracket(override: str) -> tuple[str, str, str]:
    close = override.find("]")
    before, equals, after = override[close:].partition("=")
    return override[:close] + before, equals, after


def _steps(way: str) -> tuple[Step, ...]:
    """Keys as text and names of list items as tuples of one; nothing where it has no sense.

    Example:
        >>> _steps("labeling_functions[begging].enabled")
        ('labeling_functions', ('begging',), 'enabled')
    """
    steps: list[Step] = []
    at = 0
    while at < len(way):
        match = _STEP.match(way, at)
        if match is None:
            return ()
        steps.append(match[1])
        steps += [(name,) for name in re.findall(r"\[([^\]]*)\]", match[2])]
        at = match.end()
    return () if way.endswith(".") else tuple(steps)


def _problem(place: Place, message: str) -> Problem:
    return Problem(place.file, 0, 0, "override", "", message)
