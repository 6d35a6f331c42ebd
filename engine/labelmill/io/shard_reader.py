"""The rows of shards, read forwards through long row groups."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.errors import BadColumn, InputMissing, nearest
from labelmill.io.patience import patiently
from labelmill.io.source import InputFile, Shard, ends_in, explained, schema_of
from labelmill.io.stores import readable

READ_BUFFER = 1 << 20
"""Bytes of a column that are read at once, so that a long row group never lies in memory."""


class ShardReader:
    """Reads shards of files; where one follows another, reading goes on in the open file.

    A Parquet file can only be read from the start of a row group, and a row group may be much
    longer than a shard; so whoever reads shards in ascending order decodes each row group once.
    """

    def __init__(self) -> None:
        """No file is open."""
        self._stream: _Stream | None = None

    def schema(self, file: InputFile) -> pa.Schema:
        """The Arrow schema of a file; that of the file that is open is known.

        Raises:
            InputMissing: if the file cannot be read.
        """
        if self._stream is not None and self._stream.is_of(file):
            return self._stream.parquet.schema_arrow
        return schema_of(file)

    def read(self, shard: Shard, columns: Sequence[str]) -> pa.Table:
        """Read some columns of a shard, one chunk each.

        Raises:
            BadColumn: if a column is missing.
            InputMissing: if the file is torn, or is no longer what it was.
        """
        with explained(shard.file.path):
            table = patiently(lambda: self._taken(shard, columns))
        if len(table) != len(shard):
            held = f"held {shard.file.rows} rows when the run began"
            raise InputMissing(str(shard.file.path), f"{held} and has changed since; run again")
        if shard.stop == shard.file.rows:
            self.close()
        return table.combine_chunks()

    def _taken(self, shard: Shard, columns: Sequence[str]) -> pa.Table:
        """The rows of a shard; after an error the file is opened anew."""
        if self._stream is None or not self._stream.leads_to(shard, columns):
            self.close()
            self._stream = _Stream(shard, columns)
        try:
            return self._stream.take(shard.start, shard.stop)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._stream is not None:
            self._stream.parquet.close()
            self._stream = None


def read_shard(shard: Shard, columns: Sequence[str]) -> pa.Table:
    """Read some columns of one shard (see `ShardReader.read`)."""
    reader = ShardReader()
    try:
        return reader.read(shard, columns)
    finally:
        reader.close()


class _Stream:
    """Some columns of a file, read forwards from the row group in which a shard begins."""

    def __init__(self, shard: Shard, columns: Sequence[str]) -> None:
        self.parquet = pq.ParquetFile(
            readable(shard.file.path), buffer_size=READ_BUFFER, page_checksum_verification=True
        )
        present = self.parquet.schema_arrow.names
        for column in columns:
            if column not in present:
                self.parquet.close()
                message = f"is missing{nearest(column, present)}"
                raise BadColumn(shard.file.name, column, message)
        self._of = (shard.file.path, tuple(columns))
        self._ends = ends_in(self.parquet.metadata)
        first = bisect_right(self._ends, shard.start)
        self._row = self._ends[first - 1] if first else 0
        self._batches: Iterator[pa.RecordBatch] = self.parquet.iter_batches(
            len(shard), list(range(first, len(self._ends))), list(columns), use_threads=False
        )
        self._left: list[pa.RecordBatch] = []
        self._schema = pa.schema([self.parquet.schema_arrow.field(name) for name in columns])

    def is_of(self, file: InputFile) -> bool:
        """Whether it reads this file."""
        return self._of[0] == file.path

    def leads_to(self, shard: Shard, columns: Sequence[str]) -> bool:
        """Whether a shard lies ahead, and no row group before it would be read for nothing."""
        if self._of != (shard.file.path, tuple(columns)):
            return False
        in_this_group = bisect_right(self._ends, self._row) == bisect_right(self._ends, shard.start)
        return self._row <= shard.start and in_this_group

    def take(self, start: int, stop: int) -> pa.Table:
        """Rows start to stop; those before them are passed over."""
        taken: list[pa.RecordBatch] = []
        while self._row < stop:
            batch = self._left.pop() if self._left else next(self._batches, None)
            if batch is None:
                break
            skip = min(max(0, start - self._row), len(batch))
            part = batch.slice(skip, stop - self._row - skip)
            self._row += skip + len(part)
            if skip + len(part) < len(batch):
                self._left.append(batch.slice(skip + len(part)))
            if len(part):
                taken.append(part)
        return pa.Table.from_batches(taken, self._schema if not taken else None)
