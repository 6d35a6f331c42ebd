"""Slices of a job that are labeled ahead, one by each machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pipeline.conftest import NIGHTLY, Project

from labelmill.errors import InputMissing, LockHeld, OverBudget, UsageError
from labelmill.pipeline import labeled
from labelmill.pipeline.locks import locked, locked_for_slice
from labelmill.pipeline.result import Run
from labelmill.pipeline.slices import Slice, SliceRun, label_slice
from labelmill.pipeline.status import status
from labelmill.pipeline.sweep import sweep

ROWS = 20
LONG_AGO = 1_600_000_000
FUNCTIONS: list[dict[str, Any]] = [
    {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
    {"name": "song", "type": "regex", "label": "ham", "pattern": "song"},
    {"name": "code", "type": "python", "function": "labeling_functions/f.py:code"},
]
CODE = """
    from labelmill import labeling_function

    @labeling_function(needs="text")
    def code(row):
        if "7" in row.text:
            raise ValueError("no sevens")
        return "spam" if "gold" in row.text else None
"""


@pytest.fixture
def rows(project: Project) -> Project:
    """A job of five shards, one function of which is code."""
    folder = project.root / "labeling_functions"
    folder.mkdir()
    (folder / "f.py").write_text(dedent(CODE))
    texts = [f"{('buy gold', 'nice song', 'hello')[i % 3]} {i}" for i in range(ROWS)]
    path = project.write({"id": [f"r{i}" for i in range(ROWS)], "text": texts})
    os.utime(path, (LONG_AGO, LONG_AGO))
    configure(project)
    return project


def configure(project: Project, **parts: Any) -> None:
    setting: dict[str, Any] = {
        "labeling_functions": FUNCTIONS,
        "error_budget": 0.5,
        "execution": {"workers": 0, "shard_rows": 4},
    }
    project.configure(**(setting | parts))


def sliced(project: Project, text: str, *overrides: str) -> SliceRun:
    return label_slice(project.job(*overrides), Slice.read(text))


def facts(project: Project, run: Run | SliceRun) -> dict[str, Any]:
    path = project.root / ".labelmill" / "runs" / run.id / "run.json"
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def as_machine(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Be another machine: what others have kept without syncing it is not believed."""
    boot = folder / f"boot-{name}"
    boot.write_text(name)
    monkeypatch.setattr(labeled, "BOOT", boot)


@pytest.mark.parametrize(
    ("total", "machines"), [(7, False), (3, True)], ids=["one machine", "a machine each"]
)
def test_after_all_slices_a_run_asks_no_function_and_gives_the_same_bytes(
    rows: Project, monkeypatch: pytest.MonkeyPatch, *, total: int, machines: bool
) -> None:
    rows.run()
    expected = rows.files()
    forget(rows)

    for number in range(1, total + 1):
        if machines:
            as_machine(str(number), monkeypatch, rows.root)
        done = sliced(rows, f"{number}/{total}")
        assert done.cells["known"] == 0
        assert not (rows.output / "current").exists()
    if machines:
        as_machine("the last", monkeypatch, rows.root)
    run = rows.run()

    assert facts(rows, run)["cells"] == {"cast": {}, "known": 15}
    assert rows.files() == expected


def forget(project: Project) -> None:
    """Let nothing be known or published."""
    subprocess.run(["rm", "-rf", project.root / ".labelmill", project.output], check=True)


@given(st.integers(1, 12), st.integers(0, 40))
def test_slices_are_the_whole_and_of_one_length(total: int, n_items: int) -> None:
    items = list(range(n_items))
    parts = [Slice(number, total).of(items) for number in range(1, total + 1)]

    assert [item for part in parts for item in part] == items
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3", "--shards 3: expected I/N, the I-th of N slices, such as 2/8"),
        ("a/b", "expected I/N"),
        ("-1/4", "expected I/N"),
        ("1/4/2", "expected I/N"),
        ("\u0661/4", "expected I/N"),
        ("0/4", "1 <= I <= N; slices count from 1, so add 1 to an index from 0"),
        ("5/4", "--shards 5/4: expected I/N with 1 <= I <= N"),
        ("1/0", "1 <= I <= N"),
    ],
)
def test_what_is_no_slice_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Slice.read(text)

    assert said in str(caught.value)


def test_a_slice_is_recorded(rows: Project) -> None:
    done = sliced(rows, "2/3")

    told = facts(rows, done)
    assert (told["verb"], told["status"], told["slice"]) == ("label", "labeled", "2/3")
    assert told["labeled"] == {"shards": 2, "of": 5, "rows": 8}
    assert told["cells"] == {"cast": {"buy": 2, "code": 2, "song": 2}, "known": 0}
    assert told["errors"] == {"functions": {"code": 1}, "unreadable": 0}
    heart = rows.root / ".labelmill" / "heartbeats" / "job.label-2-of-3.json"
    assert json.loads(heart.read_bytes())["status"] == "labeled"
    assert not list((rows.root / ".labelmill" / "work" / "job").iterdir())


