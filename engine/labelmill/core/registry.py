"""Registries: from the `type` in a config to the class that carries it out."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TypeVar

from labelmill.errors import BadParameter, nearest

Class = TypeVar("Class", bound=type)


class Registry:
    """The types of one kind, by their YAML name.

    Example:
        >>> shapes = Registry("shape")
        >>> @shapes.add("square")
        ... class Square:
        ...     "Four equal sides."
        >>> shapes.get("square").__name__, list(shapes)
        ('Square', ['square'])
    """

    def __init__(self, kind: str) -> None:
        """Make an empty registry; `kind` is what a user calls its members."""
        self.kind = kind
        self._types: dict[str, type[Any]] = {}
        self._modules: dict[str, str] = {}

    def expect(self, name: str, module: str) -> None:
        """Know that a module registers a type; it is imported when the type is asked for."""
        self._modules[name] = module

    def add(self, name: str) -> Callable[[Class], Class]:
        """Register the decorated class; a name can be taken once."""

        def register(cls: Class) -> Class:
            if name in self._types:
                message = f"the {self.kind} type '{name}' is registered twice"
                raise ValueError(message)
            self._types[name] = cls
            return cls

        return register

    def get(self, name: str) -> type[Any]:
        """The class of a type.

        Raises:
            BadParameter: if there is no such type; names the nearest.
        """
        if name not in self:
            message = f"no type '{name}' among the {self.kind} types{nearest(name, self)}"
            raise BadParameter("type", message, code="type")
        if name not in self._types:
            import_module(self._modules[name])
        return self._types[name]

    def name_of(self, cls: type[Any]) -> str:
        """The YAML name of a registered class."""
        return next(name for name, known in self._types.items() if known is cls)

    def __contains__(self, name: object) -> bool:
        return name in self._types or name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._types, *self._modules}))

    def __len__(self) -> int:
        return len({*self._types, *self._modules})


PREPARE_STEPS = Registry("prepare")
FUNCTIONS = Registry("labeling function")
TASKS = Registry("task")
LABEL_MODELS = Registry("label model")
AUGMENTERS = Registry("augment")
EXPORTERS = Registry("export")
CHECKS = Registry("check")

REGISTRIES: dict[str, Registry] = {
    "prepare": PREPARE_STEPS,
    "labeling_functions": FUNCTIONS,
    "task": TASKS,
    "label_model": LABEL_MODELS,
    "augment": AUGMENTERS,
    "checks": CHECKS,
    "export": EXPORTERS,
}
"""Each registry under the config key where its types stand."""
