"""Looking for leaks: rows of one split that stand in another, found in what was written."""

from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from labelmill.core.facts import NearDuplicates
from labelmill.core.hashes import UInt64, keys_of
from labelmill.core.schema import SPLITS
from labelmill.core.tables import Tables
from labelmill.io.columns import one_chunk
from labelmill.pipeline.keys import folded_texts
from labelmill.text.near_duplicates import BANDS, band_keys


def find_leaks(snapshot: Path) -> tuple[str, ...]:
    """Sentences about origins and texts that stand in more than one split; empty is good.

    Texts are compared as the group `exact` compares them, so that a row which only the group `id`
    kept apart from its copy is found.
    """
    keys = {split: _keys(snapshot / split / "parquet") for split in SPLITS}
    leaks = []
    for left, right in combinations(SPLITS, 2):
        for what in ("origin", "text"):
            shared = np.intersect1d(keys[left][what], keys[right][what])
            if len(shared):
                leaks.append(f"{len(shared)} {what}s stand in both {left} and {right}")
    return tuple(leaks)


def _keys(folder: Path) -> dict[str, UInt64]:
    origins, texts = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.uint64)]
    for part in sorted(folder.glob("*.parquet")):
        table = pq.read_table(part, columns=["origin", "text"], use_threads=False)
        origins.append(keys_of(one_chunk(table["origin"])))
        texts.append(keys_of(folded_texts(one_chunk(table["text"]))))
    return {"origin": np.concatenate(origins), "text": np.concatenate(texts)}


def find_near_duplicates(tables: Tables) -> NearDuplicates:
    """Count the rows of dev and test that have a near duplicate in a split before theirs.

    Two texts are near duplicates as the group `near_duplicates` says: they share the key of a band.
    The keys of dev and test are held in memory, those of train never all at once.
    """
    held = {split: _bands(tables, split) for split in SPLITS[1:]}
    found = {split: np.zeros(len(keys), dtype=np.bool_) for split, keys in held.items()}
    for batch in tables.batches("train", ["text"]):
        keys = band_keys(batch["text"])
        for split, own in held.items():
            found[split] |= _meet(own, keys)
    found["test"] |= _meet(held["test"], held["dev"])
    rows = sum(len(keys) for keys in held.values())
    return NearDuplicates(rows, int(sum(mask.sum() for mask in found.values())))


def _bands(tables: Tables, split: str) -> UInt64:
    keys = [band_keys(batch["text"]) for batch in tables.batches(split, ["text"])]
    return np.concatenate([np.zeros((0, BANDS), dtype=np.uint64), *keys])


def _meet(own: UInt64, others: UInt64) -> npt.NDArray[np.bool_]:
    """Which rows share a band's key with one of some others, [n_own]."""
    met = np.zeros(len(own), dtype=np.bool_)
    for band in range(BANDS):
        met |= np.isin(own[:, band], others[:, band])
    return met
