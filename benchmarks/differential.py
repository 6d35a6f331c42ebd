"""That the fused scan finds what `re` finds, on random patterns and texts.

`python -m benchmarks.differential --pairs 10_000_000 --json`; every difference is printed and
ends the run with an error.
"""

import argparse
import json
import time
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from benchmarks.random_patterns import random_alphabet, random_pattern, random_text

from labelmill.text.scan import Probe, Scan

PATTERNS = 100
TEXTS = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """A pattern and a text on which the scan and `re` differ."""

    pattern: str
    flags: int
    folded: bool
    text: str
    scan: bool


def round_of(seed: int, n_patterns: int = PATTERNS, n_texts: int = TEXTS) -> list[Difference]:
    """Compare on so many random patterns and texts; ideally there is nothing to tell."""
    rng = np.random.default_rng(seed)
    numbers = iter(())

    def choose(below: int) -> int:
        nonlocal numbers
        try:
            return int(next(numbers) * below)
        except StopIteration:
            numbers = iter(rng.random(10_000).tolist())
            return choose(below)

    alphabet = random_alphabet(choose)
    probes = [
        Probe(random_pattern(choose, alphabet), folded=choose(10) == 0) for _ in range(n_patterns)
    ]
    texts = [random_text(choose, alphabet) for _ in range(n_texts)]
    expected = {probe: meant for probe in probes if (meant := _meant(probe, texts)) is not None}
    found = Scan(expected, worthwhile_bytes=0).search(pa.array(texts, pa.string()))
    differences = []
    for probe, meant in expected.items():
        known = set(range(len(texts))).difference(found.overdue.get(probe, ()))
        differing = known & (meant ^ set(found.docs[probe].tolist()))
        differences += [_difference(probe, texts[doc], scan=doc not in meant) for doc in differing]
    return differences


def _meant(probe: Probe, texts: list[str]) -> set[int] | None:
    """The texts in which `re` finds a probe; None where `re` itself breaks, as it does at times."""
    try:
        return {doc for doc, text in enumerate(texts) if probe.stands_in(text)}
    except SystemError:
        return None


def _difference(probe: Probe, text: str, *, scan: bool) -> Difference:
    return Difference(probe.pattern.pattern, probe.pattern.flags, probe.folded, text, scan)


def main() -> None:
    """Compare on the number of pairs that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    pairs, seed = 0, options.first
    while pairs < options.pairs:
        for difference in round_of(seed):
            print(f"seed {seed}: {difference}")
            raise AssertionError(difference)
        pairs += PATTERNS * TEXTS
        seed += 1
    seconds = time.perf_counter() - started
    result = {"name": "differential", "pairs": pairs, "differences": 0, "seconds": seconds}
    print(json.dumps(result) if options.json else f"{pairs:,} pairs alike in {seconds:.0f} s")


if __name__ == "__main__":
    main()
