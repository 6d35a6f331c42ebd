"""Running foreign code: its draws are seeded and put back, its failures get a sentence."""

import random  # noqa: TID251 (lent to foreign code, seeded from a keyed generator)
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labelmill.io.modules import importable, raised, shortened, told


@dataclass(frozen=True, slots=True)
class ProjectFunction:
    """A function out of a Python file of the project, and its name for messages."""

    root: Path
    name: str
    function: Callable[..., Any]

    def call(self, rng: np.random.Generator, *args: Any, **params: Any) -> Any:
        """Call the function; what it draws from global generators depends on `rng` alone.

        Raises:
            ValueError: if the function raises; names the exception and its place in the project.
        """
        with importable(self.root), lent_randomness(rng):
            try:
                return self.function(*args, **params)
            except raised() as error:
                message = f"{self.name} raised {type(error).__name__}: {told(error, self.root)}"
                raise ValueError(message) from error

    def unusable(self, found: Any, wanted: str) -> ValueError:
        """The error to raise for an answer that is not what was wanted."""
        return ValueError(f"{self.name} gave back {shortened(repr(found), 80)}; wanted {wanted}")


@contextmanager
def lent_randomness(rng: np.random.Generator) -> Iterator[None]:
    """Seed `random` and `numpy.random` from a generator, and restore both at the end.

    Foreign code that draws from the global generators becomes a function of `rng`, and nothing
    outside the block can tell that it ran.

    Args:
        rng: takes one draw.

    Example:
        >>> from labelmill.core.seeds import keyed_rng
        >>> def draw():
        ...     with lent_randomness(keyed_rng(1)):
        ...         return random.random()
        >>> draw() == draw()
        True
    """
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 (to restore it)
    seed = int(rng.integers(1 << 32))
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002, TID251 (restored below)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002 (restored)
