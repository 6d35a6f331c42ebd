"""Strict pydantic models, built from the dataclasses that declare sections and types."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from labelmill.config.messages import Known, report
from labelmill.config.nodes import Findings, Node, Trail, plain


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key of a map: its name in YAML and in Python, its type hint and its default."""

    key: str
    name: str
    hint: Any
    required: bool
    default: Any


@dataclass(frozen=True)
class Model:
    """What one map of a config may hold."""

    parameters: Mapping[str, Parameter]
    shape: type[BaseModel]

    def read(self, node: Node, trail: Trail, findings: Findings) -> dict[str, Any] | None:
        """Check a map; its values by Python names without defaults, or None if any is wrong.

        Empty keys (`owner:`) count as left out, unless the parameter takes null.
        """
        if not isinstance(node.value, dict):
            report_kind(node, trail, findings)
            return None
        given = {
            key: plain(child) for key, child in node.value.items() if not self._is_empty(key, child)
        }
        try:
            checked = self.shape.model_validate_json(json.dumps(given), strict=True)
        except ValidationError as error:
            nested = {key for p in self.parameters.values() for key in _nested_keys(p.hint)}
            known = Known(tuple(self.parameters), nested)
            report(error.errors(include_url=False), node, trail, known, findings)
            return None
        present = [self.parameters[key] for key in given]
        return {p.name: getattr(checked, _attribute(p)) for p in present}

    def _is_empty(self, key: str, child: Node) -> bool:
        if child.value is not None or key not in self.parameters:
            return False
        return not _takes_none(self.parameters[key].hint)


def report_kind(node: Node, trail: Trail, findings: Findings) -> None:
    """Note that a map was wanted where something else stands."""
    error: Any = {"type": "dict_type", "loc": (), "msg": "", "ctx": {}}
    report([error], node, trail, Known(), findings)


def parameters_of(cls: type[Any]) -> tuple[Parameter, ...]:
    """The keys that a dataclass declares, in its order."""
    known: Any = cls
    return _parameters_of(known)


@cache
def _parameters_of(cls: Any) -> tuple[Parameter, ...]:
    hints = get_type_hints(cls, include_extras=True)
    found = []
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        required = default is dataclasses.MISSING
        key = _alias(hint) or field.name
        found.append(Parameter(key, field.name, hint, required, None if required else default))
    return tuple(found)


def model_of(*classes: type[Any]) -> Model:
    """The model of a map that holds the keys of some dataclasses side by side.

    Raises:
        TypeError: if two of them declare the same key, which is a defect of a type.
    """
    return _model_of(classes)


@cache
def _model_of(classes: tuple[type[Any], ...]) -> Model:
    known: dict[str, Parameter] = {}
    for cls in classes:
        for parameter in parameters_of(cls):
            if parameter.key in known:
                message = f"{cls.__name__} may not declare the key '{parameter.key}'"
                raise TypeError(message)
            known[parameter.key] = parameter
    fields: Any = {
        _attribute(p): (
            p.hint,
            Field(alias=p.key) if p.required else Field(canonical(p.default), alias=p.key),
        )
        for p in known.values()
    }
    name = "_".join(cls.__name__ for cls in classes)
    config = ConfigDict(extra="forbid", strict=True, serialize_by_alias=True)
    shape: type[BaseModel] = create_model(name, __config__=config, **fields)
    return Model(known, shape)


def canonical(value: Any) -> Any:
    """A parameter as plain data under its YAML names: dicts, lists and scalars.

    Example:
        >>> from labelmill.core.labels import Not
        >>> canonical((Not("spam"), {"a": (1,)}))
        [{'not': 'spam'}, {'a': [1]}]
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {p.key: canonical(getattr(value, p.name)) for p in parameters_of(type(value))}
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(canonical(item) for item in value)
    return value


def _attribute(parameter: Parameter) -> str:
    """A name for the model's attribute that is never one of pydantic's own."""
    return f"p_{parameter.name}"


def _alias(hint: Any) -> str | None:
    for note in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        if isinstance(note, FieldInfo) and note.alias is not None:
            return note.alias
    return None


def _nested_keys(hint: Any) -> set[str]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return {parameter.key for parameter in parameters_of(hint)}
    return {key for part in get_args(hint) for key in _nested_keys(part)}


def _takes_none(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _takes_none(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return any(_takes_none(part) for part in get_args(hint))
    return hint is Any or hint is type(None) or hint is None
