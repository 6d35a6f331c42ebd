"""What a run costs: by rows, by labeling functions, by gazetteer entries, and by near duplicates.

Every point is one `labelmill run` in a process of its own, from its start to its end. `ours` and
`peer` are the news job at the largest number of rows that both were run on, with two workers and
with one. `--write` draws the curves as docs/benchmarks/*.svg.
"""

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.drawing import Points, log_chart
from benchmarks.end_to_end import NewsProject
from benchmarks.measure import Claim, corpora, options_of, report
from benchmarks.memory import Peak, peak_of
from benchmarks.news import LABELS, base_texts, names_of, words_of, write_job, write_news
from benchmarks.projects import ROOT
from ruamel.yaml import YAML

PICTURES = ROOT / "docs" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How far each curve goes."""

    rows: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    rows_with_two: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    functions: tuple[int, ...] = (10, 30, 100, 300, 1_000)
    entries: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    grouped_rows: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    rows_of_others: int = 100_000
    rows_of_spans: int = 20_000


QUICK = Sizes(
    rows=(1_000,),
    rows_with_two=(1_000,),
    functions=(20,),
    entries=(1_000,),
    grouped_rows=(1_000,),
    rows_of_others=1_000,
    rows_of_spans=500,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and draw if asked to."""
    options = options_of(__doc__, arguments, _add_options)
    sizes = QUICK if options.quick else Sizes()
    with TemporaryDirectory(prefix="labelmill-bench-", dir=options.folder) as folder:
        curves = {
            **by_rows(Path(folder) / "rows", sizes),
            **by_functions(Path(folder) / "functions", sizes),
            **by_entries(Path(folder) / "entries", sizes),
            **by_grouping(Path(folder) / "grouping", sizes),
        }
    if options.write is not None:
        draw(curves, options.write)
    largest = max(sizes.rows)
    two = dict(curves["rows"]["two workers"])[largest]
    one = dict(curves["rows"]["one worker"])[largest]
    claim = Claim("costs", two, one, "seconds", one / two, rows=largest, curves=plain(curves))
    return report(claim, options)


Curves = dict[str, dict[str, Points]]


def by_rows(folder: Path, sizes: Sizes) -> Curves:
    """Seconds of the news job, with one worker and with two."""
    lines: dict[str, list[tuple[float, float]]] = {"one worker": [], "two workers": []}
    for n_rows in sizes.rows_with_two:
        project = NewsProject.at(folder, n_rows)
        lines["two workers"].append((n_rows, _run(project.config).seconds))
        if n_rows in sizes.rows:
            lines["one worker"].append((n_rows, _run(project.config, workers=1).seconds))
        project.clear()
    project.source.unlink()
    return {"rows": {**lines}}


def by_functions(folder: Path, sizes: Sizes) -> Curves:
    """Seconds over the same rows with more and more labeling functions of five words each."""
    rng = np.random.default_rng(5)
    words = words_of(base_texts(corpora()))
    write_news(folder / "news.parquet", base_texts(corpora()), sizes.rows_of_others)
    first: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    for n_functions in sizes.functions:
        chosen = rng.choice(words, (n_functions, 5)).tolist()
        functions = [
            {"name": f"words_{i}", "type": "keyword", "label": LABELS[i % 4], "any": five}
            for i, five in enumerate(chosen)
        ]
        config = _changed(write_job(folder, workers=2), {"labeling_functions": functions})
        first.append((n_functions, _run(config).seconds))
        again.append((n_functions, _run(config).seconds))
    return {"functions": {"first run": first, "next run": again}}


def by_entries(folder: Path, sizes: Sizes) -> Curves:
    """Seconds of a job with a gazetteer, whose compiled form is kept from the first run on."""
    write_news(folder / "news.parquet", base_texts(corpora()), sizes.rows_of_spans)
    first: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    for n_entries in sizes.entries:
        config = _changed(write_job(folder, workers=2), _people_job())
        with (folder / "gazetteers" / "people.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["term"], *([name] for name in names_of(n_entries))])
        first.append((n_entries, _run(config).seconds))
        again.append((n_entries, _run(config).seconds))
    return {"entries": {"first run": first, "next run": again}}


def by_grouping(folder: Path, sizes: Sizes) -> Curves:
    """Seconds and memory of the news job, split by near duplicates and by id."""
    seconds: dict[str, list[tuple[float, float]]] = {"near duplicates": [], "id": []}
    memory: dict[str, list[tuple[float, float]]] = {"near duplicates": [], "id": []}
    for n_rows in sizes.grouped_rows:
        project = NewsProject.at(folder, n_rows)
        for name, group in (("near duplicates", "near_duplicates"), ("id", "id")):
            peak = _run(project.config, group=group)
            seconds[name].append((n_rows, peak.seconds))
            memory[name].append((n_rows, peak.rss))
    return {"grouping": {**seconds}, "grouping_memory": {**memory}}


CHARTS = {
    "rows": ("Forty labeling functions", "rows", "seconds"),
    "functions": ("More labeling functions", "labeling functions", "seconds"),
    "entries": ("A larger gazetteer", "entries", "seconds"),
    "grouping": ("Split by near duplicates and by id: time", "rows", "seconds"),
    "grouping_memory": ("Split by near duplicates and by id: memory", "rows", "megabytes"),
}


def draw(curves: Curves, folder: Path = PICTURES) -> None:
    """Write each curve as a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in curves.items():
        (folder / f"{name}.svg").write_text(log_chart(*CHARTS[name], lines), "utf-8")


def plain(curves: Curves) -> dict[str, Any]:
    """The curves as JSON takes them."""
    return {
        name: {line: [list(point) for point in points] for line, points in lines.items()}
        for name, lines in curves.items()
    }


def _run(config: Path, *, workers: int = 2, group: str = "id") -> Peak:
    settings = ["--set", f"execution.workers={workers}", "--set", f"split.group={group}"]
    return peak_of([sys.executable, "-m", "labelmill", "run", str(config), *settings])


def _people_job() -> dict[str, Any]:
    return {
        "name": "people",
        "task": {"type": "ner", "labels": ["PERSON"]},
        "gazetteers": {"people": {"path": "gazetteers/people.csv", "label": "PERSON"}},
        "labeling_functions": [{"name": "known", "type": "gazetteer", "gazetteer": "people"}],
    }


def _changed(config: Path, parts: Mapping[str, Any]) -> Path:
    yaml = YAML(typ="safe")
    job = yaml.load(config.read_text("utf-8"))
    with config.open("w") as file:
        yaml.dump({**job, **parts}, file)
    return config


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=PICTURES,
        metavar="FOLDER",
        help="draw the curves (docs/benchmarks where no folder is given)",
    )
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")


if __name__ == "__main__":
    sys.exit(main())
