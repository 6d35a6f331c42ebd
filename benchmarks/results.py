"""Score end models on what the real jobs emit: `python -m benchmarks.results [--json] [--write]`.

The last line of the output is one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.pages import with_table
from benchmarks.projects import ROOT, Project, find_corpora
from benchmarks.rows import Row

from benchmarks import ner_jobs, text_jobs

PAGE = ROOT / "docs" / "results.md"
MARKS = ("<!-- results -->\n", "<!-- /results -->\n")
HEADER = (
    "| job | measured by | labeling functions | label model | coverage | its labels | end model "
    "| end model on gold |\n|---|---|---:|---|---:|---:|---:|---:|\n"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every job, print the table, and write it into the page if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the JSON object alone")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args(arguments)
    corpora = find_corpora()
    if corpora is None:
        print("LABELMILL_DATA names no folder with the corpora", file=sys.stderr)
        return 4
    started = perf_counter()
    with TemporaryDirectory() as folder:
        rows = all_rows(Project.at(Path(folder) / "project", corpora))
    if not options.json:
        print(table_of(rows))
    if options.write:
        PAGE.write_text(with_table(PAGE.read_text("utf-8"), MARKS, table_of(rows)), "utf-8")
    seconds = round(perf_counter() - started, 1)
    print(json.dumps({"results": [row.plain() for row in rows], "seconds": seconds}))
    return 0


def all_rows(project: Project) -> list[Row]:
    """The rows of the table, in order."""
    rows = []
    for job in text_jobs.JOBS:
        rows += text_jobs.text_rows(project, job)
        print(f"{job.name} done", file=sys.stderr)
    for ner in ner_jobs.JOBS:
        rows.append(ner_jobs.ner_row(project, ner))
        print(f"{ner.name} done", file=sys.stderr)
    return rows


def table_of(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    return HEADER + "".join(
        f"| {row.job} | {row.metric} | {row.functions} | {row.label_model} | {row.coverage:.1f} | "
        f"{row.label_model_score:.2f} | {row.end_model_score:.2f} | {row.gold_score:.2f} |\n"
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
