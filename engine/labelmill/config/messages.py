"""What pydantic finds wrong, in plain words and at the right place."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labelmill.config.key_kinds import LANGUAGE, NAME, SLUG
from labelmill.config.keys_nested import DURATION, FILE_NAME
from labelmill.config.nodes import Findings, Node, Trail, get
from labelmill.errors import nearest

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a map",
    "mapping_type": "a map",
    "dataclass_type": "a map",
    "typed_dict_type": "a map",
    "model_type": "a map",
    "none_required": "nothing",
}
_EXTRA = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_MISSING = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_PATTERNS = {
    LANGUAGE: "a language code such as en or de",
    NAME: "letters, digits, '_', '-' and '.'",
    SLUG: "small letters, digits, '-', '_' and '.', with a letter or digit first, 100 at most",
    DURATION: "a number and s, m, h or d, such as 30m",
    FILE_NAME: "the name of a file without its folder",
}


@dataclass(frozen=True, slots=True)
class Known:
    """The keys that a map may have, and those of maps inside it."""

    keys: Collection[str] = ()
    nested: Collection[str] = ()

    def hint(self, key: str, *, nested: bool) -> str:
        """The nearest key that there is; of nested keys only a close one."""
        if not nested:
            return nearest(key, self.keys)
        close = nearest(key, self.nested)
        return close if "did you mean" in close else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of pydantic, told apart into where in the tree it lies and in which branch.

    `union` is the trail of the value that has several possible types, and `branch` the type
    that was tried; both are None where there is only one type.
    """

    kind: str
    trail: Trail
    union: Trail | None
    branch: str | None
    message: str
    context: dict[str, Any]

    @property
    def is_mismatch(self) -> bool:
        """Whether the value has the wrong type for this branch altogether."""
        whole = self.kind in _WANTED or self.kind == "literal_error"
        return whole and self.trail == self.union


def report(
    errors: Sequence[Any], node: Node, trail: Trail, known: Known, findings: Findings
) -> None:
    """Note every error of a map.

    Args:
        errors: as pydantic lists them.
        node: the map.
        trail: where the map stands in the whole config.
        known: the keys that there are in the map, and in maps inside it.
        findings: takes the problems.
    """
    for fault in _settled([_fault(error, node) for error in errors]):
        where = (*trail, *fault.trail)
        value = get(node, *fault.trail)
        if fault.kind in _EXTRA:
            hint = known.hint(str(fault.trail[-1]), nested=len(fault.trail) > 1)
            findings.add(where, "extra_forbidden", f"unknown key{hint}", at_key=True)
        elif fault.kind in _MISSING:
            findings.add(where, "missing", f"the key '{where[-1]}' is missing")
        else:
            code, message = _said(fault, value)
            findings.add(where, code, message)


def found(node: Node | None) -> str:
    """What stands somewhere, in a few words and without values from the environment."""
    value = None if node is None else node.value if node.shown is None else node.shown
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, tuple):
        return "a list"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
    return f"the number {value}"


def _fault(error: Any, node: Node) -> Fault:
    """Walk the location of an error down the tree; steps that are not there name a branch."""
    trail: Trail = ()
    union: Trail | None = None
    branch: str | None = None
    here: Node | None = node
    steps = error["loc"]
    for index, step in enumerate(steps):
        below = get(here, step) if here is not None else None
        is_key = index == len(steps) - 1 and error["type"] in (_EXTRA | _MISSING)
        if below is None and not is_key:
            if union is None:
                union, branch = trail, str(step)
            continue
        trail, here = (*trail, step), below
    return Fault(error["type"], trail, union, branch, error["msg"], error.get("ctx") or {})


def _settled(faults: list[Fault]) -> list[Fault]:
    """Of the branches of a union, keep the faults of the one that was most likely meant.

    Where the value fits none of them, one fault stands for all, with `wanted` in its context.
    """
    kept = [fault for fault in faults if fault.union is None]
    for union in dict.fromkeys(fault.union for fault in faults if fault.union is not None):
        branches: dict[str | None, list[Fault]] = {}
        for fault in faults:
            if fault.union == union:
                branches.setdefault(fault.branch, []).append(fault)
        likely = [b for b in branches.values() if not any(fault.is_mismatch for fault in b)]
        if likely:
            kept += _joined(min(likely, key=_unlikeliness))
        else:
            context = {"wanted": _any_of(b[0] for b in branches.values())}
            kept.append(Fault("union", union, None, None, "", context))
    return kept


