"""Rows for exporters: comments (document) and news (ner), with every kind of odd text."""

import datetime as dt
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest

from labelmill.core.protocols import ExportCount, Exporter, ExportSetting
from labelmill.core.schema import examples_schema
from labelmill.io.durable import OutputFolder
from labelmill.text.language import Language

GOLDEN = Path(__file__).parent / "golden"
CARRIED = [
    pa.field("day", pa.date32()),
    pa.field("price", pa.decimal128(8, 2)),
    pa.field("tags", pa.list_(pa.string())),
    pa.field("score", pa.float32()),
]
COMMENTS = [
    ("c1", "love this song 🎵", "ham", [0.9, 0.1], 0.9, 1, None, dt.date(2024, 5, 1)),
    ("c2", "=SUM(A1)\r\nsecond line\tand a tab", "spam", [0.2, 0.8], 0.8, 2, None, None),
    ("c3", 'she said "hi", é ü 漢字', None, [0.5, 0.5], 0.5, 3, None, dt.date(1999, 12, 31)),
    ("c4", "nul \x00 bell \x07 sep \u2028 nel \x85 end", "ham", [0.7, 0.3], 0.7, 4, None, None),
    ("c5", " \u00a0\n", "ham", [0.6, 0.4], 0.6, 5, None, None),
    ("c1~typos~0", "lobe this song 🎵", "ham", [0.9, 0.1], 0.9, 1, "typos", dt.date(2024, 5, 1)),
]
NEWS = [
    ("n1", "Acme Ltd rose, said Zoë.", [(0, 8, "ORG"), (20, 23, "PERSON")], None),
    ("n2", "Nothing happened # today", [], None),
    ("n3", "🎉 Acme\r\n\tBolt Ltd 👩‍🚀 won", [(2, 6, "ORG"), (9, 17, "ORG")], None),
    ("n4", "Acmexyz fell", [(0, 4, "ORG")], None),
    ("n5", " \n\u2003", [], None),
    ("n1~swap~0", "Bolt rose, said Zoë.", [(0, 4, "ORG"), (16, 19, "PERSON")], "swap"),
]


def document_batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    schema = examples_schema(pa.int64(), CARRIED, ("ham", "spam"), spans=False)
    names = ["id", "text", "label", "probs", "weight", "origin", "made_by", "day"]
    columns: dict[str, list[Any]] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    columns["price"] = [Decimal("1.50") if i % 2 else None for i in range(len(rows))]
    columns["tags"] = [["a", "b"] if i % 2 else None for i in range(len(rows))]
    columns["score"] = [float("nan") if i == 1 else 0.1 for i in range(len(rows))]
    return pa.record_batch(columns, schema=schema)


def span_batch(rows: list[tuple[str, str, list[tuple[int, int, str]], str | None]]) -> Any:
    schema = examples_schema(pa.string(), [], ("ORG", "PERSON"), spans=True)
    columns = {
        "id": [row[0] for row in rows],
        "text": [row[1] for row in rows],
        "entities": [
            [{"start": s, "end": e, "label": label, "confidence": 0.75} for s, e, label in row[2]]
            for row in rows
        ],
        "probs": [[{"token": 0, "label": "ORG", "prob": 0.75}] if row[2] else [] for row in rows],
        "weight": [0.75] * len(rows),
        "origin": [row[0].partition("~")[0] for row in rows],
        "made_by": [row[3] for row in rows],
    }
    return pa.record_batch(columns, schema=schema)


@pytest.fixture
def comments() -> list[pa.RecordBatch]:
    return [document_batch(COMMENTS[:4]), document_batch([]), document_batch(COMMENTS[4:])]


@pytest.fixture
def news() -> list[pa.RecordBatch]:
    return [span_batch(NEWS[:2]), span_batch(NEWS[2:])]


@pytest.fixture
def comment_setting() -> ExportSetting:
    return ExportSetting(
        job="video-comments",
        task="classification",
        unit="document",
        labels=("ham", "spam"),
        split="train",
        language="en",
        analysis=Language(),
    )


@pytest.fixture
def news_setting() -> ExportSetting:
    return ExportSetting(
        job="company-news",
        task="ner",
        unit="span",
        labels=("ORG", "PERSON"),
        split="train",
        language="en",
        analysis=Language(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "train" / "export")


@pytest.fixture
def golden() -> Callable[[str, bytes], None]:
    """Compare with a kept file; UPDATE_GOLDEN=1 keeps the new one."""

    def compare(name: str, found: bytes) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_bytes(found)
        assert found == path.read_bytes()

    return compare


Write = Callable[[Exporter, list[pa.RecordBatch], ExportSetting], tuple[ExportCount, Path]]


@pytest.fixture
def write(folder: OutputFolder) -> Write:
    def run(
        exporter: Exporter, batches: list[pa.RecordBatch], setting: ExportSetting
    ) -> tuple[ExportCount, Path]:
        return exporter.write(iter(batches), setting, folder), folder.path

    return run


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` without network, with its cache under tmp_path."""
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
