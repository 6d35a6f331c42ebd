"""Where the files of a shard lie between stages, and how its rows are read."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from labelmill.io.source import Shard
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.deadly import read_deadly
from labelmill.pipeline.keys import KeyFile
from labelmill.pipeline.rows import Rows, read_rows, source_columns, with_partition

_SUFFIXES = {
    "patterns": "npy",
    "gold": "npy",
    "votes": "arrow",
    "keys": "arrow",
    "decisions": "arrow",
    "sample": "arrow",
    "gold_texts": "arrow",
}

_OF_LABELING = frozenset({"votes", "patterns", "keys", "quarantine", "deadly"})


@dataclass(frozen=True, slots=True)
class Work:
    """Where the files of one shard lie between stages.

    Shards with the same `run` are best read by one process. A shard of `gold` is one of the
    labeled set. Votes are kept for later runs in `shelves`, and what the label stage leaves in
    `kept`, where these are given.
    """

    folder: Path
    shard: Shard
    number: int
    run: int = 0
    gold: bool = False
    shelves: Path | None = None
    kept: Path | None = None

    def file(self, kind: str) -> Path:
        """The work file of a kind, for example votes, patterns, keys or decisions."""
        suffix = _SUFFIXES.get(kind, "parquet")
        if self.kept is not None and kind in _OF_LABELING:
            return self.kept / f"{kind}.{suffix}"
        return self.folder / f"{kind}-{self.number:05}.{suffix}"

    @property
    def part(self) -> str:
        """Name of this shard's part in the output."""
        return f"part-{self.number:05}.parquet"


@dataclass(frozen=True, slots=True)
class FittedFiles:
    """Where what a run has fitted lies: the label model, and the refinement where it has one."""

    model: Path
    refinement: Path | None = None

    def all(self) -> tuple[Path, ...]:
        """The files that there are."""
        return (self.model,) if self.refinement is None else (self.model, self.refinement)


def rows_of(bound: BoundJob, work: Work, *, scanned: bool = True) -> Rows:
    """The prepared rows of a shard; `scanned` where functions will search their texts."""
    table = table_of(bound, work.shard)
    deadly = read_deadly(work.file("deadly"))
    return read_rows(bound, table, work.shard.file.name, deadly, scanned=scanned)


def key_file(bound: BoundJob, work: Work, partition: str, rows: int) -> KeyFile:
    """The keys of a shard with so many readable rows, and where goes what is decided on them."""
    texts = partial(texts_of, bound, work)
    return KeyFile(work.file("keys"), work.file("decisions"), partition, rows, texts)


def texts_of(bound: BoundJob, work: Work) -> pa.Array:
    """The prepared texts of a shard's readable rows."""
    return rows_of(bound, work, scanned=False).batch.texts


def table_of(bound: BoundJob, shard: Shard) -> pa.Table:
    """The columns of a shard that the job reads, as they are in the source."""
    source = bound.job.source
    schema = bound.reader.schema(shard.file)
    columns = list(dict.fromkeys([source.id, source.text, *source_columns(bound, schema)]))
    return with_partition(bound, bound.reader.read(shard, columns), shard)
