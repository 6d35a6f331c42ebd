"""A project on disk, small enough to run in a moment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pytest
from benchmarks.small_job import JobFolder

import labelmill
from labelmill.config import load
from labelmill.config.spec import Job
from labelmill.pipeline.result import Run

SPAM = ["buy now", "buy gold today", "nice song", "lovely song", "nothing here", "buy this song"]


class Project(JobFolder):
    """A project folder with one job, whose parts a test replaces."""

    def write(
        self,
        table: pa.Table | Mapping[str, Sequence[Any]],
        name: str = "a.parquet",
        **options: Any,
    ) -> Path:
        """Write an input file."""
        table = table if isinstance(table, pa.Table) else pa.table(dict(table))
        return super().write(table, name, **options)

    def write_code(self, body: str, rows: int, **function: Any) -> list[dict[str, Any]]:
        """Write rows, and the code of a function `f(row)`; gives it and a keyword as functions."""
        folder = self.root / "labeling_functions"
        folder.mkdir(exist_ok=True)
        head = "import os, signal, time\nfrom pathlib import Path\n"
        (folder / "f.py").write_text(head + dedent(body), "utf-8")
        texts = [f"buy song {i}" if i % 3 else f"nice song {i}" for i in range(rows)]
        self.write({"id": [f"r{i}" for i in range(rows)], "text": texts})
        own = {"name": "f", "type": "python", "function": "labeling_functions/f.py:f"}
        buy = {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]}
        return [buy, own | function]

    def job(self, *overrides: str) -> Job:
        """The checked job."""
        return load(str(self.config), overrides=overrides)

    def run(self, *overrides: str, **asked: Any) -> Run:
        """Run the job."""
        return labelmill.run(self.config, overrides=overrides, **asked)

    def files(self) -> dict[str, bytes]:
        """Every published file by its path below `current`."""
        live = self.output / "current"
        found = sorted(p for p in live.rglob("*") if p.is_file())
        return {p.relative_to(live).as_posix(): p.read_bytes() for p in found}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with six texts about songs and sales."""
    made = Project(tmp_path)
    made.write({"id": [f"r{i}" for i in range(len(SPAM))], "text": SPAM})
    made.configure()
    return made


NIGHTLY = {"path": "input", "id": "id", "text": "text", "partition": "date"}
"""A source with a folder for each night."""


@pytest.fixture
def nightly(project: Project) -> Project:
    """A job with two partitions, 20 and 21, which are not published yet."""
    (project.root / "input" / "a.parquet").unlink()
    for day in ("20", "21"):
        fill(project, day)
    project.configure(source=NIGHTLY)
    return project


def fill(project: Project, day: str, rows: int = 2) -> Path:
    """Write a partition again, with so many rows."""
    ids = [f"{day}-{i}" for i in range(rows)]
    texts = [f"{['buy', 'song'][i % 2]} {i}" for i in range(rows)]
    return project.write({"id": ids, "text": texts}, f"date={day}/a.parquet")
