"""The most memory that the news job takes at once, at one and at ten million rows.

Every 20 milliseconds the resident memory (RSS) of the run's process and of all processes below it
is added up; pages that they share are counted for each. Every tenth time the proportional set
(PSS) is added up too, in which a shared page counts once; it is shown beside it.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import psutil
from benchmarks.end_to_end import NewsProject
from benchmarks.measure import Claim, environment, options_of, report
from benchmarks.projects import ROOT

ROWS = (1_000_000, 10_000_000)
PAUSE = 0.02
PSS_EVERY = 10
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Peak:
    """What one run took at most, in megabytes, and its seconds."""

    rss: float
    pss: float
    processes: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    options = options_of(__doc__, arguments, _add_options)
    few, many = options.rows or ((2_000, 4_000) if options.quick else ROWS)
    small, large = (peak_at(n_rows, options.folder) for n_rows in (few, many))
    claim = Claim(
        "memory",
        large.rss,
        small.rss,
        "megabytes",
        small.rss / large.rss,
        rows=many,
        peer_rows=few,
        growth=large.rss / small.rss,
        pss=large.pss,
        peer_pss=small.pss,
        processes=large.processes,
        seconds=large.seconds,
        peer_seconds=small.seconds,
    )
    return report(claim, options)


def peak_at(n_rows: int, folder: Path | None) -> Peak:
    """Run the job on so many rows, in a folder of its own, and watch it."""
    with TemporaryDirectory(prefix="labelmill-bench-", dir=folder) as place:
        project = NewsProject.at(Path(place), n_rows)
        return peak_of([sys.executable, "-m", "labelmill", "run", str(project.config)])


def peak_of(command: Sequence[str]) -> Peak:
    """Run a command that must end well, and watch its memory and that of its children."""
    started = perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        rss, pss, most = _watch(process)
        taken = perf_counter() - started
        told = process.stderr.read() if process.stderr else ""
    assert process.returncode == 0, told
    return Peak(rss / MEGABYTE, pss / MEGABYTE, most, taken)


def _watch(process: subprocess.Popen[str]) -> tuple[int, int, int]:
    root = psutil.Process(process.pid)
    rss = pss = most = look = 0
    while process.poll() is None:
        family = _family(root)
        rss = max(rss, sum(_resident(member) for member in family))
        if look % PSS_EVERY == 0:
            pss = max(pss, sum(_proportional(member) for member in family))
        most = max(most, len(family))
        look += 1
        sleep(PAUSE)
    return rss, pss, most


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs=2, help="rows, instead of 1 and 10 million")
    parser.add_argument("--folder", type=Path, help="where the temporary folders are made")


if __name__ == "__main__":
    sys.exit(main())
