"""A small job in a project folder of its own, whose parts tests and benchmarks replace."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

SMALL_JOB: dict[str, Any] = {
    "version": 1,
    "name": "job",
    "task": {"type": "classification", "labels": ["ham", "spam"]},
    "source": {"path": "input", "id": "id", "text": "text"},
    "labeling_functions": [
        {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
        {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
    ],
    "split": {"train": 1.0},
    "output": "out",
    "execution": {"workers": 0},
}


@dataclass(frozen=True)
class JobFolder:
    """A project folder with one job."""

    root: Path

    @property
    def config(self) -> Path:
        """The job's file."""
        return self.root / "configs" / "job.yaml"

    @property
    def output(self) -> Path:
        """Where the job publishes."""
        return self.root / "out"

    @property
    def state(self) -> Path:
        """Where state and records lie."""
        return self.root / ".labelmill"

    def configure(self, **parts: Any) -> None:
        """Write the small job with some of its top-level keys replaced; None removes one."""
        job = {key: value for key, value in (SMALL_JOB | parts).items() if value is not None}
        self.config.parent.mkdir(parents=True, exist_ok=True)
        with self.config.open("w") as file:
            YAML(typ="safe").dump(job, file)

    def write(self, table: pa.Table, name: str = "a.parquet", **options: Any) -> Path:
        """Write an input file."""
        path = self.root / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, **options)
        return path
