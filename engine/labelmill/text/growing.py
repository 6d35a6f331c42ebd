"""Tables of numbers that grow by rows of different lengths."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import numpy.typing as npt

from labelmill.text.slices import ranges

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(slots=True)
class GrowingTable:
    """Rows of tuples of numbers, kept in arrays; a row's number never changes.

    Example:
        >>> table = GrowingTable(2)
        >>> table.add([[(0, 1), (1, 5)], [(0, 2)]])
        [0, 1]
        >>> owner, values = table.rows(np.array([1, 0]))
        >>> owner.tolist(), values.tolist()
        ([0, 1, 1], [[0, 2], [0, 1], [1, 5]])
    """

    width: int
    _values: Int32 = field(init=False, repr=False)
    _ends: Int64 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin without rows."""
        self._values = np.zeros((0, self.width), dtype=np.int32)
        self._ends = np.zeros(1, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @property
    def n_values(self) -> int:
        """How many tuples there are in all."""
        return len(self._values)

    def add(self, rows: Sequence[Sequence[tuple[int, ...]]]) -> list[int]:
        """Append rows, and say which numbers they got."""
        flat = [value for row in rows for item in row for value in item]
        more = np.array(flat, dtype=np.int32).reshape(-1, self.width)
        ends = self._ends[-1] + np.cumsum([len(row) for row in rows], dtype=np.int64)
        numbers = list(range(len(self), len(self) + len(rows)))
        self._values = np.concatenate([self._values, more])
        self._ends = np.concatenate([self._ends, ends])
        return numbers

    def sizes(self, rows: Int64) -> Int64:
        """How many tuples each row holds."""
        return self._ends[rows + 1] - self._ends[rows]

    def rows(self, rows: Int64) -> tuple[Int64, Int32]:
        """The tuples of some rows, one row after the other.

        Returns:
            For each tuple the place of its row among `rows`, [n], and the tuple, [n, width].
        """
        sizes = self.sizes(rows)
        owner = np.repeat(np.arange(len(rows)), sizes)
        return owner, self._values[ranges(self._ends[rows], sizes)]

    def lists(self, rows: Int64) -> list[list[list[int]]]:
        """The tuples of each of some rows, as lists."""
        _, values = self.rows(rows)
        items = iter(values.tolist())
        return [list(islice(items, size)) for size in self.sizes(rows).tolist()]
