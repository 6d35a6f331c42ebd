"""Compiled gazetteers on disk, mapped into memory by every process that uses them.

A file is one line that says what it is, with a digest of all that follows, and an Arrow table of
one row with a list in each column. It can be removed at any time.
"""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash

from labelmill.core.digests import digest, digest_bytes
from labelmill.errors import OutputFailed
from labelmill.io.durable import new_file
from labelmill.text.gazetteer_table import LAYOUT, GazetteerTable
from labelmill.text.words import Case

_HEAD_BYTES = 64


def cache_name(
    content: bytes,
    ending: str,
    label: str | None,
    case: Case,
    min_length: int,
    stop: tuple[str, ...],
) -> str:
    """The name of the file for a list with this content, compiled so."""
    parts = [LAYOUT, digest_bytes(content), ending, label, case, min_length, sorted(set(stop))]
    return f"{digest(parts)[:32]}.arrow"


def keep_table(path: Path, table: GazetteerTable) -> GazetteerTable:
    """Write a table, and give it back as it is read from there.

    Several processes may write it at once. Where the folder cannot be written to, nothing is kept.
    """
    columns = table.columns()
    lists = {name: _in_one_row(column) for name, column in columns.items()}
    sink = pa.BufferOutputStream()
    batch = pa.RecordBatch.from_pydict(lists)
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    body = sink.getvalue()
    with suppress(OutputFailed), new_file(path) as file:
        file.write(_head(body))
        file.write(body)
    return read_table(path) or table


def read_table(path: Path) -> GazetteerTable | None:
    """Map a table into memory; None if there is no such file, or it is damaged."""
    try:
        data = pa.memory_map(str(path)).read_buffer()
    except OSError:
        return None
    if data.size <= _HEAD_BYTES:
        return None
    body = data.slice(_HEAD_BYTES)
    if data.slice(0, _HEAD_BYTES).to_pybytes() != _head(body):
        return None
    batch = pa.ipc.open_file(body).get_batch(0)
    names = batch.schema.names
    return GazetteerTable.of_columns({name: batch.column(name).values for name in names})


def _head(body: pa.Buffer) -> bytes:
    told = f"labelmill gazetteer {LAYOUT} {xxhash.xxh3_128_hexdigest(body)}"
    return told.encode().ljust(_HEAD_BYTES - 1) + b"\n"


def _in_one_row(column: pa.Array) -> pa.Array:
    return pa.LargeListArray.from_arrays(np.array([0, len(column)], dtype=np.int64), column)
