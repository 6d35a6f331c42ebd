"""A project on disk, small enough to run in a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.small_job import write_small_job

import labelmill
from labelmill.config import load
from labelmill.config.spec import Job
from labelmill.pipeline.result import Run

SPAM = ["buy now", "buy gold today", "nice song", "lovely song", "nothing here", "buy this song"]


@dataclass(frozen=True)
class Project:
    """A project folder with one job, whose parts a test replaces."""

    root: Path

    @property
    def config(self) -> Path:
        """The job's file."""
        return self.root / "configs" / "job.yaml"

    @property
    def output(self) -> Path:
        """Where the job publishes."""
        return self.root / "out"

    def write(self, table: pa.Table | Mapping[str, Sequence[Any]], name: str = "a.parquet") -> Path:
        """Write an input file."""
        table = table if isinstance(table, pa.Table) else pa.table(dict(table))
        path = self.root / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        return path

    def configure(self, **parts: Any) -> None:
        """Write the job's file with some of its top-level keys replaced; None removes one."""
        write_small_job(self.config, **parts)

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
