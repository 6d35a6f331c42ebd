"""Two machines work on one job, are killed at random, and leave what one alone would have left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill
from tests.stores.server import Bucket
from tests.stores.test_output import check_whole, live, snapshot

SECONDS = 25
CODE = """
import sys
from labelmill.cli import main
from labelmill.pipeline import leases
leases.TERM, leases.BEAT = 2.0, 0.3
sys.exit(main(sys.argv[1:]))
"""
VERBS = [["run"], ["run"], ["run", "--since-last-success"], ["gc", "--keep", "9"], ["status"]]


def command(machine: Project, verb: list[str]) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", CODE, verb[0], str(machine.config), *verb[1:]]
    devnull = subprocess.DEVNULL
    return subprocess.Popen(words, stdout=devnull, stderr=devnull, start_new_session=True)


def work(machine: Project, input_: Project, seed: int) -> list[int]:
    """Carry out verbs, and kill them, for a while; gives how they ended."""
    chance, end = np.random.default_rng(seed), time.monotonic() + SECONDS
    codes: list[int] = []
    drafts = Project(machine.root / "drafts")
    while time.monotonic() < end:
        if chance.random() < 0.2:
            shutil.rmtree(machine.state, ignore_errors=True)
        if chance.random() < 0.3:
            day = str(chance.integers(20, 23))
            draft = fill(drafts, day, int(chance.integers(2, 6)))
            draft.replace(input_.root / "input" / f"date={day}" / "a.parquet")
        process = command(machine, VERBS[chance.integers(len(VERBS))])
        try:
            process.wait(chance.uniform(0.1, 2))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        codes.append(process.wait())
    return codes


def read(bucket: Bucket, over: Event) -> int:
    """Look at what is live again and again; gives how often."""
    looks = 0
    while not over.is_set():
        check_whole(bucket)
        looks += 1
        time.sleep(0.1)
    return looks


@pytest.mark.slow
def test_two_machines_leave_what_one_would_have_left(
    nightly: Project, bucket: Bucket, tmp_path: Path
) -> None:
    fill(nightly, "22")
    parts = {
        "source": NIGHTLY | {"path": str(nightly.root / "input")},
        "label_model": {"type": "majority", "fit": {"when": "always"}},
    }
    machines = [Project(tmp_path / name) for name in ("a", "b")]
    for machine in machines:
        machine.configure(**parts, output=f"{bucket.url}/out", state=f"{bucket.url}/state")
    over = Event()

    with ThreadPoolExecutor() as threads:
        reader = threads.submit(read, bucket, over)
        working = [threads.submit(work, m, nightly, i) for i, m in enumerate(machines)]
        codes = [code for one in working for code in one.result()]
        over.set()
        assert reader.result() > 5

    assert codes.count(-signal.SIGKILL) > 2
    assert set(codes) <= {0, 4, 5, -signal.SIGKILL}
    time.sleep(2)
    assert command(machines[0], ["run", "--relabel"]).wait() == 0
    nightly.configure(**parts)
    nightly.run()
    for partition, name in live(bucket).items():
        folder = nightly.output / "current" / f"date={partition}"
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        assert snapshot(bucket, name) == {path: p.read_bytes() for path, p in files.items()}
