"""Global steps over row keys: unique ids, exact duplicates, near-duplicate groups.

Each shard leaves a small file of hashes; the steps here read those files only, a bucket of keys
at a time, and leave a file of decisions for each shard. "First" always means the earliest
partition, then the smallest id, then the smallest text hash: never the order of arrival.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, keys_of, wide_keys
from labelmill.io.durable import write_arrow
from labelmill.io.work import read_arrow
from labelmill.text.near_duplicates import BANDS, band_keys

BUCKET_ROWS = 2_000_000
DUPLICATE_ID = "unique_ids"
_ODD_SPACE = r"[\x00-\x1f]|  |^ | $"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of one shard: where they lie, where its decisions go, and its partition.

    `texts` reads the texts of the shard, for keys that were not written.
    """

    keys: Path
    decisions: Path
    partition: str
    rows: int
    texts: Callable[[], pa.Array]


def folded(text: str) -> str:
    r"""A text without regard to case and white space: what the group `exact` compares.

    Example:
        >>> folded("Nice\n SONG ")
        'nice song'
    """
    return " ".join(text.casefold().split())


def folded_texts(texts: pa.Array) -> pa.Array:
    """Texts as `folded` makes them; those in ASCII with single spaces take a short way.

    Example:
        >>> folded_texts(pa.array(["Nice Song ", "Stra\u00dfe", "a B"])).to_pylist()
        ['nice song', 'strasse', 'a b']
    """
    lowered = pc.ascii_lower(texts)
    odd = np.asarray(pc.match_substring_regex(texts, _ODD_SPACE), dtype=np.bool_)
    odd |= ~np.asarray(pc.string_is_ascii(texts), dtype=np.bool_)
    if not odd.any():
        return lowered
    mask = pa.array(odd)
    others = [folded(text) for text in texts.filter(mask).to_pylist()]
    return pc.replace_with_mask(lowered, mask, pa.array(others, pa.string()))


def write_keys(
    path: Path, batch: Batch, rows: npt.NDArray[np.int64], *, group: str, duplicates: bool
) -> None:
    """Write the keys of a shard's readable rows.

    Args:
        path: the file.
        batch: the rows.
        rows: their places in the shard, [n_batch].
        group: what keeps rows in one split; says which keys are needed.
        duplicates: whether exact duplicates are dropped; keys of texts are needed then.
    """
    columns = {
        "row": pa.array(rows),
        "id": batch.ids,
        "id_key": pa.array(keys_of(batch.ids)),
    }
    if duplicates or group == "near_duplicates":
        columns |= _text_keys(batch.texts)
    if group == "exact":
        columns["folded_key"] = pa.array(keys_of(folded_texts(batch.texts)))
    if group == "near_duplicates":
        keys = band_keys(batch.texts)
        columns |= {f"band_{b}": pa.array(keys[:, b]) for b in range(BANDS)}
    write_arrow(path, pa.table(columns))


def _text_keys(texts: pa.Array) -> dict[str, pa.Array]:
    keys = wide_keys(texts)
    return {"text_key": pa.array(keys[:, 0]), "text_key_2": pa.array(keys[:, 1])}


