"""Votes that were cast before are not cast again.

A cell, what one function said of the rows of one shard, hangs on the function's fingerprint, on
the ids, the prepared texts and the columns that this function reads, on what the task makes of
hits, and on the cells of the functions that it reads. So a new function costs one function, a new
shard costs a shard, and another name or place of a file costs nothing.
"""

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from labelmill.config.model import canonical
from labelmill.config.spec import FunctionSpec, Job
from labelmill.core.batch import Batch
from labelmill.core.digests import canonical_json, digest
from labelmill.core.labels import LabelSpace
from labelmill.io import durable
from labelmill.io.cells import Cell, Shelf
from labelmill.io.columns import column_digest
from labelmill.pipeline.bind import SEARCHING_TYPES, BoundJob
from labelmill.pipeline.fingerprint import function_fingerprints, package_version
from labelmill.pipeline.foreign import is_foreign
from labelmill.pipeline.voting import Ballot, vote

PRINTS = "functions.json"
VERSION = 1
"""Of what stands in a cell; another one makes all cells new."""


def write_prints(job: Job, folder: Path) -> None:
    """Leave the fingerprint of every function for the processes that label."""
    prints = {name: digest(parts) for name, parts in function_fingerprints(job).items()}
    durable.write_bytes(folder / PRINTS, canonical_json(prints).encode())


def cached_vote(bound: BoundJob, batch: Batch, prints: Path, shelves: Path) -> tuple[Ballot, Path]:
    """Let functions vote on a batch where their votes are not known, and keep what they say.

    Args:
        bound: the job.
        batch: the prepared rows of a shard, without a scan.
        prints: the folder with the functions' fingerprints.
        shelves: where votes are kept, a folder for each shard's rows.

    Returns:
        The same as `vote` gives, and the shelf of these rows.
    """
    asked = Keys.of(bound, batch, prints)
    keys = asked.cells
    shelf = Shelf(shelves / asked.rows)
    known = shelf.get(list(keys.values()))
    missing = {name for name, key in keys.items() if key not in known}
    cells = {name: known[key] for name, key in keys.items() if key in known}
    types = {function.type for function in bound.job.functions if function.name in missing}
    if types & SEARCHING_TYPES:
        batch = replace(batch, scan=bound.scan)
    ballot = vote(bound, batch, missing, cells)
    shelf.put({keys[name]: cell for name, cell in _cells(bound, ballot, missing)}, keep=known)
    return ballot, shelf.folder


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
        keys: dict[str, str] = {}
        seen = cache(self._column)
        for function in self.bound.in_order():
            needs = self.bound.needs[function.name]
            columns = needs.columns if needs.columns is not None else sorted(self.batch.columns)
            keys[function.name] = digest(
                {
                    "function": self.prints[function.name],
                    "setting": self._setting,
                    "rows": self.rows,
                    "columns": {name: seen(name) for name in columns},
                    "sets": _sets_of(function, self.bound),
                    "reads": [keys[name] for name in needs.reads],
                }
            )
        return keys

    @cached_property
    def rows(self) -> str:
        """A digest of the ids and prepared texts: the name of the rows' shelf."""
        return digest([column_digest(self.batch.ids), column_digest(self.batch.texts)])

    @cached_property
    def _setting(self) -> str:
        job = self.bound.job
        task = [job.task.type, canonical(job.task.kind), job.language, job.seed]
        versions = [VERSION, *sys.version_info[:2], package_version("spacy")]
        return digest([task, versions])

    def _column(self, name: str) -> str:
        """The digest of a column, "absent" where there is none."""
        column = self.batch.columns.get(name)
        return "absent" if column is None else column_digest(column)


def _sets_of(function: FunctionSpec, bound: BoundJob) -> object:
    """What the numbers of label sets mean that a function may vote for."""
    space = bound.space
    if is_foreign(bound.needs[function.name]):
        return _told(space, range(len(space.names), len(space.sets)))
    places = [space.index(target) for target in function.kind.targets()]
    return [places, _told(space, places)]


def _told(space: LabelSpace, places: Iterable[int]) -> list[object]:
    return [[place, space.members(place)] for place in places]


def _cells(bound: BoundJob, ballot: Ballot, names: Collection[str]) -> Iterator[tuple[str, Cell]]:
    """What some functions said; votes stand in the order of the functions."""
    votes = ballot.votes
    ends = np.searchsorted(votes.function, np.arange(len(bound.names) + 1))
    for index, name in enumerate(bound.names):
        if name in names:
            own = votes.between(int(ends[index]), int(ends[index + 1]))
            yield name, Cell(own, tuple(ballot.errors.get(name, ())))
