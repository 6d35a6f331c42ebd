"""A million news texts, forty labeling functions, from Parquet to a split training set.

Ours is `labelmill run` with two workers, from the start of its process to the end. The peer is
the script that a snorkel user would write for the job (benchmarks/news_snorkel.py), on a sample:
the seconds that grow with the rows are scaled up, those of imports and of fitting are not.
The votes on the sample must be the same.
"""

import argparse
import cProfile
import json
import pstats
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.measure import Claim, corpora, options_of, report, run_command, seconds
from benchmarks.news import LABELS, RULES, base_texts, write_job, write_news

ROWS, SAMPLE = 1_000_000, 20_000
GROWING = ("read", "apply", "predict", "write")
"""Steps of the peer that take as long as there are rows; fitting has most of its work in steps of
an optimiser, so it is taken as it is on the sample, which favours the peer."""


@dataclass(frozen=True, slots=True)
class NewsProject:
    """A folder with the news job and its rows."""

    root: Path
    config: Path
    n_rows: int

    @classmethod
    def at(cls, root: Path, n_rows: int, workers: int = 2) -> "NewsProject":
        """Write the rows and the job."""
        write_news(root / "news.parquet", base_texts(corpora()), n_rows)
        return cls(root, write_job(root, workers=workers), n_rows)

    @property
    def source(self) -> Path:
        """The rows."""
        return self.root / "news.parquet"

    @property
    def snapshot(self) -> Path:
        """What the last run published."""
        return (self.root / "out" / "current").resolve()

    def clear(self) -> None:
        """Remove all that runs left."""
        for name in ("out", ".labelmill"):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def run(self, *settings: str) -> float:
        """Run the job in a process of its own and give the seconds from its start to its end."""
        self.clear()
        command = [sys.executable, "-m", "labelmill", "run", str(self.config)]
        command += [part for setting in settings for part in ("--set", setting)]
        return seconds(lambda: run_command(command))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or profile."""
    options = options_of(__doc__, arguments, _add_options)
    rows = options.rows or (4_000 if options.quick else ROWS)
    with TemporaryDirectory(prefix="labelmill-bench-", dir=options.folder) as folder:
        project = NewsProject.at(Path(folder), rows)
        if options.profile:
            profile(project, options.profile)
            return 0
        return report(measure(project, options), options)


def measure(project: NewsProject, options: argparse.Namespace) -> Claim:
    """Run both sides in turns."""
    sample = min(SAMPLE, project.n_rows // 2)
    ours, learned, peers = [], [], []
    for _ in range(1 if options.quick else options.repeats):
        peers.append(peer(project, sample))
        ours.append(project.run())
        check_same_votes(project, sample)
        learned.append(project.run("label_model.type=dawid_skene"))
    peer_seconds = median(scaled(steps, project.n_rows / sample) for steps in peers)
    return Claim(
        "end_to_end",
        median(ours),
        peer_seconds,
        "seconds",
        peer_seconds / median(ours),
        rows=project.n_rows,
        functions=len(RULES),
        workers=2,
        label_model="majority, the default",
        dawid_skene=median(learned),
        ratio_dawid_skene=peer_seconds / median(learned),
        rows_a_second=project.n_rows / median(ours),
        scaled=True,
        sample_rows=sample,
        peer_steps_on_sample=peers[-1],
    )


def peer(project: NewsProject, sample: int) -> dict[str, float]:
    """The seconds of each step of the snorkel user's script."""
    command = [sys.executable, "-m", "benchmarks.news_snorkel"]
    rows = project.root / "sample.parquet"
    if not rows.exists():
        first = pq.ParquetFile(project.source).iter_batches(sample)
        pq.write_table(pa.Table.from_batches([next(first)]), rows)
    command += [str(rows), str(project.root / "peer")]
    steps: dict[str, float] = json.loads(run_command(command).splitlines()[-1])
    return steps


def scaled(steps: dict[str, float], factor: float) -> float:
    """The seconds that the peer would take for more rows."""
    return sum(value * (factor if step in GROWING else 1) for step, value in steps.items())


def check_same_votes(project: NewsProject, sample: int) -> None:
    """Make sure that ours voted on the first rows as the peer did."""
    theirs = np.load(project.root / "peer" / "votes.npy", allow_pickle=False)
    found = votes_of_first(project.snapshot, sample)
    assert found.shape == theirs.shape, (found.shape, theirs.shape)
    differing = np.argwhere(found != theirs)
    assert not len(differing), f"{len(differing)} votes differ, the first at {differing[0]}"
    assert (theirs >= 0).sum() > sample, "there are too few votes for a comparison"


def votes_of_first(snapshot: Path, n_rows: int) -> npt.NDArray[np.int8]:
    """The votes on the first rows of a snapshot as a matrix, [n_rows, n_functions], -1 for none."""
    places = {rule.name: i for i, rule in enumerate(RULES)}
    matrix = np.full((n_rows, len(RULES)), -1, dtype=np.int8)
    seen = 0
    for path in sorted((snapshot / "labels").glob("*.parquet")):
        table = pq.read_table(path, columns=["id", "votes"])
        if seen >= n_rows:
            break
        votes = table["votes"].combine_chunks()
        rows = pc.list_parent_indices(votes).to_numpy() + seen
        cells = pc.list_flatten(votes)
        functions = np.array([places[name] for name in pc.struct_field(cells, "lf").to_pylist()])
        labels = np.array([LABELS.index(x) for x in pc.struct_field(cells, "label").to_pylist()])
        first = rows < n_rows
        matrix[rows[first], functions[first]] = labels[first]
        ids = table["id"].to_pylist()
        assert ids == sorted(ids), "the rows are not in the order of the source"
        seen += len(table)
    return matrix


def profile(project: NewsProject, how: str) -> None:
    """Print the seconds of each stage with two workers, and of each function in this process."""
    workers = 2 if how == "stages" else 0
    marks: list[tuple[str, float]] = []

    def progress(stage: str, done: int, total: int) -> None:
        marks.append((f"{stage} {done}/{total}" if done in {0, total} else "", perf_counter()))

    from labelmill.pipeline.face import load_job  # noqa: PLC0415 (only here)
    from labelmill.pipeline.run import run_job  # noqa: PLC0415

    project.clear()
    started = perf_counter()
    job = load_job(project.config, {"execution.workers": workers})
    profiler = cProfile.Profile()
    if how == "functions":
        profiler.enable()
    run_job(job, progress=progress)
    profiler.disable()
    ended = perf_counter()
    for name, at in marks:
        if name:
            print(f"{at - started:8.2f} s  {name}")
    print(f"{ended - started:8.2f} s  end ({project.n_rows} rows, workers: {workers})")
    if how == "functions":
        pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
        pstats.Stats(profiler).sort_stats("cumtime").print_stats(70)
    size = sum(f.stat().st_size for f in project.snapshot.rglob("*") if f.is_file())
    print(f"{size / 1e6:.1f} MB published")


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, help="rows of ours, instead of a million")
    parser.add_argument("--repeats", type=int, default=3, help="how often each side runs")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument(
        "--profile",
        choices=["stages", "functions"],
        help="show where our seconds go (functions: in one process), and nothing else",
    )


if __name__ == "__main__":
    sys.exit(main())
