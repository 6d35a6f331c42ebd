"""Fill in `${vars.x}`, `${env.X}` and `${run.partition}` on the parsed tree."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from labelmill.config.nodes import Findings, Node, Trail, get, is_list, is_map
from labelmill.errors import nearest

_EXPRESSION = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_FORMS = "known are ${vars.NAME}, ${env.NAME} and ${run.partition}; write $${ for a plain ${"
_ROOM = 20_000_000
"""So much may all values be that are filled in: each weighs its characters, and `_VALUE`."""
_VALUE = 100


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a config may ask of the world: the environment, and the partition of the run."""

    env: Mapping[str, str]
    partition: str | None = None


def interpolated(
    root: Node, world: Surroundings, findings: Findings
) -> tuple[Node, dict[str, str]]:
    """Replace every `${…}`, and `$${` by a plain `${`.

    A value that is exactly one `${vars.x}` takes the variable's value as it is, whatever its
    type; inside a longer text it is written out. Values from the environment are always text.

    Returns:
        The tree, and the values that came from the environment, by name.

    Example:
        >>> from labelmill.config.nodes import Place, plain, planted
        >>> tree = planted({"vars": {"n": 3}, "a": "${vars.n}", "b": "x${vars.n}"}, Place("x.yaml"))
        >>> filled, secrets = interpolated(tree, Surroundings({}), Findings(tree))
        >>> plain(filled)["a"], plain(filled)["b"]
        (3, 'x3')
    """
    filling = _Filling(root, world, findings)
    filling.declare()
    value = {}
    for key, child in root.value.items():
        if key == "vars" and is_map(child):
            variables = {name: filling.variable(name) for name in child.value}
            value[key] = replace(child, value=variables)
        else:
            value[key] = filling.fill(child, (key,))
    return replace(root, value=value), filling.secrets


