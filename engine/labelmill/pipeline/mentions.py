"""The mentions that augmenters may use: distinct texts of train's spans, by label."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labelmill.core.seeds import keyed_hash
from labelmill.io.durable import write_table
from labelmill.io.work import table_of_rows

MENTIONS_PER_LABEL = 100_000


class Mentions:
    """The distinct mentions per label of many shards, of each label 100,000 by smallest hash."""

    def __init__(self, seed: int) -> None:
        """None so far."""
        self._seed = seed
        self._texts: dict[str, set[str]] = {}

    def add(self, part: Mapping[str, tuple[str, ...]]) -> None:
        """Take in those of a shard."""
        for label, texts in part.items():
            together = self._texts.setdefault(label, set())
            together.update(texts)
            if len(together) > 4 * MENTIONS_PER_LABEL:
                self._texts[label] = set(fewest(together, MENTIONS_PER_LABEL, self._seed))

    def rows(self) -> list[tuple[str, str]]:
        """All of them as (label, text), sorted."""
        return [
            (label, text)
            for label in sorted(self._texts)
            for text in fewest(self._texts[label], MENTIONS_PER_LABEL, self._seed)
        ]


def write_mentions(path: Path, mentions: Mentions) -> None:
    """Write the mentions of all shards."""
    schema = pa.schema([("label", pa.string()), ("text", pa.string())])
    write_table(path, table_of_rows(schema, mentions.rows()))


def read_mentions(path: Path | None) -> dict[str, tuple[str, ...]]:
    """The mentions per label that `write_mentions` wrote."""
    mentions: dict[str, list[str]] = {}
    if path is not None:
        for row in pq.read_table(path, use_threads=False).to_pylist():
            mentions.setdefault(row["label"], []).append(row["text"])
    return {label: tuple(texts) for label, texts in mentions.items()}


def fewest(texts: set[str], most: int, seed: int) -> tuple[str, ...]:
    """At most so many of some texts, those with the smallest hash, in sorted order."""
    if len(texts) > most:
        texts = set(
            sorted(texts, key=lambda text: (keyed_hash(seed, "mention", text), text))[:most]
        )
    return tuple(sorted(texts))
