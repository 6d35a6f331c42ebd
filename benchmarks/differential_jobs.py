"""That a job gives the same bytes whatever way it is run, over jobs at random.

`python -m benchmarks.differential_jobs --jobs 100 --json`; with `--ray` also by the workers of a
Ray cluster that is started here. Each job is run in this process alone, which says what is right.
Then, each time with nothing known: by one and by two workers, by Ray, and slice by slice with a
run after that; and then, with all that is known, after some changes of the job and its input, each
time against a run that knows nothing. Every difference is printed, and the exit code is 1.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.random_jobs import Outcome, RandomJob

from labelmill import kinds
from labelmill.errors import LabelmillError
from labelmill.pipeline.past import past_runs
from labelmill.pipeline.slices import Slice, label_slice

CHANGES = 3
SLICES = 3

Way = Callable[[RandomJob], Outcome]


@dataclass(frozen=True, slots=True)
class Difference:
    """A job that came out otherwise."""

    seed: int
    way: str
    what: str


def by_workers(number: int) -> Way:
    """By so many worker processes."""
    return lambda job: job.run(f"execution.workers={number}")


def by_ray(address: str) -> Way:
    """By two workers of a Ray cluster."""
    return lambda job: job.run(
        "execution.engine=ray", f"execution.address={address}", "execution.workers=2"
    )


def by_slices(job: RandomJob) -> Outcome:
    """Slice by slice, and by a run that may ask no function.

    Raises:
        AssertionError: if the run asked one all the same.
    """
    for number in range(1, SLICES + 1):
        try:
            label_slice(job.job(), Slice(number, SLICES))
        except LabelmillError:
            break  # the run after it says why
    outcome = job.run()
    if not isinstance(outcome, str):
        (told, *_) = past_runs(job.root / ".labelmill", "job")
        assert told["cells"]["cast"] == {}, told["cells"]
    return outcome


def known(job: RandomJob) -> Outcome:
    """Again, when all is known but something else is live."""
    job.run()
    job.run("select.min_confidence=0.01")
    return job.run()


def differences(job: RandomJob, ways: dict[str, Way], changes: int) -> Iterator[Difference]:
    """What comes out otherwise: ideally there is nothing to tell."""
    job.forget()
    right = job.run()
    for name, way in ways.items():
        job.forget()
        yield from _told(job, name, right, way(job))
    for _ in range(changes):
        what = job.change()
        found = job.run(relabel=True)
        refreshed = job.run(full_refresh=True)
        job.forget()
        right = job.run()
        yield from _told(job, what, right, found)
        yield from _told(job, f"{what}, full refresh", right, refreshed)


def _told(job: RandomJob, way: str, right: Outcome, found: Outcome) -> Iterator[Difference]:
    if found == right:
        return
    if isinstance(right, str) or isinstance(found, str):
        what = f"{_short(right)} / {_short(found)}"
    else:
        names = sorted(right.keys() | found.keys())
        what = ", ".join(name for name in names if right.get(name) != found.get(name))
    yield Difference(job.seed, way, what)


def _short(outcome: Outcome) -> str:
    return outcome if isinstance(outcome, str) else f"{len(outcome)} files"


def all_ways(address: str | None = None) -> dict[str, Way]:
    """The ways in which a job is run with nothing known, by name."""
    ways: dict[str, Way] = {
        "one worker": by_workers(1),
        "two workers": by_workers(2),
        "slices": by_slices,
        "known": known,
    }
    return ways if address is None else ways | {"ray": by_ray(address)}


def compared(
    seeds: Sequence[int], ways: dict[str, Way], changes: int = CHANGES
) -> list[Difference]:
    """Run the jobs of some seeds in all ways."""
    found: list[Difference] = []
    for seed in seeds:
        with TemporaryDirectory() as folder:
            found += differences(RandomJob(Path(folder), seed), ways, changes)
    return found


def main() -> int:
    """Compare as many jobs as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--ray", action="store_true", help="also by a Ray cluster")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    kinds.register_all()
    started = time.perf_counter()
    cluster: Any = None
    if options.ray:
        from ray.cluster_utils import Cluster  # noqa: PLC0415 (an extra)

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    ways = all_ways(None if cluster is None else cluster.address)
    seeds = range(options.first, options.first + options.jobs)
    found = compared(seeds, ways)
    if cluster is not None:
        cluster.shutdown()
    for one in found:
        print(f"seed {one.seed}, {one.way}: {one.what}")
    seconds = time.perf_counter() - started
    runs = options.jobs * (len(ways) + CHANGES)
    result = {"name": "differential_jobs", "jobs": options.jobs, "compared": runs}
    result |= {"differences": len(found), "seconds": seconds}
    print(json.dumps(result) if options.json else f"{runs:,} comparisons in {seconds:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
