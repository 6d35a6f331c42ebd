"""A small project that a real `labelmill run` works on, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from benchmarks.small_job import JobFolder
from tests.lacking import lacking

TEXTS = ("buy now", "buy gold today", "nice song", "lovely song", "nothing here", "song of gold")


@dataclass(frozen=True)
class Site(JobFolder):
    """A project folder with one job, run by real processes."""

    env: dict[str, str] = field(default_factory=dict)

    def rows(self, count: int, first: int = 0) -> pa.Table:
        """So many rows that every function can work on."""
        places = range(first, first + count)
        texts = [f"{TEXTS[place % len(TEXTS)]} {place}" for place in places]
        return pa.table({"id": [f"r{place:06}" for place in places], "text": texts})

    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start `labelmill run`."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | self.env | dict(env or {}),
            **options,
        )

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> "Ended":
        """Carry out `labelmill run` and wait for it."""
        process = self.start(*arguments, env=env, **options)
        out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err)

    def command(self, *arguments: str) -> list[str]:
        """The command line of `labelmill run`."""
        return [sys.executable, "-m", "labelmill", "run", str(self.config), *arguments]

    def records(self) -> list[dict[str, Any]]:
        """Every run.json, the oldest first."""
        found = (self.state / "runs").glob("*/run.json")
        records = [json.loads(path.read_text()) for path in found]
        return sorted(records, key=lambda record: str(record["started"]))

    def published(self) -> dict[str, bytes]:
        """Every published file by its path below `current`; nothing where there is none."""
        live = self.output / "current"
        found = sorted(path for path in live.rglob("*") if path.is_file())
        return {path.relative_to(live).as_posix(): path.read_bytes() for path in found}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process gave back."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which a disk fails as failing_disk.c tells."""
    source, library = Path(__file__).with_name("failing_disk.c"), tmp_path_factory.mktemp("disk")
    compiler = shutil.which("cc") or lacking("this test needs a C compiler: apt-get install gcc")
    made = library / "failing_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(made)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A project with a config and no input yet."""
    site = Site(tmp_path)
    site.configure()
    return site


def lines_of(path: Path) -> Sequence[Any]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
