"""What a type does and which keys it takes, read from its class."""

import dataclasses
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from labelmill.config.frames import FRAMES
from labelmill.config.keys import SECTIONS
from labelmill.config.model import canonical, parameters_of
from labelmill.core.labels import AllOf, Not, OneOf
from labelmill.core.registry import REGISTRIES, Registry
from labelmill.errors import UsageError, nearest

_PLAIN = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    NoneType: "null",
    Any: "anything",
    object: "map or list",
    dict: "map",
    Mapping: "map",
    tuple: "list",
    list: "list",
}
_SECTION = re.compile(r"^(Attributes|Example|Examples|Returns|Raises|Args):\s*$")
_ITEM = re.compile(r"^ {4}(\w+): (.*)$")


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One key: its name in YAML, its type in words, its default and what it means.

    `default` is null for a required key and for one that has no default value; `required` tells
    them apart.
    """

    name: str
    type: str
    required: bool
    default: Any
    description: str


@dataclass(frozen=True, slots=True)
class TypeHelp:
    """What a type does: a summary, the rest of the text, its keys, and an example.

    `frame` holds the keys that all types of its section share.
    """

    section: str
    kind: str
    name: str
    summary: str
    text: str
    fields: tuple[KeyHelp, ...]
    frame: tuple[KeyHelp, ...]
    example: str


def explain(section: str, name: str, registries: Mapping[str, Registry] = REGISTRIES) -> TypeHelp:
    """Explain a type.

    Args:
        section: the key of the config under which it stands, such as `labeling_functions`.
        name: its `type`.
        registries: the types that there are, by section.

    Raises:
        UsageError: if there is no such section or type.
    """
    if section not in registries:
        message = f"no section '{section}' has types{nearest(section, registries)}"
        raise UsageError(message)
    registry = registries[section]
    if name not in registry:
        message = f"no {registry.kind} type '{name}'{nearest(name, registry)}"
        raise UsageError(message)
    cls = registry.get(name)
    parts = sections_of(cls)
    summary, _, text = parts[""].partition("\n")
    return TypeHelp(
        section,
        registry.kind,
        name,
        summary.strip(),
        text.strip(),
        keys_of(cls),
        keys_of(FRAMES[section]),
        parts.get("Example", ""),
    )


def explain_all(name: str, registries: Mapping[str, Registry] = REGISTRIES) -> tuple[TypeHelp, ...]:
    """Explain every type of a name; several sections can have one (`snorkel`, `python`).

    A section that is one map without types (`refine`, `split`) is explained by its own name.

    Raises:
        UsageError: if there is no such type or section.
    """
    found = [section for section, registry in registries.items() if name in registry]
    if not found and name in SECTIONS:
        return (_section(name),)
    if not found:
        types = {known for registry in registries.values() for known in registry}
        known = sorted(types | set(SECTIONS))
        close = nearest(name, known)
        hint = close if "did you mean" in close else f" (known: {', '.join(known)})"
        message = f"no type or section '{name}'{hint}"
        raise UsageError(message)
    return tuple(explain(section, name, registries) for section in found)


def _section(name: str) -> TypeHelp:
    """A section without types."""
    cls = SECTIONS[name]
    summary, _, text = sections_of(cls)[""].partition("\n")
    return TypeHelp(name, "section", name, summary, text.strip(), keys_of(cls), (), "")


def keys_of(cls: type[Any]) -> tuple[KeyHelp, ...]:
    """The keys that a dataclass declares, with what its docstring says of them."""
    described = descriptions_of(cls)
    return tuple(
        KeyHelp(
            p.key,
            said_type(p.hint),
            p.required,
            None if p.required else canonical(p.default),
            described.get(p.name) or described.get(p.key, ""),
        )
        for p in parameters_of(cls)
    )


def descriptions_of(cls: type[Any]) -> dict[str, str]:
    """What the docstring of a class says of each of its fields."""
    described: dict[str, str] = {}
    name = ""
    for line in sections_of(cls).get("Attributes", "").splitlines():
        item = _ITEM.match(f"    {line}")
        if item is not None:
            name = item[1]
            described[name] = item[2].strip()
        elif name and line.strip():
            described[name] = f"{described[name]} {line.strip()}"
    return described


def sections_of(cls: type[Any]) -> dict[str, str]:
    """A docstring cut at its headings; what stands before the first is under the empty key."""
    parts: dict[str, list[str]] = {"": []}
    here = ""
    for line in (inspect.getdoc(cls) or "").splitlines():
        heading = _SECTION.match(line)
        if heading is not None:
            here = heading[1].removesuffix("s") if heading[1] == "Examples" else heading[1]
            parts[here] = []
        else:
            parts[here].append(line)
    return {
        name: inspect.cleandoc("\n".join(("", *lines))).strip() for name, lines in parts.items()
    }


def said_type(hint: Any) -> str:
    """A type hint in words.

    Example:
        >>> said_type(tuple[str, ...]), said_type(Literal["exact", "fold"] | None)
        ('list of str', 'one of: exact, fold')
        >>> said_type(Mapping[str, str | tuple[str, ...]])
        'map of str to str or list of str'
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is None:
        return _said_class(hint)
    if origin is Annotated:
        return said_type(parts[0])
    if origin is Literal:
        return _said_choice(parts)
    if origin in (Union, UnionType):
        kinds = [said_type(part) for part in parts if part is not NoneType]
        return " or ".join(dict.fromkeys(kinds))
    if issubclass(origin, Mapping):
        return f"map of {said_type(parts[0])} to {said_type(parts[1])}"
    return _said_list(parts)


def _said_choice(choices: tuple[Any, ...]) -> str:
    words = [str(word).lower() if isinstance(word, bool) else str(word) for word in choices]
    return words[0] if len(words) == 1 else f"one of: {', '.join(words)}"


def _said_list(parts: tuple[Any, ...]) -> str:
    kinds = [said_type(part) for part in parts if part is not Ellipsis]
    return f"list of {' and '.join(kinds)}"


def _said_class(hint: Any) -> str:
    if hint is OneOf:
        return "{one_of: [...]}"
    if hint is Not:
        return "{not: ...}"
    if hint is AllOf:
        return "{all_of: [...]}"
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return f"map with {', '.join(p.key for p in parameters_of(hint))}"
    return _PLAIN.get(hint, getattr(hint, "__name__", str(hint)))
