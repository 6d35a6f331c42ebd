"""Votes that were cast before are not cast again.

A cell, what one function said of the rows of one shard, hangs on the function's fingerprint, on
the ids, the prepared texts and the columns that this function reads, on what the task makes of
hits, and on the cells of the functions that it reads. So a new function costs one function, a new
shard costs a shard, and another name or place of a file costs nothing.
"""

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from labelmill.config.model import canonical
from labelmill.config.spec import Job
from labelmill.core.batch import Batch
from labelmill.core.digests import canonical_json, digest, digest_bytes
from labelmill.io import durable
from labelmill.io.cells import FILES, Cell, Shelf
from labelmill.io.columns import column_digest
from labelmill.pipeline.bind import SEARCHING_TYPES, BoundJob
from labelmill.pipeline.fingerprint import function_fingerprints, package_version
from labelmill.pipeline.lasting import lasting
from labelmill.pipeline.seen import Seen
from labelmill.pipeline.voting import Ballot, vote

PRINTS = "functions.json"
VERSION = 3
"""Of what stands in a cell; another one makes all cells new."""


def write_prints(job: Job, folder: Path) -> None:
    """Leave a digest of all that each function hangs on, but rows, for processes that label."""
    durable.write_bytes(folder / PRINTS, canonical_json(prints_of(job)).encode())


def prints_of(job: Job) -> dict[str, str]:
    """A digest of all that each function hangs on, but rows."""
    setting = [*setting_of(job).values()]
    return {name: digest([setting, p]) for name, p in function_fingerprints(job).items()}


def setting_of(job: Job) -> dict[str, object]:
    """What all functions of a job hang on."""
    return {
        "versions": [VERSION, *sys.version_info[:2], package_version("spacy")],
        "task": [job.task.type, canonical(job.task.kind)],
        "language": job.language,
        "seed": job.seed,
    }


def cached_vote(
    bound: BoundJob, batch: Batch, prints: Path, shelves: Path
) -> tuple[Ballot, Path, Seen]:
    """Let functions vote on a batch where their votes are not known, and keep what they say.

    Args:
        bound: the job.
        batch: the prepared rows of a shard, without a scan.
        prints: the folder with the functions' fingerprints.
        shelves: where votes are kept, a folder for each shard's rows.

    Returns:
        The same as `vote` gives, the shelf of these rows, and what functions see of them.
    """
    asked = Keys.of(bound, batch, prints)
    keys = asked.cells
    folder, lasts = shelves / asked.rows, lasting(bound.job)
    is_ahead = lasts is not None and lasts.fetch(folder, FILES)
    shelf = Shelf(folder)
    known = shelf.get(list(keys.values()))
    missing = {name for name, key in keys.items() if key not in known}
    cells = {name: known[key] for name, key in keys.items() if key in known}
    types = {function.type for function in bound.job.functions if function.name in missing}
    if types & SEARCHING_TYPES:
        batch = replace(batch, scan=bound.scan)
    ballot = vote(bound, batch, missing, cells)
    shelf.put({keys[name]: cell for name, cell in _cells(bound, ballot, missing)}, keep=known)
    if lasts is not None and (missing or is_ahead):
        lasts.send(folder, FILES)
    return ballot, folder, asked.seen


@dataclass(frozen=True)
class Keys:
    """The keys of the cells of a shard."""

    bound: BoundJob
    batch: Batch
    prints: Mapping[str, str]

    @classmethod
    def of(cls, bound: BoundJob, batch: Batch, folder: Path) -> "Keys":
        """Read the fingerprints; nothing of the batch is looked at yet."""
        return cls(bound, batch, json.loads((folder / PRINTS).read_bytes()))

    @cached_property
    def cells(self) -> dict[str, str]:
        """The key of each function's cell, functions before those that read them."""
        return cell_keys(self.bound, self.prints, self.seen)

    @cached_property
    def rows(self) -> str:
        """A digest of the ids and prepared texts: the name of the rows' shelf."""
        return digest([column_digest(self.batch.ids), column_digest(self.batch.texts)])

    @cached_property
    def seen(self) -> Seen:
        """What the functions see of the rows."""
        needs = [need.columns for need in self.bound.needs.values()]
        names = tuple(sorted(self.batch.columns)) if None in needs else None
        read = {name for columns in needs for name in columns or ()} | set(names or ())
        return Seen(self.rows, {name: self._column(name) for name in sorted(read)}, names)

    def _column(self, name: str) -> str:
        """The digest of a column, "absent" where there is none."""
        column = self.batch.columns.get(name)
        return "absent" if column is None else column_digest(column)


def cell_keys(bound: BoundJob, prints: Mapping[str, str], seen: Seen) -> dict[str, str]:
    """The key of each function's cell, functions before those that read them.

    Args:
        bound: the job.
        prints: a digest of all that each function hangs on, but rows.
        seen: what they see of the rows of a shard, with every column that they read.
    """
    keys: dict[str, str] = {}
    for function in bound.in_order:
        needs = bound.needs[function.name]
        columns = needs.columns if needs.columns is not None else seen.names or ()
        parts = [
            prints[function.name],
            seen.rows,
            [(name, seen.columns[name]) for name in columns],
            bound.meanings[function.name],
            [keys[name] for name in needs.reads],
        ]
        keys[function.name] = digest_bytes(json.dumps(parts).encode())
    return keys


def _cells(bound: BoundJob, ballot: Ballot, names: Collection[str]) -> Iterator[tuple[str, Cell]]:
    """What some functions said; votes stand in the order of the functions."""
    votes = ballot.votes
    ends = np.searchsorted(votes.function, np.arange(len(bound.names) + 1))
    for index, name in enumerate(bound.names):
        if name in names:
            own = votes.between(int(ends[index]), int(ends[index + 1]))
            yield name, Cell(own, tuple(ballot.errors.get(name, ())))