@dataclass(slots=True)
class _Filling:
    """One interpolation under way; a variable is filled in when it is first asked for."""

    root: Node
    world: Surroundings
    findings: Findings
    secrets: dict[str, str] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    done: dict[str, Node] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    room: int = _ROOM

    def declare(self) -> None:
        """Look up the names under `env`."""
        for trail, item in _env_items(self.root):
            name = item.value
            if not isinstance(name, str) or not name:
                self.findings.add(trail, "value", "expected the name of an environment variable")
                continue
            self.declared.add(name)
            if name in self.world.env:
                self.secrets[name] = self.world.env[name]
            else:
                message = f"the environment variable {name} is not set"
                self.findings.add(trail, "interpolation", message)

    def fill(self, node: Node, trail: Trail) -> Node:
        """A node with everything below it filled in."""
        if is_map(node):
            for key in node.value:
                if _EXPRESSION.search(key):
                    message = f"a key is taken as it is written; '{key}' is not filled in"
                    self.findings.add((*trail, key), "interpolation", message, at_key=True)
            filled = {key: self.fill(child, (*trail, key)) for key, child in node.value.items()}
            return replace(node, value=filled)
        if is_list(node):
            items = tuple(self.fill(child, (*trail, i)) for i, child in enumerate(node.value))
            return replace(node, value=items)
        if isinstance(node.value, str) and "${" in node.value:
            return self._text(node, trail)
        return node

    def variable(self, name: str) -> Node:
        """A variable, filled in."""
        if name not in self.done:
            trail = ("vars", name)
            raw = get(self.root, *trail)
            assert raw is not None  # noqa: S101 (callers look it up first)
            self.open.append(name)
            self.done[name] = self.fill(raw, trail)
            self.weights[name] = _weight(self.done[name])
            self.open.pop()
        return self.done[name]

    def _text(self, node: Node, trail: Trail) -> Node:
        whole = _EXPRESSION.fullmatch(node.value)
        if whole is not None and whole[1] is not None:
            found = self._look_up(whole[1], trail)
            return replace(found, place=node.place, key=node.key)
        text, shown, at = "", "", 0
        for match in _EXPRESSION.finditer(node.value):
            found = self._match(match, node, trail)
            if found.broken:
                return replace(node, broken=True)
            before = node.value[at : match.start()]
            text += before + found.value
            shown += before + (found.value if found.shown is None else found.shown)
            at = match.end()
        text, shown = text + node.value[at:], shown + node.value[at:]
        return replace(node, value=text, shown=None if shown == text else shown)

    def _match(self, match: re.Match[str], node: Node, trail: Trail) -> Node:
        if match[0] == "$${":
            return Node("${", node.place)
        if match[1] is None:
            message = f"'${{' is not closed by '}}': {_FORMS}"
            return self._nothing(trail, message)
        return self._written(match[1], trail)

    def _written(self, expression: str, trail: Trail) -> Node:
        """What an expression stands for inside a longer text."""
        found = self._look_up(expression, trail)
        if found.broken:
            return found
        if isinstance(found.value, bool):
            return replace(found, value="true" if found.value else "false")
        if isinstance(found.value, str | int | float):
            return replace(found, value=str(found.value))
        kind = "empty" if found.value is None else "a list or a map"
        message = f"${{{expression}}} is {kind}, which cannot stand inside a text"
        return self._nothing(trail, message)

    def _look_up(self, expression: str, trail: Trail) -> Node:
        namespace, _, name = expression.partition(".")
        if namespace == "vars" and name:
            return self._look_up_variable(name, trail)
        if namespace == "env" and name:
            return self._look_up_env(name, trail)
        if expression == "run.partition":
            return self._look_up_partition(trail)
        known = ["run.partition", *(f"vars.{name}" for name in _names(self.root))]
        close = nearest(expression, known)
        close = close if "did you mean" in close else ""
        message = f"'${{{expression}}}' stands for nothing{close}: {_FORMS}"
        return self._nothing(trail, message)

    def _look_up_variable(self, name: str, trail: Trail) -> Node:
        names = _names(self.root)
        if name not in names:
            message = f"there is no variable '{name}' under `vars`{nearest(name, names)}"
            return self._nothing(trail, message)
        if name in self.open:
            circle = " -> ".join((*self.open[self.open.index(name) :], name))
            return self._nothing(trail, f"the variables stand in a circle: {circle}")
        found = self.variable(name)
        self.room -= self.weights[name]
        if self.room < 0:
            message = f"'{name}' grows beyond all bounds: variables stand in variables too often"
            return self._nothing(trail, message)
        return found

    def _look_up_env(self, name: str, trail: Trail) -> Node:
        if name not in self.declared:
            message = f"'{name}' is not listed under `env`{nearest(name, self.declared)}"
            return self._nothing(trail, f"{message}; add `env: [{name}]` at the top")
        if name not in self.secrets:
            return self._broken()
        return Node(self.secrets[name], self.root.place, shown=f"${{env.{name}}}")

    def _look_up_partition(self, trail: Trail) -> Node:
        if self.world.partition is None:
            message = "${run.partition} has no value, because no partition was given"
            return self._nothing(trail, f"{message}; pass --partition")
        return Node(self.world.partition, self.root.place)

    def _nothing(self, trail: Trail, message: str) -> Node:
        self.findings.add(trail, "interpolation", message)
        return self._broken()

    def _broken(self) -> Node:
        return Node("", self.root.place, broken=True)


def _weight(node: Node) -> int:
    if is_map(node):
        return _VALUE + sum(_weight(child) for child in node.value.values())
    if is_list(node):
        return _VALUE + sum(_weight(child) for child in node.value)
    return _VALUE + (len(node.value) if isinstance(node.value, str) else 0)


def _names(root: Node) -> tuple[str, ...]:
    variables = get(root, "vars")
    return tuple(variables.value) if variables is not None and is_map(variables) else ()


def _env_items(root: Node) -> Iterator[tuple[Trail, Node]]:
    env = get(root, "env")
    if env is not None and is_list(env):
        for index, item in enumerate(env.value):
            yield ("env", index), item
