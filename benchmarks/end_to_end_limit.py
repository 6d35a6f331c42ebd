"""The whole run of the news job against its limit: read, one bare scan, write the same bytes.

Both sides are processes of their own with two spawned workers, timed from their start to their
end (see benchmarks/news_limit.py for the limit). The limit writes the Parquet files that ours
publishes, byte by byte but for their footers; ours also counts, fits, checks, syncs and
describes what it writes.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.end_to_end import ROWS, NewsProject
from benchmarks.measure import (
    Claim,
    interleaved,
    options_of,
    own_seconds,
    report,
    run_command,
    seconds,
)

WRITTEN = ("labels", "train", "dev", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    options = options_of(__doc__, arguments, _add_options)
    rows = options.rows or (4_000 if options.quick else ROWS)
    with TemporaryDirectory(prefix="labelmill-bench-", dir=options.folder) as folder:
        project = NewsProject.at(Path(folder), rows)
        return report(measure(project, 1 if options.quick else options.repeats), options)


def measure(project: NewsProject, repeats: int) -> Claim:
    """Run both sides in turns."""
    project.run()
    size = make_ready(project)
    ours, limit = interleaved(
        project.run,
        lambda: run_limit(project),
        repeats,
        timed=own_seconds,
    )
    check_same_tables(project)
    return Claim(
        "end_to_end_limit",
        ours,
        limit,
        "seconds",
        limit / ours,
        rows=project.n_rows,
        workers=2,
        written_megabytes=size / 1e6,
        limit="read, one bare scan, write the same bytes; nothing is synced to disk",
    )


def make_ready(project: NewsProject) -> int:
    """Keep what ours published as Arrow files, for the limit to write; give its size in bytes."""
    size = 0
    for file in written_files(project):
        size += (project.snapshot / file).stat().st_size
        target = (project.root / "parts" / file).with_suffix(".arrow")
        target.parent.mkdir(parents=True, exist_ok=True)
        table = pq.read_table(project.snapshot / file)
        with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return size


def written_files(project: NewsProject) -> list[Path]:
    """The Parquet files of a snapshot, by their places in it."""
    found = [path for name in WRITTEN for path in (project.snapshot / name).rglob("*.parquet")]
    return sorted(path.relative_to(project.snapshot) for path in found)


def run_limit(project: NewsProject) -> float:
    """Run the limit and give its seconds."""
    paths = [project.source, project.root / "parts", project.root / "limit"]
    command = [sys.executable, "-m", "benchmarks.news_limit", *map(str, paths)]
    return seconds(lambda: run_command(command))


def check_same_tables(project: NewsProject) -> None:
    """Make sure that the limit wrote what ours published, in files of the same size.

    The footers differ by a few bytes: they tell how lists call their items.
    """
    files = written_files(project)
    assert files, "ours published nothing"
    for file in files:
        ours, limit = project.snapshot / file, project.root / "limit" / file
        assert pq.read_table(ours).equals(pq.read_table(limit)), f"{file} differs"
        assert abs(ours.stat().st_size - limit.stat().st_size) < 100, f"{file} differs in size"


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, help="rows, instead of a million")
    parser.add_argument("--repeats", type=int, default=3, help="how often each side runs")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")


if __name__ == "__main__":
    sys.exit(main())
