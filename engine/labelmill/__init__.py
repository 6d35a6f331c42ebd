"""labelmill: from labeling functions in YAML to published training sets.

The public names load on first use, so that `import labelmill` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from labelmill.aggregate.facade import LabelModel
    from labelmill.core.spans import Edit, Example, Span
    from labelmill.errors import LabelmillError
    from labelmill.functions.decorator import labeling_function
    from labelmill.pipeline.face import explain, label, preview, run
    from labelmill.refine.facade import Refiner
    from labelmill.text import measures as measure

_PLACES = {
    "Edit": "labelmill.core.spans:Edit",
    "Example": "labelmill.core.spans:Example",
    "LabelModel": "labelmill.aggregate.facade:LabelModel",
    "LabelmillError": "labelmill.errors:LabelmillError",
    "Refiner": "labelmill.refine.facade:Refiner",
    "Span": "labelmill.core.spans:Span",
    "explain": "labelmill.pipeline.face:explain",
    "label": "labelmill.pipeline.face:label",
    "labeling_function": "labelmill.functions.decorator:labeling_function",
    "measure": "labelmill.text.measures",
    "preview": "labelmill.pipeline.face:preview",
    "run": "labelmill.pipeline.face:run",
}

__all__ = [
    "Edit",
    "Example",
    "LabelModel",
    "LabelmillError",
    "Refiner",
    "Span",
    "__version__",
    "explain",
    "label",
    "labeling_function",
    "measure",
    "preview",
    "run",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        message = f"module 'labelmill' has no attribute '{name}'"
        raise AttributeError(message)
    module, _, attribute = _PLACES[name].partition(":")
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__() -> list[str]:
    return sorted(__all__)
