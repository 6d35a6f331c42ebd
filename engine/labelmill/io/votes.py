"""Votes and vote patterns on disk, between the stages of a run."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.core.patterns import VotePatterns
from labelmill.core.votes import Votes
from labelmill.io.durable import new_file, parquet_writer

SCHEMA = pa.schema(
    [
        ("doc", pa.int32()),
        ("function", pa.int32()),
        ("label", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("entry", pa.string()),
    ]
)


def write_votes(path: Path, votes: Votes, n_functions: int) -> None:
    """Write the votes of a shard, one row group for each function."""
    columns = [votes.doc, votes.function, votes.label, votes.start, votes.end]
    table = pa.Table.from_arrays([*map(pa.array, columns), votes.entry], schema=SCHEMA)
    bounds = np.searchsorted(votes.function, np.arange(n_functions + 1))
    with new_file(path) as file, parquet_writer(file, SCHEMA) as writer:
        for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            writer.write_table(
                table.slice(start, stop - start), row_group_size=max(1, stop - start)
            )


def read_votes(path: Path) -> Votes:
    """Read the votes of a shard."""
    table = pq.read_table(path, use_threads=False).combine_chunks()
    numbers = [table[name].to_numpy() for name in SCHEMA.names[:-1]]
    doc, function, label, start, end = (np.asarray(a, dtype=np.int32) for a in numbers)
    chunks = table["entry"].chunks
    entry = chunks[0] if chunks else pa.array([], pa.string())
    return Votes(doc, function, label, start, end, entry)


def write_patterns(path: Path, patterns: VotePatterns) -> None:
    """Write the vote patterns of a shard."""
    arrays: dict[str, Any] = {
        "indptr": patterns.indptr,
        "function": patterns.function,
        "label": patterns.label,
        "counts": patterns.counts,
        "index": patterns.index,
    }
    if patterns.sequences is not None:
        arrays["sequences"] = patterns.sequences
    with new_file(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_patterns(path: Path) -> VotePatterns:
    """Read the vote patterns of a shard."""
    with np.load(path, allow_pickle=False) as arrays:
        return VotePatterns(
            arrays["indptr"],
            arrays["function"],
            arrays["label"],
            arrays["counts"],
            arrays["index"],
            arrays["sequences"] if "sequences" in arrays.files else None,
        )
