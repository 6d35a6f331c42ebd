"""Make the types that a config declares, and ask each what it needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelmill.config.nodes import Findings, Trail, get, spell, walk
from labelmill.config.sections import Draft, Entry
from labelmill.core.protocols import Needs
from labelmill.errors import BadParameter, BadResource


@dataclass(frozen=True, slots=True)
class Part:
    """A declared type, made: one for each entry, or several where a labeling function expands."""

    entry: Entry
    name: str
    kind: Any

    @property
    def trail(self) -> Trail:
        """Where it was written."""
        return self.entry.trail


@dataclass(frozen=True, slots=True)
class Assembly:
    """Everything of a draft that could be made."""

    draft: Draft
    task: Part | None
    label_model: Part | None
    prepare: tuple[Part, ...]
    functions: tuple[Part, ...]
    augment: tuple[Part, ...]
    checks: tuple[Part, ...]
    export: tuple[Part, ...]

    @property
    def steps(self) -> dict[str, tuple[Part, ...]]:
        """The lists of parts besides the labeling functions, by section."""
        return {
            "prepare": self.prepare,
            "augment": self.augment,
            "checks": self.checks,
            "export": self.export,
        }


def assemble(draft: Draft, findings: Findings) -> Assembly:
    """Make every type of a draft; one that refuses its parameters is a problem."""
    made = {
        section: tuple(part for entry in entries for part in _parts(entry, findings))
        for section, entries in draft.lists.items()
    }
    return Assembly(
        draft=draft,
        task=_part(draft.task, findings),
        label_model=_part(draft.label_model, findings),
        functions=made.pop("labeling_functions"),
        **made,
    )


def needs_of(part: Part, folder: Path, findings: Findings) -> Needs | None:
    """What a part needs, or None where it needs nothing or cannot say for a problem."""
    ask = getattr(part.kind, "needs", None)
    if ask is None:
        return None
    needs: Needs | None = None
    try:
        needs = ask(folder)
    except BadParameter as error:
        _refused(part.entry, error, findings)
    except BadResource as error:
        findings.add(mention(part.entry, error.name, findings), "resource", str(error))
    return needs


def mention(entry: Entry, text: str, findings: Findings) -> Trail:
    """The trail of the value in an entry that names something, or of the entry itself."""
    node = get(findings.root, *entry.trail)
    for trail, child in walk(node) if node is not None else ():
        value = child.value
        if isinstance(value, str) and (value == text or value.rpartition(":")[0] == text):
            return (*entry.trail, *trail)
    return entry.trail


def _parts(entry: Entry, findings: Findings) -> Iterator[Part]:
    part = _part(entry, findings)
    if part is None:
        return
    expand = getattr(part.kind, "expand", None)
    if expand is None:
        yield part
        return
    try:
        for name, kind in expand(part.name):
            yield Part(entry, name, kind)
    except BadParameter as error:
        _refused(entry, error, findings)


def _part(entry: Entry | None, findings: Findings) -> Part | None:
    if entry is None:
        return None
    try:
        return Part(entry, entry.name, entry.cls(**entry.parameters))
    except BadParameter as error:
        _refused(entry, error, findings)
        return None


def _refused(entry: Entry, error: BadParameter, findings: Findings) -> None:
    node = get(findings.root, *entry.trail)
    below = spell(node, error.field) if node is not None else ()
    findings.add((*entry.trail, *below), error.code, error.message)
