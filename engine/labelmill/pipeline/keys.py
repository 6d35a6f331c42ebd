"""Global steps over row keys: unique ids, exact duplicates, near-duplicate groups.

Each shard leaves a small file of hashes; the steps here read those files only, a bucket of keys
at a time, and leave a file of decisions for each shard. "First" always means the earliest
partition, then the smallest id, then the smallest text hash: never the order of arrival.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelmill.core.batch import Batch
from labelmill.io.durable import write_table
from labelmill.text.near_duplicates import BANDS, band_keys

BUCKET_ROWS = 2_000_000
DUPLICATE_ID = "unique_ids"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of one shard: where they lie, where its decisions go, and its partition."""

    keys: Path
    decisions: Path
    partition: str
    rows: int


def hash_key(value: object) -> bytes:
    """A 128-bit hash of a value and its type.

    Example:
        >>> hash_key(1) == hash_key("1"), len(hash_key("a"))
        (False, 16)
    """
    data = f"{type(value).__name__}:{value}".encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=16).digest()


def folded(text: str) -> str:
    r"""A text without regard to case and white space: what the group `exact` compares.

    Example:
        >>> folded("Nice\n SONG ")
        'nice song'
    """
    return " ".join(text.casefold().split())


def write_keys(path: Path, batch: Batch, rows: npt.NDArray[np.int64], *, bands: bool) -> None:
    """Write the keys of a shard's readable rows; `rows` [n_batch] are their places in it."""
    ids = batch.ids.to_pylist()
    columns = {
        "row": pa.array(rows),
        "id": batch.ids,
        "id_key": pa.array([hash_key(i) for i in ids], pa.binary(16)),
        "text_key": pa.array([hash_key(text) for text in batch.strings], pa.binary(16)),
        "folded_key": pa.array([hash_key(folded(text)) for text in batch.strings], pa.binary(16)),
    }
    if bands:
        keys = band_keys(batch.strings)
        columns |= {f"band_{b}": pa.array(keys[:, b]) for b in range(BANDS)}
    write_table(path, pa.table(columns))


def decide(files: Sequence[KeyFile], *, drop_duplicates: str | None, group: str) -> dict[str, int]:
    """Decide for every row whether it is taken out, and which group keeps it together.

    Writes a decisions file for each shard, with columns `row`, `step` and `reason` (null for
    rows that stay) and `group` (16 bytes).

    Args:
        files: the key files of all shards.
        drop_duplicates: name of the step that drops exact duplicates, if the job has one.
        group: `id`, `exact` or `near_duplicates`.

    Returns:
        How many rows each step took out.
    """
    n_rows = sum(file.rows for file in files)
    starts = np.cumsum([0, *(file.rows for file in files)])
    step = np.zeros(n_rows, dtype=np.int8)
    step[_repeats(files, "id_key", np.zeros(n_rows, dtype=np.bool_))] = 1
    if drop_duplicates is not None:
        step[_repeats(files, "text_key", step > 0)] = 2
    near = _near_groups(files, step > 0) if group == "near_duplicates" else None
    key = "id_key" if group == "id" else "folded_key"
    for file, start in zip(files, starts[:-1].tolist(), strict=True):
        table = pq.read_table(file.keys, columns=["row", key], use_threads=False)
        of_file = step[start : start + file.rows]
        groups = table[key].combine_chunks() if near is None else near.slice(start, file.rows)
        write_table(file.decisions, _decisions(table["row"], of_file, groups, drop_duplicates))
    names = {1: DUPLICATE_ID, 2: drop_duplicates or ""}
    return {names[s]: int((step == s).sum()) for s in (1, 2) if (step == s).any()}


def _decisions(
    rows: pa.ChunkedArray, step: npt.NDArray[np.int8], groups: pa.Array, duplicates: str | None
) -> pa.Table:
    steps = [None, DUPLICATE_ID, duplicates]
    reasons = [None, "an earlier row has this id", "an earlier row has this text"]
    return pa.table(
        {
            "row": rows,
            "step": pa.array([steps[s] for s in step.tolist()], pa.string()),
            "reason": pa.array([reasons[s] for s in step.tolist()], pa.string()),
            "group": groups,
        }
    )


def _repeats(
    files: Sequence[KeyFile], key: str, gone: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Global row numbers of all but the first row with each key; `gone` rows do not count."""
    n_buckets = max(1, -(-len(gone) // BUCKET_ROWS))
    found = [
        _repeats_in(_bucket(files, key, gone, bucket, n_buckets), key)
        for bucket in range(n_buckets)
    ]
    return np.concatenate(found)


def _bucket(
    files: Sequence[KeyFile],
    key: str,
    gone: npt.NDArray[np.bool_],
    bucket: int,
    n_buckets: int,
) -> pa.Table:
    parts, start = [], 0
    for file in files:
        table = pq.read_table(
            file.keys, columns=list(dict.fromkeys(["id", "text_key", key])), use_threads=False
        )
        heads = np.frombuffer(b"".join(k[:4] for k in table[key].to_pylist()), dtype="<u4")
        mask = (heads % n_buckets == bucket) & ~gone[start : start + file.rows]
        table = table.append_column("place", pa.array(np.arange(start, start + file.rows)))
        table = table.append_column(
            "partition", pa.array([file.partition] * file.rows, pa.string())
        )
        parts.append(table.filter(pa.array(mask)))
        start += file.rows
    return pa.concat_tables(parts)


def _repeats_in(table: pa.Table, key: str) -> npt.NDArray[np.int64]:
    order = list(dict.fromkeys([key, "partition", "id", "text_key", "place"]))
    table = table.sort_by([(name, "ascending") for name in order])
    keys = table[key].combine_chunks()
    same = pc.equal(keys.slice(1), keys.slice(0, max(0, len(keys) - 1)))
    places = table["place"].to_numpy()[1:]
    return np.asarray(places[same.to_numpy(zero_copy_only=False)], dtype=np.int64)


def _near_groups(files: Sequence[KeyFile], gone: npt.NDArray[np.bool_]) -> pa.Array:
    """The id key of the first member of each row's group of near duplicates, [n_rows]."""
    from scipy.sparse import coo_array  # noqa: PLC0415 (heavy)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    rank, keys = _ranks(files)
    left, right = [], []
    for band in range(BANDS):
        values = np.concatenate(
            [
                pq.read_table(file.keys, columns=[f"band_{band}"], use_threads=False)
                .column(0)
                .to_numpy()
                for file in files
            ]
        )
        order = np.lexsort((rank, values))
        order = order[~gone[order]]
        same = values[order[1:]] == values[order[:-1]]
        left.append(order[:-1][same])
        right.append(order[1:][same])
    pairs = (np.concatenate(left), np.concatenate(right))
    graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(len(rank),) * 2)
    _, component = connected_components(graph, directed=False)
    by_rank = np.argsort(rank)
    first = np.full(component.max(initial=-1) + 1, -1, dtype=np.int64)
    first[component[by_rank[::-1]]] = by_rank[::-1]
    return keys.take(pa.array(first[component]))


def _ranks(files: Sequence[KeyFile]) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Each row's place in the order (partition, id, text), [n_rows], and its id key."""
    table = pa.concat_tables(
        pq.read_table(
            file.keys, columns=["id", "id_key", "text_key"], use_threads=False
        ).append_column("partition", pa.array([file.partition] * file.rows, pa.string()))
        for file in files
    )
    order = pc.sort_indices(
        table, [(name, "ascending") for name in ("partition", "id", "text_key")]
    ).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank, table["id_key"].combine_chunks()
