"""How labels are declared under `task.labels`: a list, or a map with definitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from labelmill.errors import BadParameter


@dataclass(frozen=True, slots=True)
class LabelNote:
    """What a label means, for people and for prompts."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    definition: str = ""
    examples: tuple[str, ...] = ()


Labels = tuple[str, ...] | Mapping[str, LabelNote]


def checked_names(labels: Labels) -> tuple[str, ...]:
    """The label names in their order.

    Raises:
        BadParameter: if there are fewer than one, or one is empty, doubled or has a line break.

    Example:
        >>> checked_names(("ham", "spam"))
        ('ham', 'spam')
    """
    names = tuple(labels)
    if not names:
        raise BadParameter("labels", "name at least one label")
    for name in names:
        if not name.strip() or name != name.strip() or "\n" in name:
            message = f"the label {name!r} is empty or has white space at its ends"
            raise BadParameter("labels", message)
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadParameter("labels", f"the label '{twice}' stands twice")
    return names


def noted_definitions(labels: Labels) -> dict[str, str]:
    """The definitions of the labels that have one."""
    if not isinstance(labels, Mapping):
        return {}
    return {name: note.definition for name, note in labels.items() if note.definition}
