"""What a run gives back in Python: the published snapshot, opened as Arrow or pandas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.pipeline.outputs import bring

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Dataset:
    """The Parquet parts of one table, in the order of the input."""

    parts: tuple[Path, ...]

    def __len__(self) -> int:
        return sum(pq.read_metadata(part).num_rows for part in self.parts)

    def to_arrow(self) -> pa.Table:
        """The whole table as Arrow; without parts, a table without columns."""
        tables = [pq.read_table(part, use_threads=False) for part in self.parts]
        return pa.concat_tables(tables) if tables else pa.table({})

    def to_pandas(self) -> "pd.DataFrame":
        """The whole table as a pandas DataFrame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published partition (an unpartitioned job has one, with `partition` None)."""

    id: str
    folder: Path
    partition: str | None
    report: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run; `status` is "published", "nothing to do" or "no data".

    `snapshots` are live; `unchanged` has the ids of those that were so before, as they should be.

    Where the job publishes to a store, `output` is the folder of this machine that stands for it;
    tables are read from the store when they are asked for.
    """

    id: str
    status: str
    output: Path
    snapshots: Sequence[Snapshot]
    warnings: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def labels(self) -> Dataset:
        """Every row but filtered ones, with votes, status and soft labels."""
        return self._dataset("labels")

    @property
    def train(self) -> Dataset:
        """The train split, augmented rows included."""
        return self._dataset("train/parquet")

    @property
    def dev(self) -> Dataset:
        """The dev split."""
        return self._dataset("dev/parquet")

    @property
    def test(self) -> Dataset:
        """The test split."""
        return self._dataset("test/parquet")

    def _dataset(self, name: str) -> Dataset:
        parts = [
            part
            for snapshot in self.snapshots
            for part in sorted(bring(snapshot.folder / name).glob("*.parquet"))
        ]
        return Dataset(tuple(parts))
