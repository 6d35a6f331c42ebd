"""Votes and vote patterns on disk, between the stages of a run."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.patterns import VotePatterns
from labelmill.core.votes import Votes
from labelmill.io.columns import one_chunk
from labelmill.io.durable import new_file
from labelmill.io.work import read_arrow

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

PATTERN_ARRAYS = ("indptr", "function", "label", "counts", "index")


def write_votes(path: Path, votes: Votes) -> None:
    """Write the votes of a shard."""
    columns = [votes.doc, votes.function, votes.label, votes.start, votes.end]
    batch = pa.record_batch([*map(pa.array, columns), votes.entry], schema=SCHEMA)
    with new_file(path, lasting=False) as file, pa.ipc.new_file(file, SCHEMA) as writer:
        writer.write_batch(batch)


def read_votes(path: Path) -> Votes:
    """Read the votes of a shard."""
    table = read_arrow(path).combine_chunks()
    numbers = [table[name].to_numpy() for name in SCHEMA.names[:-1]]
    doc, function, label, start, end = (np.asarray(a, dtype=np.int32) for a in numbers)
    return Votes(doc, function, label, start, end, one_chunk(table["entry"]))


def write_patterns(path: Path, patterns: VotePatterns) -> None:
    """Write the vote patterns of a shard: their arrays one after the other."""
    arrays = [getattr(patterns, name) for name in PATTERN_ARRAYS]
    arrays += [] if patterns.sequences is None else [patterns.sequences]
    with new_file(path, lasting=False) as file:
        for array in arrays:
            np.save(file, array, allow_pickle=False)


def write_labels(path: Path, labels: npt.NDArray[np.int64]) -> None:
    """Write the known labels of the items of a shard."""
    with new_file(path, lasting=False) as file:
        np.save(file, labels, allow_pickle=False)


def read_labels(path: Path) -> npt.NDArray[np.int64]:
    """Read the known labels of the items of a shard."""
    labels: npt.NDArray[np.int64] = np.load(path, allow_pickle=False)
    return labels


def read_patterns(path: Path) -> VotePatterns:
    """Read the vote patterns of a shard."""
    size = path.stat().st_size
    with path.open("rb") as file:
        arrays = {name: np.load(file, allow_pickle=False) for name in PATTERN_ARRAYS}
        sequences = np.load(file, allow_pickle=False) if file.tell() < size else None
    return VotePatterns(**arrays, sequences=sequences)
