"""A small project that the command line works on, and a way to call it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelmill.cli import main

CONFIG = """\
version: 1
name: comments
task: {type: classification, labels: [ham, spam]}
source: {path: data/rows.parquet, id: id, text: text, gold: label}
labeling_functions:
  - {name: link, type: regex, label: spam, pattern: 'https?://', should: ['see http://x.org'],
     should_not: [nice song]}
  - {name: begging, type: keyword, label: spam, any: [subscribe, my channel],
     should: [please subscribe!]}
  - {name: praise, type: keyword, label: ham, any: [song, love], should: [love it]}
label_model: {type: majority}
checks:
  - {type: coverage, min: 0.99, severity: warn}
export: [{type: jsonl}]
execution: {workers: 0}
output: data/out/comments
"""

TEXTS = (
    ("love this song", "ham"),
    ("what a song", "ham"),
    ("subscribe to my channel", "spam"),
    ("see https://example.org", "spam"),
    ("song: subscribe", "spam"),
    ("hello", "ham"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command line gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose job needs no heavy package."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "configs" / "comments.yaml").write_text(CONFIG)
    rows = [
        {"id": f"r{i:02}", "text": f"{text} {i}", "label": label}
        for i in range(10)
        for text, label in TEXTS
    ]
    for place, row in enumerate(rows):
        row["id"] = f"r{place:02}"
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "rows.parquet")
    return tmp_path


@pytest.fixture
def config(project: Path) -> str:
    """The config of the project's job."""
    return str(project / "configs" / "comments.yaml")


@pytest.fixture
def labelmill(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the command line in this process; lines are 100 columns wide."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call