def _joined(faults: list[Fault]) -> list[Fault]:
    """Faults of one branch, where several types were tried at one place as one fault."""
    trails = dict.fromkeys(fault.trail for fault in faults)
    groups = [[fault for fault in faults if fault.trail == trail] for trail in trails]
    return [
        fault
        for group in groups
        for fault in (
            [Fault("union", group[0].trail, None, None, "", {"wanted": _any_of(group)})]
            if len(group) > 1 and all(fault.kind in _WANTED for fault in group)
            else group
        )
    ]


def _any_of(faults: Iterable[Fault]) -> str:
    return " or ".join(dict.fromkeys(_wanted(fault) for fault in faults))


def _unlikeliness(faults: Iterable[Fault]) -> tuple[int, int]:
    faults = list(faults)
    keys = sum(fault.kind in (_EXTRA | _MISSING) for fault in faults)
    return keys, len(faults)


def _wanted(fault: Fault) -> str:
    if fault.kind == "literal_error":
        return str(fault.context["expected"]).replace("'", "")
    return _WANTED[fault.kind]


def _said(fault: Fault, value: Node | None) -> tuple[str, str]:
    """The code and the message of a fault that is about a value."""
    if fault.kind in _WANTED or fault.kind == "union":
        wanted = fault.context.get("wanted") or _WANTED[fault.kind]
        return "type", f"expected {wanted} but found {found(value)}{_advice(wanted, value)}"
    if fault.kind == "literal_error":
        return "value", _choice(fault, value)
    say = _LIMITS.get(fault.kind)
    if say is not None:
        return "value", say(fault.context, value)
    return "value", fault.message[:1].lower() + fault.message[1:]


def _choice(fault: Fault, value: Node | None) -> str:
    choices = str(fault.context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
    hint = ""
    if value is not None and isinstance(value.value, str) and value.shown is None:
        close = nearest(value.value, choices)
        hint = close if "did you mean" in close else ""
    if len(choices) == 1:
        return f"must be {choices[0]}, found {_number(value)}"
    return f"expected one of {', '.join(choices)} but found {found(value)}{hint}"


def _advice(wanted: str, value: Node | None) -> str:
    if value is None or value.shown is not None:
        return ""
    if "text" in wanted and isinstance(value.value, bool | int | float):
        written = str(value.value).lower() if isinstance(value.value, bool) else value.value
        return f"; write it in quotes: '{written}'"
    if wanted == "a list" and isinstance(value.value, str):
        return f"; write [{value.value}]"
    if wanted == "true or false" and isinstance(value.value, str) and value.value in _SWITCHES:
        return f"; write {_SWITCHES[value.value]}"
    return ""


def _pattern(context: dict[str, Any], value: Node | None) -> str:
    wanted = _PATTERNS.get(context["pattern"], f"something like {context['pattern']}")
    return f"expected {wanted}, found {found(value)}"


_LIMITS: dict[str, Callable[[dict[str, Any], Node | None], str]] = {
    "greater_than_equal": lambda c, v: f"must be at least {c['ge']:g}, found {_number(v)}",
    "greater_than": lambda c, v: f"must be more than {c['gt']:g}, found {_number(v)}",
    "less_than_equal": lambda c, v: f"must be at most {c['le']:g}, found {_number(v)}",
    "less_than": lambda c, v: f"must be less than {c['lt']:g}, found {_number(v)}",
    "too_short": lambda c, _: f"needs at least {c['min_length']} items, found {c['actual_length']}",
    "too_long": lambda c, _: f"holds at most {c['max_length']} items, found {c['actual_length']}",
    "string_too_short": lambda _c, v: f"may not be empty, found {found(v)}",
    "string_pattern_mismatch": _pattern,
}


def _number(value: Node | None) -> str:
    return found(value).removeprefix("the number ")
