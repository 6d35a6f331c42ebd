"""Looking for leaks: rows of one split that stand in another, found in what was written."""

from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from labelmill.core.schema import SPLITS
from labelmill.core.seeds import keyed_hash
from labelmill.pipeline.keys import folded


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


def _keys(folder: Path) -> dict[str, npt.NDArray[np.uint64]]:
    origins: list[int] = []
    texts: list[int] = []
    for part in sorted(folder.glob("*.parquet")):
        table = pq.read_table(part, columns=["origin", "text"], use_threads=False)
        origins += [keyed_hash(origin) for origin in table["origin"].to_pylist()]
        texts += [keyed_hash(folded(t)) for t in table["text"].to_pylist()]
    return {
        "origin": np.array(origins, dtype=np.uint64),
        "text": np.array(texts, dtype=np.uint64),
    }
