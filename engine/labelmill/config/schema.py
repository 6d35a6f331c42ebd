"""The JSON Schema of a job file, for editors and for checks without labelmill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labelmill.config.explain import explain, keys_of
from labelmill.config.frames import FRAMES
from labelmill.config.key_kinds import NAME
from labelmill.config.keys import SECTIONS, GazetteerEntry, JobFile
from labelmill.config.model import model_of
from labelmill.config.sections import LISTS
from labelmill.core.registry import REGISTRIES, Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILLED_IN: dict[str, Any] = {
    "description": "Nothing, or a text with ${vars.x}, ${env.X} or ${run.partition}.",
    "anyOf": [{"type": "string", "pattern": r"\$\{"}, {"type": "null"}],
}
"""What may stand in the place of any value."""

_DEFS = "#/$defs/"
_ANNOTATIONS = ("description", "default")


def json_schema(registries: Mapping[str, Registry] = REGISTRIES) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a job file.

    It accepts everything that the config reader accepts, and knows less: what one part says
    about another is not in it. Keys are required only in a file without `extends`, since others
    take them from what they extend.
    """
    atlas = _Atlas()
    demands: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for key, cls in SECTIONS.items():
        sections[key], required = atlas.add(key, cls)
        demands[key] = {"required": required}
    sections["refine"] = {"anyOf": [{"type": "boolean"}, sections["refine"]]}
    entry, required = atlas.add("gazetteer", GazetteerEntry)
    named = {"propertyNames": {"pattern": NAME}, "additionalProperties": _loose(entry)}
    sections["gazetteers"] = {"type": "object", **named}
    demands["gazetteers"] = {"additionalProperties": {"required": required}}
    for key, registry in registries.items():
        shape, demand = _typed(atlas, key, registry)
        sections[key] = {"type": "array", "items": _loose(shape)} if key in LISTS else shape
        demands[key] = {"items": demand} if key in LISTS else demand
    sections |= _MERGING
    _, required = atlas.add("job", JobFile)
    job = atlas.defs.pop("job")
    for key, shape in sections.items():
        job["properties"][key] = _loose({**shape, **_only(job["properties"][key], "description")})
    return {
        "$schema": DIALECT,
        "title": "A labelmill job",
        **job,
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": required, "properties": demands},
        "$defs": {"filled_in": FILLED_IN, **dict(sorted(atlas.defs.items()))},
    }


_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_MERGING: dict[str, Any] = {
    "extends": {"anyOf": [{"type": "string"}, _TEXTS]},
    "vars": {"type": "object"},
    "env": _TEXTS,
}
"""The keys that are worked in before a config is checked."""


@dataclass(slots=True)
class _Atlas:
    """The definitions of a schema, as they are gathered."""

    defs: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, *classes: type[Any]) -> tuple[dict[str, Any], list[str]]:
        """Define a map; gives a reference to it, and the keys that it requires."""
        made = model_of(*classes).shape.model_json_schema(ref_template=f"{_DEFS}{{model}}")
        for nested, schema in made.pop("$defs", {}).items():
            if self.defs.setdefault(nested, _tidied(schema)) != _tidied(schema):
                message = f"two different classes named {nested} are parameters of types"
                raise TypeError(message)
        required: list[str] = made.pop("required", [])
        made = _tidied(made)
        for cls in classes:
            for known in keys_of(cls):
                made["properties"][known.name]["description"] = known.description
        self.defs[name] = made
        return {"$ref": _DEFS + name}, required


def _typed(atlas: _Atlas, section: str, registry: Registry) -> tuple[dict[str, Any], Any]:
    """A map whose keys hang on its `type`, and what is required of it."""
    shapes: list[Any] = []
    demands: list[Any] = []
    for name in registry:
        ref, required = atlas.add(f"{section}.{name}", FRAMES[section], registry.get(name))
        here = {"properties": {"type": {"const": name}}, "required": ["type"]}
        shapes.append({"if": here, "then": ref})
        demands.append({"if": here, "then": {"required": required}})
        atlas.defs[f"{section}.{name}"]["properties"]["type"] = {"const": name}
    summaries = [explain(section, name, {section: registry}).summary for name in registry]
    kinds = {"enum": list(registry), "enumDescriptions": summaries}
    shape = {"type": "object", "properties": {"type": kinds}, "allOf": shapes}
    type_is_required = {} if section == "label_model" else {"required": ["type"]}
    return shape, {**type_is_required, "allOf": demands}


def _tidied(schema: Any) -> Any:
    """Without titles, and with every value loose."""
    tidy = {key: value for key, value in schema.items() if key != "title"}
    for key in ("items", "additionalProperties"):
        if isinstance(tidy.get(key), dict):
            tidy[key] = _loose(_tidied(tidy[key]))
    if "properties" in tidy:
        tidy["properties"] = {k: _loose(_tidied(v)) for k, v in tidy["properties"].items()}
    if "anyOf" in tidy:
        tidy["anyOf"] = [_tidied(member) for member in tidy["anyOf"]]
    return tidy


def _loose(schema: dict[str, Any]) -> dict[str, Any]:
    """Also accept what will be filled in."""
    notes = _only(schema, *_ANNOTATIONS)
    body = {key: value for key, value in schema.items() if key not in notes}
    if not body:
        return schema
    members = [member for member in body.get("anyOf", [body]) if member != {"type": "null"}]
    return {**notes, "anyOf": [*members, {"$ref": f"{_DEFS}filled_in"}]}


def _only(schema: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: schema[key] for key in keys if key in schema}
