"""Reading the work files that the stages of a run leave for each other."""

from pathlib import Path

import pyarrow as pa


def read_arrow(path: Path) -> pa.Table:
    """An Arrow file that `durable.write_arrow` wrote, memory-mapped: columns are read when used."""
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()
