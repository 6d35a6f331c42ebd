"""Seeding the global generators for functions that draw from them, and putting them back."""

import random  # noqa: TID251 (lent to foreign code, seeded from a keyed generator)
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


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
