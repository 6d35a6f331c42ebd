"""The tables of a snapshot on disk, for checks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.core.schema import FILTERED, QUARANTINE, SPLITS
from labelmill.core.tables import known_columns, known_table


@dataclass(frozen=True, slots=True)
class SnapshotTables:
    """Reads what was written to the folder of a snapshot, part by part in order."""

    folder: Path

    def batches(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table; none where nothing was written.

        Raises:
            UsageError: if it has no such column.
        """
        wanted = known_columns(name, self.schema(name), columns)
        for path in self._parts(name):
            with pq.ParquetFile(path) as parquet:
                yield from parquet.iter_batches(columns=wanted, use_threads=False)

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole table."""
        schema = self.schema(name)
        if columns is not None:
            known_columns(name, schema, columns)
            schema = pa.schema([schema.field(column) for column in columns])
        return pa.Table.from_batches(self.batches(name, columns), schema=schema)

    def schema(self, name: str) -> pa.Schema:
        """The columns of a table; of a split that the job leaves empty, those of another."""
        own = {"quarantine": QUARANTINE, "filtered": FILTERED}
        others = SPLITS if name in SPLITS else ()
        for part in (part for table in (name, *others) for part in self._parts(table)):
            return pq.read_schema(part)
        return own.get(name, pa.schema([]))

    def _parts(self, name: str) -> list[Path]:
        folder = self.folder / known_table(name)
        return sorted((folder / "parquet" if name in SPLITS else folder).glob("*.parquet"))
