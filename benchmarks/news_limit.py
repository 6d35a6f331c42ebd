"""What no engine can do without for the news job: read, one bare scan, write.

    python -m benchmarks.news_limit NEWS.parquet PARTS_FOLDER OUT_FOLDER

Two spawned workers share the row groups. A worker reads the two columns, joins the texts and
scans them once with Hyperscan, all forty expressions in one database, without asking where they
match. Then it writes the tables that lie ready as Arrow files in PARTS_FOLDER (they are mapped
into memory, so nothing is computed or decoded) with the settings of labelmill's own writer.
Nothing is synced to disk, checked, hashed or published.
"""

import re
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import hyperscan
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.news import RULES, Rule

from labelmill.io.durable import ROW_GROUP_ROWS, parquet_writer

WORKERS = 2

Task = tuple[Path, int, list[tuple[Path, Path]]]


def main(source: Path, parts: Path, out: Path) -> int:
    """Carry out all tasks and give how many bytes of text were scanned."""
    n_groups = pq.read_metadata(source).num_row_groups
    files = [path.relative_to(parts) for path in sorted(parts.rglob("*.arrow"))]
    writes = [(parts / file, out / file.with_suffix(".parquet")) for file in files]
    tasks: list[Task] = [
        (source, group, writes[group::n_groups]) for group in range(max(n_groups, WORKERS))
    ]
    for _, target in writes:
        target.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=_start) as pool:
        return sum(pool.map(_carry_out, tasks))


def expression_of(rule: Rule) -> str:
    """A rule as one expression; that of a lexicon finds its terms."""
    if rule.type == "regex":
        return rule.words[0]
    either = "|".join(re.escape(word) for word in rule.words)
    return rf"\b(?:{either})\b"


_DATABASE: list[hyperscan.Database] = []


def _start() -> None:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression_of(rule).encode() for rule in RULES],
        ids=list(range(len(RULES))),
        flags=[hyperscan.HS_FLAG_CASELESS if rule.ignore_case else 0 for rule in RULES],
    )
    _DATABASE[:] = [database]


def _carry_out(task: Task) -> int:
    source, group, writes = task
    scanned = 0
    with pq.ParquetFile(source) as parquet:
        if group < parquet.num_row_groups:
            scanned = _read_and_scan(parquet, group)
    for ready, target in writes:
        with pa.memory_map(str(ready)) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            with target.open("wb") as file, parquet_writer(file, table.schema) as writer:
                writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
    return scanned


def _read_and_scan(parquet: pq.ParquetFile, group: int) -> int:
    table = parquet.read_row_group(group, columns=["id", "text"], use_threads=False)
    texts = table["text"].combine_chunks()
    bounds = pa.py_buffer(np.array([0, len(texts)], dtype=np.int32))
    # Not pa.array: for that pyarrow would import pandas, which the limit has no use for.
    together = pa.Array.from_buffers(
        pa.list_(pa.binary()), 1, [None, bounds], children=[texts.cast(pa.binary())]
    )
    joined = pc.binary_join(together, b"\xff")
    buffer = joined[0].as_buffer()
    scan: Any = _DATABASE[0].scan  # it takes any buffer, and None where nobody wants to be told
    scan(memoryview(buffer), match_event_handler=None)
    return int(buffer.size)


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:4])))
