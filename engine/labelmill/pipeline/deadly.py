"""Rows that end the process that works on them: a small file beside the other work of a shard."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.io.durable import write_table

DEADLY = pa.schema([("row", pa.int64()), ("how", pa.string())])


def write_deadly(path: Path, deadly: Mapping[int, str]) -> None:
    """Note rows of a shard, by place, and how the process ended that worked on each."""
    rows, how = list(deadly), list(deadly.values())
    write_table(path, pa.table([rows, how], schema=DEADLY).sort_by("row"))


def read_deadly(path: Path) -> dict[int, str]:
    """The rows that `write_deadly` noted; none where there is no such file, or it went bad."""
    try:
        table = pq.read_table(path, use_threads=False)
    except (OSError, pa.ArrowInvalid):
        return {}
    return dict(zip(table["row"].to_pylist(), table["how"].to_pylist(), strict=True))
