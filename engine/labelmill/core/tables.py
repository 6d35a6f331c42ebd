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
            UsageError: if no snapshot has a table of that name, or it has no such column.
        """
        known_table(name)
        found = self.held.get(name, pa.table({}))
        known_columns(name, found.schema, columns)
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


def known_columns(name: str, schema: pa.Schema, columns: Sequence[str] | None) -> list[str] | None:
    """Names of columns, if a table has them all; of one without columns nothing is known.

    A field inside a column goes by both names with a dot between.

    Raises:
        UsageError: if it has not.
    """
    if columns is None or not schema.names:
        return None if columns is None else list(columns)
    for column in columns:
        if column not in schema.names and column.partition(".")[0] not in schema.names:
            hint = nearest(column, schema.names)
            message = f"table '{name}' has no column '{column}'{hint}"
            raise UsageError(message)
    return list(columns)
