"""A few rows of each status for the report, the same few in any order of shards."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from labelmill.core.hashes import UInt64, mixed
from labelmill.core.schema import said

PER_STATUS = 5
TEXT_LENGTH = 400


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """One row for people to look at; `key` decides which rows are chosen."""

    key: int
    id: str
    status: str
    text: str
    label: str | None
    confidence: float | None
    votes: tuple[tuple[str, str, int, int, float | None], ...]
    entities: tuple[tuple[int, int, str], ...] = ()

    def row(self) -> dict[str, Any]:
        """The row as plain data, for the report."""
        return {
            "id": self.id,
            "status": self.status,
            "text": self.text,
            "label": self.label,
            "confidence": self.confidence,
            "votes": [
                {"lf": lf, "label": label, "start": start, "end": end, "weight": weight}
                for lf, label, start, end, weight in self.votes
            ],
            "entities": [
                {"start": start, "end": end, "label": label} for start, end, label in self.entities
            ],
        }


def samples_of(table: pa.Table, keys: UInt64, seed: int) -> tuple[Sample, ...]:
    """The chosen rows of a labels table, given the key of each row's id, [n_rows]."""
    keys = mixed(keys, seed, "sample")
    codes = table["status"].combine_chunks().dictionary_encode()
    state = codes.indices.to_numpy(zero_copy_only=False)
    chosen: list[int] = []
    for code in range(len(codes.dictionary)):
        rows = np.flatnonzero(state == code)
        if len(rows) > PER_STATUS:
            # Equal keys are possible (a faulty id), so more than enough are taken and sorted.
            limit = np.partition(keys[rows], PER_STATUS - 1)[PER_STATUS - 1]
            rows = rows[keys[rows] <= limit]
        chosen += rows[np.argsort(keys[rows], kind="stable")][:PER_STATUS].tolist()
    taken = table.take(pa.array(chosen, pa.int64())).to_pylist()
    return tuple(_sample(int(keys[i]), row) for i, row in zip(chosen, taken, strict=True))


def fewest_samples(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """Of the samples of many shards, those with the smallest keys of each status."""
    by_status: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda s: (s.status, s.key, s.id)):
        by_status.setdefault(sample.status, []).append(sample)
    return tuple(s for of_status in by_status.values() for s in of_status[:PER_STATUS])


def _sample(key: int, row: dict[str, Any]) -> Sample:
    votes = tuple((v["lf"], said(v), v["start"], v["end"], v["weight"]) for v in row["votes"] or ())
    entities = tuple((e["start"], e["end"], e["label"]) for e in row.get("entities") or ())
    text = (row["text"] or "")[:TEXT_LENGTH]
    inside = tuple(e for e in entities if e[1] <= len(text))
    return Sample(
        key, str(row["id"]), row["status"], text, _label(row), row["confidence"], votes, inside
    )


def _label(row: dict[str, Any]) -> str | None:
    """The label of a row, or all of its labels in one."""
    if row.get("labels") is None:
        return row.get("label")
    return ", ".join(row["labels"]) or "no label"
