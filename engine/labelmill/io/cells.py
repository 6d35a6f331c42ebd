"""Votes that outlive a run: what one function said of the rows of one shard is a cell.

    <shelf>/<digest of the rows>/<n>.arrow      one record batch a cell, its key in the metadata

A file appears whole or not at all, and says itself which cells it holds; there is no index that
could disagree with it. A file that cannot be read holds nothing. Several processes may work on one
shelf: what one of them loses to another is cast again when it is next asked for, and never wrong.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from labelmill.core.votes import RowError, Votes
from labelmill.io.columns import one_chunk
from labelmill.io.durable import new_file, remove_folder

SCHEMA = pa.schema(
    [
        ("doc", pa.int32()),
        ("label", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("entry", pa.string()),
    ]
)
CELLS = b"labelmill.cells"
MOST_FILES = 4
"""From so many files on the cells of a shard are put into one."""
COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a function said of the rows of a shard: its votes, and the rows that it failed on.

    The votes carry 0 as their function: which one it is depends on the job that asks.
    """

    votes: Votes
    errors: tuple[RowError, ...] = ()

    def of(self, function: int) -> Votes:
        """The votes of a function by its index in a job."""
        v = self.votes
        index = np.full(len(v), function, dtype=np.int32)
        return Votes(v.doc, index, v.label, v.start, v.end, v.entry)


class Shelf:
    """The cells of one shard's rows.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     shelf = Shelf(Path(folder))
        ...     shelf.put({"a" * 64: Cell(Votes.none())})
        ...     sorted(Shelf(Path(folder)).get(["a" * 64, "b" * 64]))[0][:3]
        'aaa'
    """

    def __init__(self, folder: Path) -> None:
        """Look at what is there; no vote is read yet."""
        self.folder = folder
        self._where: dict[str, tuple[Path, int]] = {}
        self._files: list[Path] = []
        for path in sorted(folder.glob("*.arrow"), key=_number):
            self._files.append(path)
            for place, told in enumerate(_cells_in(path)):
                self._where.setdefault(told["key"], (path, place))

    def __contains__(self, key: str) -> bool:
        return key in self._where

    def get(self, keys: Sequence[str]) -> dict[str, Cell]:
        """The cells that are there, by key; those of a file that went bad are not."""
        found: dict[str, Cell] = {}
        for path in {self._where[key][0] for key in keys if key in self._where}:
            wanted = [key for key in keys if self._where.get(key, (None, 0))[0] == path]
            found |= _read(path, {key: self._where[key][1] for key in wanted})
        return found

    def put(self, cells: Mapping[str, Cell], keep: Mapping[str, Cell] | None = None) -> None:
        """Add cells; where there are many files, put them and those to `keep` into one.

        Args:
            cells: new cells by key.
            keep: cells that were there and are still wanted; others may be given up.
        """
        if not cells:
            return
        number = 1 + max(map(_number, self._files), default=0)
        crowded = len(self._files) + 1 >= MOST_FILES and keep is not None
        _write(self.folder / f"{number}.arrow", {**(keep or {}), **cells} if crowded else cells)
        for path in self._files if crowded else ():
            remove_folder(path)


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else 0


def _cells_in(path: Path) -> list[dict[str, str]]:
    try:
        with pa.memory_map(str(path)) as file:
            told = pa.ipc.open_file(file).schema.metadata[CELLS]
        return list(json.loads(told))
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowInvalid):
        return []


def _read(path: Path, wanted: Mapping[str, int]) -> dict[str, Cell]:
    try:
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            told = json.loads(reader.schema.metadata[CELLS])
            return {
                key: _cell(reader.get_batch(place), told[place]["errors"])
                for key, place in wanted.items()
            }
    except (OSError, ValueError, KeyError, IndexError, pa.ArrowInvalid):
        return {}


def _cell(batch: pa.RecordBatch, errors: Sequence[Sequence[str]]) -> Cell:
    doc, label, start, end = (
        np.asarray(batch[name].to_numpy(), dtype=np.int32) for name in SCHEMA.names[:-1]
    )
    function = np.zeros(len(doc), dtype=np.int32)
    votes = Votes(doc, function, label, start, end, one_chunk(pa.chunked_array([batch["entry"]])))
    return Cell(votes, tuple(RowError(int(doc), why, text) for doc, why, text in errors))


def _write(path: Path, cells: Mapping[str, Cell]) -> None:
    ordered = sorted(cells)
    told = [
        {"key": key, "errors": [[e.doc, e.reason, e.message] for e in cells[key].errors]}
        for key in ordered
    ]
    schema = SCHEMA.with_metadata({CELLS: json.dumps(told)})
    with (
        new_file(path, shared=True) as file,
        pa.ipc.new_file(file, schema, options=COMPRESSION) as writer,
    ):
        for key in ordered:
            v = cells[key].votes
            columns = [*map(pa.array, (v.doc, v.label, v.start, v.end)), v.entry]
            writer.write_batch(pa.record_batch(columns, schema=schema))
