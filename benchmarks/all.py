"""Run all benchmarks, one after the other, and write the table of docs/benchmarks.md.

    python -m benchmarks.all [--write] [--only NAME ...] [--quick]

With `--write` results are kept in docs/benchmarks/results.json, the table is written from there,
and the cost curves are drawn. It takes about half an hour on two cores, and wants them for itself.
The code is 1 if a benchmark failed, 0 otherwise, also where a figure is not reached.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.claims import TABLE, missed, table_of
from benchmarks.measure import environment
from benchmarks.pages import with_table
from benchmarks.projects import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "docs" / "benchmarks" / "results.json"
MARKS = ("<!-- benchmarks -->\n", "<!-- /benchmarks -->\n")
NAMES = (*(wanted.name for wanted in TABLE), "costs")
WRITING = ("costs", "quality")
"""Those that write pictures, or a page of their own."""

APART = ("texts", "spans", "end_models")
"""Tables of the quality benchmark, which keeps them beside the results."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--write", action="store_true", help="write the table and the pictures")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="run these alone")
    parser.add_argument("--quick", action="store_true", help="tiny sizes; nothing is written")
    options = parser.parse_args(arguments)
    if options.quick and options.write:
        parser.error("--quick measures nothing worth writing")
    results, failed = run_all(options.only, quick=options.quick, write=options.write)
    print(table_of(results))
    for line in missed(results):
        print(f"not reached: {line}")
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


def run_all(names: Sequence[str], *, quick: bool, write: bool) -> tuple[dict[str, Any], list[str]]:
    """Run benchmarks; gives the results and the names of those that failed."""
    results: dict[str, Any] = read_results() if write else {}
    failed = []
    for name in names:
        started = perf_counter()
        options = ["--quick"] if quick else []
        options += ["--write"] if write and name in WRITING else []
        facts = run(name, options)
        took = f"{perf_counter() - started:.0f} s"
        if facts is None:
            failed.append(name)
            print(f"{name}: failed after {took}", file=sys.stderr)
            continue
        print(f"{name}: ratio {facts['ratio']} ({took})", file=sys.stderr)
        results[name] = facts
        if write:
            write_results(results)
    return results, failed


def run(name: str, options: Sequence[str]) -> dict[str, Any] | None:
    """Run one benchmark in a process of its own; None if it failed."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *options]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=environment()
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return None
    facts: dict[str, Any] = json.loads(lines[-1])
    return facts


def read_results() -> dict[str, Any]:
    """The results that were kept, by name."""
    if not RESULTS.exists():
        return {}
    kept: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return kept


def write_results(results: Mapping[str, Any]) -> None:
    """Keep results, and write the table into the page."""
    ordered = {name: _told(results[name]) for name in NAMES if name in results}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), MARKS, table_of(ordered)), "utf-8")


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A result without what stands in a file of its own."""
    return {name: value for name, value in facts.items() if name not in APART}


def page_is_current(page: Path = PAGE) -> bool:
    """Whether the page shows the results that are kept."""
    text = page.read_text("utf-8")
    return with_table(text, MARKS, table_of(read_results())) == text


if __name__ == "__main__":
    sys.exit(main())
