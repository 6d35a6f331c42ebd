"""From a YAML file to a checked job specification.

The names load on first use: a process that only works on a job that was read elsewhere needs
`labelmill.config.spec` and nothing that reads or checks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelmill.config.columns import (
        check_columns,
        check_gold_columns,
        named_columns,
        named_gold_columns,
    )
    from labelmill.config.reader import build, find_root, load

_PLACES = {
    "build": "reader",
    "check_columns": "columns",
    "check_gold_columns": "columns",
    "find_root": "reader",
    "load": "reader",
    "named_columns": "columns",
    "named_gold_columns": "columns",
}

__all__ = [
    "build",
    "check_columns",
    "check_gold_columns",
    "find_root",
    "load",
    "named_columns",
    "named_gold_columns",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        message = f"module 'labelmill.config' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(f"labelmill.config.{_PLACES[name]}"), name)
