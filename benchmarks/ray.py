"""What a Ray cluster costs: the same job by two workers of Ray and by two of our own.

The job is that of the incremental benchmark, thirty declared functions and ten Python ones, over a
hundred nights of news, with nothing known. Ours is the run with `engine: ray`, from the start of
its process to the end: Ray is started on this machine for it, and ended with it, so the cores are
the same. The peer is the run without. `overhead` is how many times longer Ray takes; the output
must be the same, byte for byte.
"""

import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.incremental import Nights, over_nights
from benchmarks.measure import Claim, options_of, report

PARTITIONS = 100
LOCAL = ("--full-refresh", "--set", "execution.workers=2")
RAY = (*LOCAL, "--set", "execution.engine=ray")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = options_of(__doc__, arguments)
    return report(over_nights(options, PARTITIONS, measured), options)


def measured(nights: Nights, repeats: int) -> Claim:
    """Take the times of both, in turns.

    Raises:
        AssertionError: if the outputs differ.
    """
    taken: dict[tuple[str, ...], list[tuple[float, dict[str, Any]]]] = {LOCAL: [], RAY: []}
    bytes_of: set[str] = set()
    for repeat in range(repeats):
        for way in (RAY, LOCAL) if repeat % 2 else (LOCAL, RAY):
            taken[way].append(nights.run(*way))
            bytes_of.add(nights.bytes())
    assert len(bytes_of) == 1
    ours, peer = (median(took for took, _ in taken[way]) for way in (RAY, LOCAL))
    stages = {
        name: {stage: facts["seconds"][stage] for stage in ("label", "infer")}
        for name, way in (("ray", RAY), ("local", LOCAL))
        for _, facts in taken[way][-1:]
    }
    return Claim("ray", ours, peer, "seconds", peer / ours, overhead=ours / peer, stages=stages)


if __name__ == "__main__":
    sys.exit(main())
