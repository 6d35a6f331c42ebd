"""The tables of a snapshot, as checks read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from labelmill.errors import UsageError, nearest

TABLES = ("labels", "train", "dev", "test", "quarantine", "filtered")
"""What a snapshot holds: the rows of every status, those of each split with augmented ones, what
went wrong, and what was taken out."""


class Tables(Protocol):
    """Reads the tables of a snapshot; nothing can be written through it."""

    def batches(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table, piece by piece, always in the same order."""
        ...

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole table; it has to fit into memory."""
        ...

    def schema(self, name: str) -> pa.Schema:
        """The columns of a table and their types."""
        ...


@dataclass(frozen=True, slots=True)
class HeldTables:
    """Tables in memory, for trying a check out.

    Example:
        >>> tables = HeldTables({"train": pa.table({"id": ["a", "b"], "text": ["x", "y"]})})
        >>> tables.table("train", ["id"]).num_rows, tables.table("dev").num_rows
        (2, 0)
    """

    held: Mapping[str, pa.Table] = field(default_factory=dict)

    def batches(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table; none where it is not held."""
        yield from self.table(name, columns).to_batches()

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole table; an empty one where it is not held.

        Raises:
            UsageError: if no snapshot has a table of that name.
        """
        known_table(name)
        found = self.held.get(name, pa.table({}))
        return found.select(list(columns)) if columns is not None and name in self.held else found

    def schema(self, name: str) -> pa.Schema:
        """The columns of a table."""
        return self.table(name).schema


def known_table(name: str) -> str:
    """A name, if it is that of a table.

    Raises:
        UsageError: if it is not.
    """
    if name not in TABLES:
        message = f"no table '{name}'{nearest(name, TABLES)}; there are {', '.join(TABLES)}"
        raise UsageError(message)
    return name
