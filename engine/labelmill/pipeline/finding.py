"""Finding rows of the source by their ids; other rows are passed over."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from labelmill.errors import UsageError, nearest
from labelmill.io.shard_reader import ShardReader, read_shard
from labelmill.io.source import Shard
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.plan import Plan
from labelmill.pipeline.rows import source_columns, with_partition

MOST_KNOWN = 2_000
"""Among so many ids of the source the nearest to one that is not there is looked for."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One row of the source, as a table with the columns that the job reads, and its shard."""

    id: str
    shard: Shard
    table: pa.Table


def find_rows(bound: BoundJob, plan: Plan, ids: Sequence[str]) -> list[FoundRow]:
    """The rows with some ids, in the order of the ids; ids are read until all are found.

    An id that stands on several rows of a shard gives all of them.

    Raises:
        UsageError: if an id is not there; names near ones.
    """
    wanted = list(dict.fromkeys(ids))
    found: dict[str, list[FoundRow]] = {}
    known: list[str] = []
    reader = ShardReader()
    try:
        for shard in plan.shards:
            column = reader.read(shard, [bound.job.source.id])[bound.job.source.id]
            names = column.cast(pa.string())
            known += names.slice(0, max(0, MOST_KNOWN - len(known))).drop_null().to_pylist()
            places = pc.is_in(names, pa.array(wanted, pa.string()))
            if pc.any(places).as_py():
                for row in _rows_of(bound, plan, shard, places):
                    found.setdefault(row.id, []).append(row)
            if len(found) == len(wanted):
                break
    finally:
        reader.close()
    missing = [id_ for id_ in wanted if id_ not in found]
    if missing:
        raise UsageError(_missing(bound.job.source.path, missing[0], known))
    return [row for id_ in wanted for row in found[id_]]


def read_whole(bound: BoundJob, plan: Plan, shard: Shard) -> pa.Table:
    """The columns of a shard that the job reads."""
    source = bound.job.source
    names = [source.id, source.text, *source_columns(bound, plan.schema)]
    return with_partition(bound, read_shard(shard, list(dict.fromkeys(names))), shard)


def _rows_of(bound: BoundJob, plan: Plan, shard: Shard, places: pa.ChunkedArray) -> list[FoundRow]:
    table = read_whole(bound, plan, shard).filter(places).combine_chunks()
    ids = table[bound.job.source.id].cast(pa.string()).to_pylist()
    return [FoundRow(id_, shard, table.slice(i, 1).combine_chunks()) for i, id_ in enumerate(ids)]


def _missing(path: str, id_: str, known: Sequence[str]) -> str:
    hint = nearest(id_, known)
    if not hint and known:
        hint = f" (the first ids there: {', '.join(known[:SHOWN])})"
    return f"no row of {path} has the id '{id_}'{hint}"
