"""Arrow without pandas, until somebody wants pandas.

The first time that pyarrow makes an array it imports pandas, only to be able to tell whether it
was given something of pandas. That takes a process some tenths of a second and forty megabytes,
which most of our processes have no use for: they hand numpy and Arrow to Arrow.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa

from labelmill.io.import_once import Execute, spec_around


def keep_pandas_out() -> None:
    """Let pyarrow do without pandas until this process imports it, whoever asks for it.

    From then on pyarrow knows pandas as it always does. For processes of our own (the command and
    its workers); a program that uses labelmill as a library keeps pyarrow as it is.
    """
    if "pandas" in sys.modules or any(isinstance(finder, _Later) for finder in sys.meta_path):
        return
    finder = _Later()
    sys.meta_path.insert(0, finder)
    pa.array([0])  # pyarrow asks for pandas once, here, and goes without
    finder.absent = False


class _Later:
    """Says that pandas is absent; once it no longer does, lets pyarrow know of its import."""

    absent = True

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 (the protocol's)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The place of pandas, if it is asked for."""
        if name != "pandas":
            return None
        if self.absent:
            raise ModuleNotFoundError("pandas is not needed yet", name=name)
        return spec_around(self, name, _and_tell)


def _and_tell(execute: Execute, module: ModuleType) -> None:
    execute(module)
    pa.array([0]).to_pandas()  # where pandas is wanted pyarrow looks for it again