def decide(files: Sequence[KeyFile], *, drop_duplicates: str | None, group: str) -> dict[str, int]:
    """Decide for every row whether it is taken out, and which group keeps it together.

    What is decided for a shard is read with `read_decisions`. It stands in the shard's decisions
    file; none is written where every row stays and groups are what the shard's keys say.

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
    step[_repeats(files, ("id_key", "id"), step > 0)] = 1
    if drop_duplicates is not None:
        step[_repeats(files, ("text_key", "text_key_2"), step > 0)] = 2
    near = _near_groups(files, step > 0) if group == "near_duplicates" else None
    for file, start in zip(files, starts[:-1].tolist(), strict=True):
        of_file = step[start : start + file.rows]
        if near is None and not of_file.any():
            continue
        groups = (
            read_arrow(file.keys)[_group_key(group)]
            if near is None
            else pa.array(near[start : start + file.rows])
        )
        write_arrow(file.decisions, _decisions(of_file, groups, drop_duplicates))
    names = {1: DUPLICATE_ID, 2: drop_duplicates or ""}
    return {names[s]: int((step == s).sum()) for s in (1, 2) if (step == s).any()}


def read_decisions(keys: Path, decisions: Path, group: str) -> pa.Table:
    """What was decided for the rows of a shard.

    Args:
        keys: the shard's keys file.
        decisions: its decisions file, if there is one.
        group: as it was given to `decide`.

    Returns:
        The columns `step` and `reason` (null for rows that stay) and `group` (a 64-bit key).
    """
    if decisions.exists():
        return read_arrow(decisions)
    groups = read_arrow(keys)[_group_key(group)]
    none = pa.nulls(len(groups), pa.string())
    return pa.table({"step": none, "reason": none, "group": groups})


def taken_out(decisions: pa.Table, rows: npt.NDArray[np.int64], step: str, reason: str) -> pa.Table:
    """Decisions under which some more rows [n_rows] are taken out."""
    gone = np.zeros(len(decisions), dtype=np.bool_)
    gone[rows] = True
    for name, value in (("step", step), ("reason", reason)):
        column = pc.if_else(pa.array(gone), pa.scalar(value), decisions[name])
        decisions = decisions.set_column(decisions.schema.get_field_index(name), name, column)
    return decisions


def _group_key(group: str) -> str:
    return "id_key" if group == "id" else "folded_key"


def _decisions(
    step: npt.NDArray[np.int8],
    groups: pa.ChunkedArray | pa.Array,
    duplicates: str | None,
) -> pa.Table:
    steps = [None, DUPLICATE_ID, duplicates]
    reasons = [None, "an earlier row has this id", "an earlier row has this text"]
    codes = pa.array(step)
    return pa.table(
        {
            "step": pa.array(steps, pa.string()).take(codes),
            "reason": pa.array(reasons, pa.string()).take(codes),
            "group": groups,
        }
    )


def _repeats(
    files: Sequence[KeyFile], keys: tuple[str, str], gone: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Global row numbers of all but the first row with each pair of keys; `gone` do not count.

    Rows whose first key stands nowhere else are passed over; only the others are looked at.
    """
    n_buckets = max(1, -(-len(gone) // BUCKET_ROWS))
    found = [np.zeros(0, dtype=np.int64)]
    for bucket in range(n_buckets):
        own = [_of_bucket(_key(file, keys[0]), bucket, n_buckets) for file in files]
        values = np.concatenate([np.zeros(0, dtype=np.uint64), *own])
        values.sort()
        twice = np.unique(values[1:][values[1:] == values[:-1]])
        candidates = list(_candidates(files, keys, gone, twice)) if len(twice) else []
        if candidates:
            found.append(_repeats_in(pa.concat_tables(candidates), keys))
    return np.concatenate(found)


def _of_bucket(keys: UInt64, bucket: int, n_buckets: int) -> UInt64:
    return keys if n_buckets == 1 else keys[keys % np.uint64(n_buckets) == bucket]


def _key(file: KeyFile, name: str) -> UInt64:
    return np.asarray(read_arrow(file.keys)[name].to_numpy(), dtype=np.uint64)


def _candidates(
    files: Sequence[KeyFile],
    keys: tuple[str, str],
    gone: npt.NDArray[np.bool_],
    values: UInt64,
) -> Iterator[pa.Table]:
    """The rows whose first key is one of some values, with what decides which comes first."""
    names = list(dict.fromkeys(["id", "text_key", "text_key_2", *keys]))
    start = 0
    for file in files:
        table = read_arrow(file.keys)
        first = table[keys[0]].to_numpy()
        near = np.minimum(np.searchsorted(values, first), len(values) - 1)
        places = np.flatnonzero((values[near] == first) & ~gone[start : start + file.rows])
        if len(places):
            found = _with_text_keys(table, file).select(names).take(pa.array(places))
            partition = pa.repeat(pa.scalar(file.partition, pa.string()), len(places))
            found = found.append_column("place", pa.array(places + start))
            yield found.append_column("partition", partition)
        start += file.rows


def _with_text_keys(table: pa.Table, file: KeyFile) -> pa.Table:
    """Keys with those of texts, which are worked out now if they were not written."""
    if "text_key" in table.column_names:
        return table
    for name, keys in _text_keys(file.texts()).items():
        table = table.append_column(name, keys)
    return table


def _repeats_in(table: pa.Table, keys: tuple[str, str]) -> npt.NDArray[np.int64]:
    firsts = ["partition", "id", "text_key", "text_key_2", "place"]
    order = list(dict.fromkeys([*keys, *firsts]))
    table = table.sort_by([(name, "ascending") for name in order])
    same = np.ones(max(0, len(table) - 1), dtype=np.bool_)
    for name in keys:
        column = table[name].combine_chunks()
        equal = pc.equal(column.slice(1), column.slice(0, max(0, len(column) - 1)))
        same &= equal.to_numpy(zero_copy_only=False)
    return np.asarray(table["place"].to_numpy()[1:][same], dtype=np.int64)


def _near_groups(files: Sequence[KeyFile], gone: npt.NDArray[np.bool_]) -> UInt64:
    """The id key of the first member of each row's group of near duplicates, [n_rows]."""
    from scipy.sparse import coo_array  # noqa: PLC0415 (heavy)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    rank, keys = _ranks(files)
    left, right = zip(*_neighbours(files, rank, gone), strict=True)
    pairs = (np.concatenate(left), np.concatenate(right))
    graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(len(rank),) * 2)
    _, component = connected_components(graph, directed=False)
    by_rank = np.argsort(rank)
    first = np.full(component.max(initial=-1) + 1, -1, dtype=np.int64)
    first[component[by_rank[::-1]]] = by_rank[::-1]
    return np.asarray(keys[first[component]], dtype=np.uint64)


def _neighbours(
    files: Sequence[KeyFile], rank: npt.NDArray[np.int64], gone: npt.NDArray[np.bool_]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """For each band, pairs of rows that have one key and follow each other by rank."""
    for band in range(BANDS):
        values = np.concatenate([_key(file, f"band_{band}") for file in files])
        order = np.lexsort((rank, values))
        order = order[~gone[order]]
        same = values[order[1:]] == values[order[:-1]]
        yield order[:-1][same], order[1:][same]


def _ranks(files: Sequence[KeyFile]) -> tuple[npt.NDArray[np.int64], UInt64]:
    """Each row's place in the order (partition, id, text), [n_rows], and its id key."""
    names = ["id", "text_key", "text_key_2"]
    table = pa.concat_tables(
        read_arrow(file.keys)
        .select(names)
        .append_column("partition", pa.repeat(pa.scalar(file.partition, pa.string()), file.rows))
        for file in files
    )
    order = pc.sort_indices(
        table, [(name, "ascending") for name in ("partition", *names)]
    ).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank, np.concatenate([_key(file, "id_key") for file in files])
