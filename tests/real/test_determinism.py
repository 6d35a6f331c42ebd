"""The same bytes from any number of workers, and what a large job costs, on real rows."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from benchmarks.projects import Project

pytestmark = pytest.mark.slow

SECONDS = 180
"""Far more than the 12 seconds that it takes on an idle machine: tests run beside each other."""


def files_of(output: Path) -> dict[str, bytes]:
    """Every published file by its path."""

    def found() -> Iterator[Path]:
        return (path for path in (output / "current").rglob("*") if path.is_file())

    live = output / "current"
    return {path.relative_to(live).as_posix(): path.read_bytes() for path in sorted(found())}


def test_twelve_thousand_news_with_half_a_million_companies_give_the_same_bytes_in_two_workers(
    project: Project,
) -> None:
    started = perf_counter()
    one = project.run("agnews", {"execution.workers": 1}, out="one")
    seconds = perf_counter() - started
    two = project.run("agnews", {"execution.workers": 2}, out="two")

    first, second = files_of(one.output), files_of(two.output)
    assert len([name for name in first if name.startswith("labels/")]) == 4
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert one.snapshots[0].id == two.snapshots[0].id
    report = one.snapshots[0].report
    assert report["totals"]["rows_in"] == 12_000
    assert {row["lf"]: row["votes"] for row in report["functions"]}["companies"] > 5_000
    assert [check["passed"] for check in report["checks"]] == [True, True]
    assert min(report["splits"].values()) > 500
    assert seconds < SECONDS


def test_shards_of_another_size_give_the_same_labels(project: Project) -> None:
    whole = project.run("sms", out="whole").labels.to_arrow()

    cut = project.run("sms", {"execution.shard_rows": 700}, out="cut").labels.to_arrow()

    assert cut.equals(whole)
