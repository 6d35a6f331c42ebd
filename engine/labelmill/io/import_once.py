"""Doing something around the import of one module, the first time that it is imported."""

import sys
from collections.abc import Callable
from functools import partial
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

Execute = Callable[[ModuleType], None]


def spec_around(
    finder: Any, name: str, around: Callable[[Execute, ModuleType], None]
) -> ModuleSpec | None:
    """The place of a module, for a finder in `sys.meta_path` that leaves it with this.

    Args:
        finder: the finder that was asked.
        name: of the module.
        around: called in place of the module's execution, which it gets with the module.
    """
    sys.meta_path.remove(finder)
    spec = find_spec(name)
    if spec is not None and spec.loader is not None:
        execute = spec.loader.exec_module
        spec.loader.exec_module = partial(around, execute)  # type: ignore[method-assign]
    return spec
