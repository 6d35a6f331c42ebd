"""spaCy without torch, for jobs whose texts are only cut into tokens.

spaCy's library thinc imports torch wherever it is installed, in case a model is built of it. That
takes a process a second or more and two hundred megabytes, and a tokenizer has no use for it.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from labelmill.io.import_once import Execute, spec_around

THINC = "thinc.compat"
TORCH = "torch"


def keep_torch_out_of_spacy() -> None:
    """Let thinc believe that torch is absent when it is imported; others import it as ever.

    For processes of our own that carry out nothing but declared functions: a pipeline that is
    built of torch could not be loaded in them.
    """
    if THINC not in sys.modules and TORCH not in sys.modules:
        sys.meta_path.insert(0, _WithoutTorch())


class _WithoutTorch:
    """Finds one module of thinc, once, and lets it be carried out without torch."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 (the protocol's)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The place of that module, if it is asked for."""
        return spec_around(self, name, _without_torch) if name == THINC else None


def _without_torch(execute: Execute, module: ModuleType) -> None:
    if TORCH in sys.modules:
        execute(module)
        return
    sys.modules[TORCH] = None  # type: ignore[assignment] # None: an import fails
    try:
        execute(module)
    finally:
        del sys.modules[TORCH]
