"""Looking for leaks: rows of one split that stand in another, found in what was written."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from labelmill.core.hashes import UInt64, keys_of
from labelmill.core.schema import SPLITS
from labelmill.io.columns import one_chunk
from labelmill.pipeline.keys import folded_texts


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
