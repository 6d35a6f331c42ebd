"""Tables of the work files that the stages of a run leave for each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa


def read_arrow(path: Path) -> pa.Table:
    """An Arrow file that `durable.write_arrow` wrote, memory-mapped: columns are read when used."""
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def table_of_rows(schema: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows of values as a table; of no rows an empty one."""
    columns = list(zip(*rows, strict=True)) or [() for _ in schema]
    arrays = [pa.array(column, f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
