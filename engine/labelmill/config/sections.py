"""The first pass: check each section of a config by itself, against its model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from labelmill.config.forms import check_forms
from labelmill.config.frames import FRAMES
from labelmill.config.keys import SECTIONS, GazetteerEntry, JobFile
from labelmill.config.messages import found
from labelmill.config.model import model_of, parameters_of, report_kind
from labelmill.config.nodes import Findings, Node, Trail, get, is_list, is_map
from labelmill.core.registry import Registry
from labelmill.errors import BadParameter, nearest

LISTS = ("prepare", "labeling_functions", "augment", "checks", "export")


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing with a type that was read: the keys of its frame, and the type's own parameters.

    Both hold Python values under Python names, without defaults.
    """

    section: str
    trail: Trail
    type_name: str
    cls: type[Any]
    frame: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, or its type where it has none."""
        return str(self.frame.get("name") or self.type_name)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that could be read of a config, section by section.

    A section or an entry that has a problem is None or left out; entries that are switched off
    are left out too. `names` are the names of all labeling functions that were written and are
    not switched off, even where they have problems; `disabled` those that are switched off.
    """

    header: Mapping[str, Any] | None
    sections: Mapping[str, Mapping[str, Any] | None]
    gazetteers: Mapping[str, Mapping[str, Any] | None]
    task: Entry | None
    label_model: Entry | None
    lists: Mapping[str, tuple[Entry, ...]]
    names: tuple[str, ...]
    disabled: tuple[str, ...]


def draft(root: Node, findings: Findings, registries: Mapping[str, Registry]) -> Draft:
    """Read every section of a config and note what is wrong with each."""
    return Draft(
        header=model_of(JobFile).read(root, (), findings),
        sections={key: _section(key, cls, root, findings) for key, cls in SECTIONS.items()},
        gazetteers=_gazetteers(root, findings),
        task=_entry("task", root, findings, registries),
        label_model=_entry("label_model", with_label_model(root), findings, registries),
        lists={key: tuple(_entries(key, root, findings, registries)) for key in LISTS},
        names=tuple(_names(root, enabled=True)),
        disabled=tuple(_names(root, enabled=False)),
    )


def with_label_model(root: Node) -> Node:
    """The config with the type of the default label model where none is given."""
    model = get(root, "label_model")
    majority = Node("majority", root.place)
    if model is None or model.value is None:
        return replace(
            root, value={**root.value, "label_model": Node({"type": majority}, root.place)}
        )
    if is_map(model) and get(model, "type") is None:
        typed = replace(model, value={"type": majority, **model.value})
        return replace(root, value={**root.value, "label_model": typed})
    return root


def _section(key: str, cls: type[Any], root: Node, findings: Findings) -> dict[str, Any] | None:
    node = get(root, key)
    if key == "refine" and (node is None or not is_map(node)):
        return _switch(node, key, findings)
    if node is None or node.value is None:
        return {}
    return model_of(cls).read(node, (key,), findings)


def _switch(node: Node | None, key: str, findings: Findings) -> dict[str, Any] | None:
    """A section that may be true or false instead of a map."""
    value = None if node is None else node.value
    if node is not None and value is not None and not isinstance(value, bool):
        findings.add((key,), "type", f"expected true, false or a map but found {found(node)}")
        return None
    return {"enabled": value is True}


def _gazetteers(root: Node, findings: Findings) -> dict[str, dict[str, Any] | None]:
    node = get(root, "gazetteers")
    if node is None or node.value is None:
        return {}
    if not is_map(node):
        report_kind(node, ("gazetteers",), findings)
        return {}
    return {
        name: model_of(GazetteerEntry).read(child, ("gazetteers", name), findings)
        for name, child in node.value.items()
    }


def _entries(
    section: str, root: Node, findings: Findings, registries: Mapping[str, Registry]
) -> Iterator[Entry]:
    node = get(root, section)
    if node is None or node.value is None:
        return
    if not is_list(node):
        findings.add((section,), "type", f"expected a list but found {found(node)}")
        return
    for index in range(len(node.value)):
        entry = _entry(section, root, findings, registries, index)
        if entry is not None and entry.frame.get("enabled", True):
            yield entry


def _entry(
    section: str,
    root: Node,
    findings: Findings,
    registries: Mapping[str, Registry],
    *index: int,
) -> Entry | None:
    trail: Trail = (section, *index)
    node = get(root, *trail)
    if node is None or (node.value is None and not index):
        return None
    if not is_map(node):
        report_kind(node, trail, findings)
        return None
    cls = _class(node, trail, findings, registries[section])
    if cls is None:
        return None
    keys = {parameter.key for parameter in parameters_of(cls)}
    model = model_of(FRAMES[section], cls)
    formed = section != "labeling_functions" or check_forms(node, trail, keys, findings)
    values = model.read(node if formed else _without_label(node), trail, findings)
    if values is None or not formed:
        return None
    frame = {parameter.name for parameter in parameters_of(FRAMES[section])}
    return Entry(
        section,
        trail,
        values["type"],
        cls,
        {name: value for name, value in values.items() if name in frame},
        {name: value for name, value in values.items() if name not in frame},
    )


def _class(node: Node, trail: Trail, findings: Findings, registry: Registry) -> type[Any] | None:
    kind = get(node, "type")
    here = (*trail, "type")
    if kind is None or kind.value is None:
        message = f"the key 'type' is missing{nearest('', registry)}"
        findings.add(here, "missing", message)
        return None
    if not isinstance(kind.value, str):
        findings.add(here, "type", f"expected the name of a type but found {found(kind)}")
        return None
    if trail[0] == "export" and kind.value == "parquet":
        findings.add(here, "type", "Parquet is always written; leave this entry out")
        return None
    try:
        return registry.get(kind.value)
    except BadParameter as error:
        findings.add(here, "type", error.message)
        return None


def _without_label(node: Node) -> Node:
    """The entry with a label of the right form, so that its other keys can be checked."""
    value = {key: child for key, child in node.value.items() if key != "labels"}
    return replace(node, value={**value, "label": Node("label", node.place)})


def _names(root: Node, *, enabled: bool) -> Iterator[str]:
    functions = get(root, "labeling_functions")
    for item in functions.value if functions is not None and is_list(functions) else ():
        name, switch = get(item, "name"), get(item, "enabled")
        on = switch is None or switch.value is not False
        if name is not None and isinstance(name.value, str) and on == enabled:
            yield name.value
