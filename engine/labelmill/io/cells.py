"""Votes that outlive a run: what one function said of the rows of one shard is a cell.

    <shelf>/<digest of the rows>/<n>.<digest>.arrow    one record batch, the cells one after the
                                                       other; which rows are whose, in the metadata

A file appears whole or not at all, and says itself which cells it holds; there is no index that
could disagree with it. One whose bytes are not those that its name tells of holds nothing, nor
does one of another user. Several processes may work on one
shelf: what one of them loses to another is cast again when it is next asked for, and never wrong.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from xxhash import xxh3_128_hexdigest

from labelmill.core.votes import RowError, Votes
from labelmill.io.durable import new_file, remove_folder
from labelmill.io.trust import is_ours

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
FILES = "*.*.arrow"
MOST_FILES = 4
"""From so many files on the cells of a shard are put into one."""
COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")

_Told = dict[str, Any]
"""What a file says of one cell: its key, the first row and the one after the last, its errors."""


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
        self._where: dict[str, tuple[_File, _Told]] = {}
        self._files = sorted(folder.glob(FILES), key=_number)
        for reader in filter(None, map(_opened, self._files)):
            file = _File(reader)
            for told in file.told():
                self._where.setdefault(told["key"], (file, told))

    def __contains__(self, key: str) -> bool:
        return key in self._where

    def files(self) -> dict[str, set[str]]:
        """The keys of the cells in each file, by its name; none of one that is not believed."""
        found = {path.name: _opened(path) for path in self._files}
        return {
            name: set() if reader is None else {told["key"] for told in _File(reader).told()}
            for name, reader in found.items()
        }

    def get(self, keys: Sequence[str]) -> dict[str, Cell]:
        """The cells that are there, by key."""
        found = {key: self._where[key] for key in keys if key in self._where}
        return {key: file.cell(told) for key, (file, told) in found.items()}

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
        _write(self.folder, number, {**(keep or {}), **cells} if crowded else cells)
        for path in self._files if crowded else ():
            remove_folder(path)


def _number(path: Path) -> int:
    number = path.name.partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _opened(path: Path) -> Any:
    """A reader of a file that is ours and still has the bytes that its name tells of, or None.

    Damaged bytes are not given to Arrow, which may ask for any amount of memory then, or crash.
    """
    try:
        if not is_ours(path):
            return None
        with pa.memory_map(str(path)) as file:
            content = file.read_buffer()
    except (OSError, pa.ArrowInvalid):
        return None
    if _name(_number(path), content) != path.name:
        return None
    return pa.ipc.open_file(content)


def _name(number: int, content: pa.Buffer) -> str:
    return f"{number}.{xxh3_128_hexdigest(content)}.arrow"


class _File:
    """A file of cells that is open; its votes are read when the first of them is asked for."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def told(self) -> list[_Told]:
        return list(json.loads(self._reader.schema.metadata[CELLS]))

    def cell(self, told: _Told) -> Cell:
        errors = tuple(RowError(int(doc), why, text) for doc, why, text in told["errors"])
        return Cell(self._votes.between(told["start"], told["stop"]), errors)

    @cached_property
    def _votes(self) -> Votes:
        batch = self._reader.get_batch(0)
        doc, label, start, end = (
            np.asarray(batch[name].to_numpy(), dtype=np.int32) for name in SCHEMA.names[:-1]
        )
        return Votes(doc, np.zeros(len(doc), dtype=np.int32), label, start, end, batch["entry"])


def _write(folder: Path, number: int, cells: Mapping[str, Cell]) -> None:
    ordered = sorted(cells)
    bounds = np.cumsum([0, *(len(cells[key].votes) for key in ordered)]).tolist()
    told = [
        {
            "key": key,
            "start": start,
            "stop": stop,
            "errors": [[e.doc, e.reason, e.message] for e in cells[key].errors],
        }
        for key, (start, stop) in zip(ordered, pairwise(bounds), strict=True)
    ]
    v = Votes.joined([cells[key].votes for key in ordered])
    schema = SCHEMA.with_metadata({CELLS: json.dumps(told)})
    columns = [*map(pa.array, (v.doc, v.label, v.start, v.end)), v.entry]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema, options=COMPRESSION) as writer:
        writer.write_batch(pa.record_batch(columns, schema=schema))
    content = sink.getvalue()
    with new_file(folder / _name(number, content)) as file:
        file.write(content)