def test_a_slice_that_was_labeled_asks_nobody(rows: Project) -> None:
    sliced(rows, "1/2")

    again = sliced(rows, "1/2")

    assert again.cells == {"cast": {}, "known": 6}


def test_a_slice_of_too_many_has_nothing_to_do(rows: Project) -> None:
    done = sliced(rows, "2/9")

    assert (done.status, done.shards, done.rows) == ("labeled", 1, 4) or done.shards == 0
    assert sum(sliced(rows, f"{number}/9").shards for number in range(1, 10)) == 5


def test_a_source_without_rows_is_no_data(project: Project) -> None:
    project.write({"id": [], "text": []})
    source = {"path": "input", "id": "id", "text": "text", "allow_empty": True}
    project.configure(source=source)

    assert sliced(project, "1/2").status == "no data"


def test_a_slice_of_a_partition_takes_its_shards_alone(nightly: Project) -> None:
    done = label_slice(nightly.job(), Slice(), partition="21")

    assert (done.shards, done.rows) == (1, 2)


def test_a_source_that_is_not_there_is_told(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()

    with pytest.raises(InputMissing):
        sliced(project, "1/2")

    (record,) = (project.root / ".labelmill" / "runs").iterdir()
    assert json.loads((record / "run.json").read_bytes())["exit_code"] == 4


def test_slices_work_at_once_and_neither_with_a_run(rows: Project) -> None:
    job = rows.job()

    with locked_for_slice(job, "label-1-of-2"):
        sliced(rows, "2/2")
        with pytest.raises(LockHeld, match="another run of job 'job' holds"):
            rows.run()
        with pytest.raises(LockHeld, match=r"another process \(label-1-of-2\) holds"):
            sliced(rows, "1/2")
        with pytest.raises(LockHeld):
            sweep(job)
    with locked(job), pytest.raises(LockHeld, match="a run of job 'job' holds"):
        sliced(rows, "1/2")
    assert sliced(rows, "1/2").status == "labeled"


@pytest.mark.slow
def test_processes_that_label_the_same_rows_at_once_leave_them_whole(
    rows: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitions with the same rows share their cells."""
    texts = [f"buy song {i}" for i in range(400)]
    for day in range(4):
        rows.write({"id": [str(i) for i in range(400)], "text": texts}, f"date={day}/a.parquet")
    (rows.root / "input" / "a.parquet").unlink()
    configure(rows, source=NIGHTLY, execution={"workers": 0, "shard_rows": 20})
    code = (
        "import sys; from labelmill import kinds; from labelmill.config import load; "
        "from labelmill.pipeline.slices import *; kinds.announce_all(); "
        "label_slice(load(sys.argv[1]), Slice.read(sys.argv[2]))"
    )

    running = [
        subprocess.Popen([sys.executable, "-c", code, str(rows.config), f"{n}/4"])
        for n in range(1, 5)
    ]

    assert [one.wait() for one in running] == [0] * 4
    as_machine("another", monkeypatch, rows.root)
    assert sliced(rows, "1/1").cells == {"cast": {}, "known": 240}
    assert not list((rows.root / ".labelmill" / "votes").rglob(".*"))


def test_status_tells_which_slices_are_labeled_ahead(rows: Project) -> None:
    sliced(rows, "2/3")
    sliced(rows, "1/3")
    sliced(rows, "1/4")

    assert status(rows.job()).ahead == ("1/3", "2/3", "1/4")
    configure(rows, seed=3)
    assert status(rows.job()).ahead == ()
    configure(rows)
    rows.run()
    assert status(rows.job()).ahead == ()


def test_the_error_budget_is_that_of_the_whole_job(rows: Project) -> None:
    configure(rows, error_budget=0.1)
    sliced(rows, "2/5")
    configure(rows, error_budget=0.0)

    assert sliced(rows, "2/5").errors == {"code": 1}
    with pytest.raises(OverBudget, match="'code' failed on 2 of 20 rows"):
        rows.run()


@pytest.mark.slow
def test_a_row_that_ends_processes_is_found_in_a_slice_too(
    rows: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rows.root / "labeling_functions" / "f.py"
    body = dedent(CODE).replace('raise ValueError("no sevens")', "import os; os._exit(3)")
    path.write_text(body)
    workers = "execution.workers=1"

    done = sliced(rows, "2/2", workers)
    assert done.unreadable == 1
    as_machine("another", monkeypatch, rows.root)
    sliced(rows, "1/2", workers)
    as_machine("the last", monkeypatch, rows.root)
    run = rows.run(workers)

    assert facts(rows, run)["cells"]["cast"] == {}
    assert run.snapshots[0].report["totals"]["status"]["error"] == 2
