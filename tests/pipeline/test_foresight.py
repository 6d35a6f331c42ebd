"""What a plan says that a run would do is what the run then does."""

import json
import os
import shutil
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from time import time

import pytest
from benchmarks.random_jobs import Draw, RandomJob

import labelmill
from labelmill.errors import LabelmillError
from labelmill.pipeline.foresight import Foreseen, foresee
from labelmill.pipeline.plan import make_plan
from labelmill.pipeline.sweep import sweep


def foreseen(job: RandomJob, partition: str | None = None) -> Foreseen | str:
    """What a plan says, or how it ends."""
    try:
        return foresee(make_plan(job.job(), partition), job.root / "out")
    except LabelmillError as error:
        return type(error).__name__


def votes_of(seen: Foreseen) -> dict[str, int]:
    """On how many shards each function would vote, where it would."""
    votes: Counter[str] = Counter()
    for cell in seen.cells:
        assert not cell.unsure
        votes[cell.function] += sum(cell.why.values())
    return {name: n for name, n in sorted(votes.items()) if n}


def ran(root: Path) -> tuple[dict[str, int] | None, list[str]]:
    """What the last run asked of functions, and what it made."""
    last = max((root / ".labelmill" / "runs").iterdir(), key=lambda f: f.stat().st_mtime_ns)
    told = json.loads((last / "run.json").read_text())
    cells = told.get("cells")
    return None if cells is None else cells["cast"], sorted(told.get("stale", {}))


class Edits:
    """Changes of a job, of its input and of what is known, at random."""

    def __init__(self, job: RandomJob) -> None:
        self.job = job
        self.draw = Draw(job.seed + 1_000)
        self.configs = [deepcopy(job.config)]

    def change(self) -> str:
        """Change something; says what."""
        edits = (
            *(self._state, self._config_of_before, self._other_name, self._gc),
            *(self._any, self._any),
        )
        return self.draw.one(edits)()

    def partition(self) -> str | None:
        """One partition of the source, or all."""
        names = [path.parent.name.partition("=")[2] for path in self.job.files()]
        return self.draw.one((None, None, self.draw.one(names) or None))

    def _gc(self) -> str:
        """Remove what no run would ask for, days after it was written; it is not missed."""
        then = time() - 300_000
        for path in (self.job.root / ".labelmill").rglob("*"):
            os.utime(path, (then, then))
        before = foreseen(self.job)
        with suppress(LabelmillError):
            sweep(self.job.job(), keep=1)
        after = foreseen(self.job)
        assert isinstance(before, Foreseen) == isinstance(after, Foreseen)
        if isinstance(before, Foreseen) and isinstance(after, Foreseen):
            assert votes_of(after) == votes_of(before), self.job.seed
        if self.draw.often(0.5):
            with suppress(LabelmillError):
                sweep(self.job.job(), keep=1, cache=self.draw.below(20_000))
        return "gc"

    def _any(self) -> str:
        self.configs.append(deepcopy(self.job.config))
        return self.job.change()

    def _config_of_before(self) -> str:
        self.job.config = deepcopy(self.draw.one(self.configs))
        self.job.save()
        return "config of before"

    def _other_name(self) -> str:
        path = self.draw.one(self.job.files())
        path.rename(path.with_name(f"z{path.name}"))
        return "other name"

    def _state(self) -> str:
        name = self.draw.one(("votes", "shards", "seen", "a shelf", "bytes of a shelf"))
        shelves = sorted((self.job.root / ".labelmill" / "votes").glob("job/*/*.arrow"))
        if name in ("votes", "shards", "seen"):
            shutil.rmtree(self.job.root / ".labelmill" / name, ignore_errors=True)
        elif shelves and name == "a shelf":
            shutil.rmtree(self.draw.one(shelves).parent)
        elif shelves:
            path = self.draw.one(shelves)
            path.write_bytes(path.read_bytes()[:-9])
        return f"{name} lost"


def check(seed: int, folder: Path, changes: int) -> int:
    """Change a job several times; gives how often functions voted on some shards, not on all."""
    job = RandomJob(folder, seed, light=True)
    edits = Edits(job)
    done = ["first"]
    telling = 0
    for _ in range(changes):
        partition = edits.partition()
        planned = foreseen(job, partition)
        with suppress(LabelmillError):
            labelmill.run(job.path, partition=partition)
        cast, made = ran(folder)
        if cast is not None:
            assert isinstance(planned, Foreseen), (seed, done, planned)
            assert votes_of(planned) == cast, (seed, done)
            assert sorted(value or "" for value in planned.made) == made, (seed, done)
            n_cells = sum(cell.shards for cell in planned.cells)
            telling += 0 < sum(cast.values()) < n_cells
        done.append(edits.change())
    return telling


SEED = 105
"""A job whose changes ask some functions on some shards."""


def test_what_would_run_is_what_runs(tmp_path: Path) -> None:
    assert check(SEED, tmp_path, 4) > 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_what_would_run_is_what_runs_in_many_jobs(tmp_path: Path, seed: int) -> None:
    check(seed, tmp_path, 8)
