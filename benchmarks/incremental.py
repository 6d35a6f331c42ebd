"""One function of forty changed, and nothing changed, over fifty nights of news.

Thirty functions are declared (they share one scan), ten are Python functions of one regular
expression each. The job is run whole; then one Python function gets another pattern and the job is
run again: `ratio` is how many times less the label stage takes then, `ratio_run` the same of the
whole run, of which infer and export are the floor (`split` says where the time goes). At last it is
run once more with nothing changed. Each run is a process of its own with two workers, and the
output of the changed job must be, byte for byte, that of a full refresh.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.measure import Claim, corpora, options_of, report, run_command, seconds
from benchmarks.news import base_texts, noisy_blocks, write_job
from ruamel.yaml import YAML

PARTITIONS, ROWS = 50, 20_000
DECLARED = 30
REPEATS = 3
LONG_AGO = 1_600_000_000
WORDS = ("said", "Monday", "new", "first", "over", "after", "week", "million", "two", "year")
CODE = """
    import re

    from labelmill import labeling_function

    @labeling_function(needs="text")
    def rule(row, *, pattern, label):
        return label if re.search(pattern, row.text) else None
"""


@dataclass(frozen=True, slots=True)
class Nights:
    """A folder with the job and its partitions."""

    root: Path

    @property
    def config(self) -> Path:
        """The job."""
        return self.root / "configs" / "news.yaml"

    def fill(self, n_partitions: int, n_rows: int) -> None:
        """Write the job and the rows."""
        write_job(self.root, workers=2)
        path = self.root / "labeling_functions" / "words.py"
        path.parent.mkdir()
        path.write_text(dedent(CODE))
        blocks = noisy_blocks(base_texts(corpora()), n_partitions * n_rows)
        texts = (text for block in blocks for text in block)
        for night in range(n_partitions):
            own = list(islice(texts, n_rows))
            ids = [f"{night:03d}-{row:06d}" for row in range(len(own))]
            file = self.root / "news" / f"date={night:03d}" / "part.parquet"
            file.parent.mkdir(parents=True)
            pq.write_table(pa.table({"id": ids, "text": own}), file)
            os.utime(file, (LONG_AGO, LONG_AGO))
        self.configure("said")

    def configure(self, first: str) -> None:
        """Declare the functions; the first Python function looks for a word."""
        yaml = YAML(typ="safe")
        job = yaml.load(self.config.read_text())
        declared = [f for f in job["labeling_functions"] if f["type"] != "python"][:DECLARED]
        code = [
            {
                "name": f"word_{number}",
                "type": "python",
                "function": "labeling_functions/words.py:rule",
                "params": {"pattern": rf"\b{word}\w*", "label": job["task"]["labels"][number % 4]},
            }
            for number, word in enumerate((first, *WORDS[1:]))
        ]
        job["labeling_functions"] = declared + code
        job["source"] |= {"path": "news", "partition": "date"}
        with self.config.open("w") as file:
            yaml.dump(job, file)

    def run(self, *options: str) -> tuple[float, dict[str, Any]]:
        """Run the job; gives the seconds of the process and the record of the run."""
        command = [sys.executable, "-m", "labelmill", "run", str(self.config), "--json", *options]
        told: list[str] = []
        took = seconds(lambda: told.append(run_command(command)))
        run_id = json.loads(told[0])["run_id"]
        record = self.root / ".labelmill" / "runs" / run_id / "run.json"
        facts: dict[str, Any] = json.loads(record.read_bytes())
        return took, facts

    def bytes(self) -> str:
        """A digest of everything that is live."""
        live = self.root / "out" / "current"
        found = sha256()
        for folder in sorted(live.iterdir()):
            for path in sorted(p for p in folder.rglob("*") if p.is_file() and folder.is_dir()):
                found.update(path.relative_to(live).as_posix().encode() + path.read_bytes())
        return found.hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = options_of(__doc__, arguments)
    return report(over_nights(options, PARTITIONS, measured), options)


def over_nights(
    options: argparse.Namespace, n_partitions: int, measure: Callable[[Nights, int], Claim]
) -> Claim:
    """Write so many nights (three small ones where it is to be quick) and measure over them.

    `measure` gets the folder, and how often everything is to be done.
    """
    n_partitions, n_rows = (3, 500) if options.quick else (n_partitions, ROWS)
    with TemporaryDirectory() as folder:
        nights = Nights(Path(folder))
        nights.fill(n_partitions, n_rows)
        return measure(nights, 1 if options.quick else REPEATS)


def measured(nights: Nights, repeats: int) -> Claim:
    """Take the times of all runs, in turn.

    Raises:
        AssertionError: if the output of a changed job is not that of a full refresh.
    """
    full, changed, still = [], [], []
    for number in range(repeats):
        nights.configure("said")
        full.append(nights.run("--full-refresh"))
        nights.run("--set", "select.min_confidence=0.01")  # so that votes are known
        nights.configure(f"told{number}")
        changed.append(nights.run())
        still.append(nights.run())
        assert set(changed[-1][1]["cells"]["cast"]) == {"word_0"}
        assert still[-1][1]["status"] == "nothing to do"
    known = nights.bytes()
    nights.run("--full-refresh")
    assert nights.bytes() == known

    def label(runs: Sequence[tuple[float, dict[str, Any]]]) -> float:
        return float(median(facts["seconds"]["label"] for _, facts in runs))

    def whole(runs: Sequence[tuple[float, dict[str, Any]]]) -> float:
        return median(took for took, _ in runs)

    return Claim(
        "incremental",
        label(changed),
        label(full),
        "seconds",
        label(full) / label(changed),
        ratio_run=whole(full) / whole(changed),
        full_seconds=whole(full),
        changed_seconds=whole(changed),
        nothing_seconds=whole(still),
        split=changed[-1][1]["seconds"],
    )


if __name__ == "__main__":
    sys.exit(main())
