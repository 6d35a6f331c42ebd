"""A quicker automaton for what most texts are: without control characters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.text.scan.databases import Expression, compiled_of, flags_of
from labelmill.text.scan.gaps import SPACE

SAVED_PER_BYTE = 3e-10
SECONDS_PER_HINT = 2e-6
"""Rough: what it saves, and what `re` takes to look at a text that a hint names."""

MOST_LOST = 0.1
"""Seconds that hints may cost more than was saved before it is given up."""


class CalmAutomaton:
    """Finds what an automaton finds in sections without control characters, or hints at it.

    It is compiled once the sections that it could have read would have paid for that, and given
    up where hints are so many that it saves nothing. A match of a hint has the number of its probe
    plus `n_probes`.
    """

    def __init__(
        self,
        expressions: Sequence[Expression],
        hints: Sequence[Expression],
        n_probes: int,
        price: float,
    ) -> None:
        """Nothing is compiled yet; the `price` of that, in seconds, is known from another one."""
        self.n_probes = n_probes
        numbered = (Expression(e.text, e.probe + n_probes) for e in hints)
        self._expressions = (*expressions, *numbered)
        self._debt = price
        self._gain = 0.0
        self._given_up = not hints
        self.database: Any = None

    def takes(self, data: Any) -> bool:
        """Whether it reads a section: it has paid, and there is no control character."""
        if self._given_up or not isinstance(data, np.ndarray) or int(data.min()) < SPACE:
            return False
        if self.database is None:
            self._debt -= len(data) * SAVED_PER_BYTE
            if self._debt > 0:
                return False
            self.database, refused = compiled_of(self._expressions, flags_of())
            self._given_up = bool(refused)
        return not self._given_up

    def watch(self, probes: npt.NDArray[np.int64], n_bytes: int) -> None:
        """Count what a section that it read cost and saved."""
        n_hints = int(np.count_nonzero(probes >= self.n_probes))
        self._gain += n_bytes * SAVED_PER_BYTE - n_hints * SECONDS_PER_HINT
        self._given_up = self._gain < -MOST_LOST
