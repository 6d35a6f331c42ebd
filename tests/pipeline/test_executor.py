"""Workers: what goes wrong in them, or with them, and what becomes of the rows."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project

from labelmill.errors import BadColumn, BadParameter, LabelmillError, OverBudget, WorkersLost
from labelmill.pipeline import crew
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.executor import InProcess, Processes

TWO = ("execution.workers=2", "execution.shard_rows=2")
ROWS = 12


def told(project: Project, *overrides: str) -> LabelmillError:
    with pytest.raises(LabelmillError) as caught:
        project.run(*overrides)
    return caught.value


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (
            {
                "gazetteers": {"stars": {"path": "stars.csv"}},
                "labeling_functions": [{"name": "s", "type": "gazetteer", "gazetteer": "stars"}],
            },
            BadParameter,
        ),
        ({"source": {"path": "input", "id": "id", "text": "text", "gold": "gold"}}, BadColumn),
    ],
    ids=["a list without labels", "gold that is no label"],
)
def test_an_error_in_a_worker_is_the_same_error(
    project: Project, parts: dict[str, Any], kind: type[LabelmillError]
) -> None:
    (project.root / "stars.csv").write_text("term\nPsy\n")
    texts = [f"buy song {i}" for i in range(6)]
    project.write({"id": list(range(6)), "text": texts, "gold": ["eggs"] * 6})
    project.configure(**parts)

    with_two, alone = told(project, *TWO), told(project, "execution.shard_rows=2")

    assert type(with_two) is type(alone) is kind
    assert str(with_two) == str(alone)
    assert vars(with_two) == vars(alone)


Write = Callable[..., None]


@pytest.fixture
def write(project: Project) -> Write:
    """Write a job with a Python function `f(row)` beside a keyword, over so many rows."""

    def put(body: str, rows: int = ROWS, **parts: Any) -> None:
        job: dict[str, Any] = {
            "labeling_functions": project.write_code(body, rows, label="ham"),
            "execution": {"workers": 1, "shard_rows": 6},
            "error_budget": 0.2,
        }
        project.configure(**(job | parts))

    return put


def published(project: Project, part: str) -> list[dict[str, Any]]:
    """The rows of all parts of one folder that is live."""
    parts = sorted((project.output / "current" / part).glob("*.parquet"))
    rows: list[dict[str, Any]] = pa.concat_tables(map(pq.read_table, parts)).to_pylist()
    return rows


CALM = """
    def f(row):
        return "nice" in row.text
"""
DEADLY = """
    def f(row):
        if row.id == "r8":
            {how}
        return "nice" in row.text
"""


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV ended the process"),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            "SIGKILL ended the process, as it does where memory is short",
            marks=pytest.mark.slow,
        ),
        pytest.param("os._exit(3)", "the process ended with exit code 3", marks=pytest.mark.slow),
    ],
)
def test_a_row_that_ends_its_worker_goes_to_quarantine_and_the_others_are_labeled(
    project: Project, write: Write, how: str, message: str
) -> None:
    write(CALM)
    project.run()
    calm = [row | {"id": row["id"]} for row in published(project, "labels")]
    write(DEADLY.format(how=how))

    project.run()

    lost = {"id": "r8", "lf": None, "reason": "worker_died", "message": message}
    assert published(project, "quarantine") == [lost]
    rows = published(project, "labels")
    assert [row["status"] for row in rows if row["id"] == "r8"] == ["error"]
    votes = {row["id"]: row["votes"] for row in calm}
    assert all(row["votes"] == votes[row["id"]] for row in rows if row["id"] != "r8")
    assert len(rows) == ROWS


@pytest.mark.slow
def test_one_deadly_row_of_ten_thousand_costs_that_row_alone(
    project: Project, write: Write
) -> None:
    write(DEADLY.format(how="os.kill(os.getpid(), signal.SIGSEGV)"), 10_000, execution=None)

    project.run()

    assert [row["id"] for row in published(project, "quarantine")] == ["r8"]
    assert len(published(project, "labels")) == 10_000


@pytest.mark.slow
def test_a_worker_that_grows_too_large_is_ended_and_the_row_is_told(
    project: Project, write: Write
) -> None:
    write(
        DEADLY.format(how="kept = b'x' * 500_000_000; time.sleep(60)"),
        execution={"workers": 1, "memory_per_worker": 400},
    )

    project.run()

    (lost,) = published(project, "quarantine")
    assert (lost["id"], lost["reason"]) == ("r8", "worker_died")
    assert "execution.memory_per_worker" in lost["message"]


def test_memory_that_no_worker_can_do_with_stops_the_run(project: Project, write: Write) -> None:
    write("def f(row): return None", execution={"workers": 1})

    with (
        pytest.raises(WorkersLost, match=r"execution\.memory_per_worker"),
        Processes(project.job(), 1, 1_000_000) as processes,
    ):
        list(processes.map(slept, [10 * crew.LOOK]))  # long enough to be looked at


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_worker_that_dies_once_changes_no_byte(
    project: Project, write: Write, workers: int
) -> None:
    body = """
        def f(row):
            marker = Path(__file__).with_name("marker")
            if row.id == "r8" and not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGSEGV)
            return "nice" in row.text
    """
    write(body)
    marker = project.root / "labeling_functions" / "marker"
    marker.touch()
    project.run("execution.workers=0")
    calm = project.files()
    marker.unlink()

    project.run(f"execution.workers={workers}", full_refresh=True)

    assert marker.exists()
    assert project.files() == calm


def test_too_many_deadly_rows_stop_the_run(project: Project, write: Write) -> None:
    write("def f(row): os._exit(1)", error_budget=0.1)

    with pytest.raises(OverBudget, match="died on 3 of 12 rows or more, 2 allowed"):
        project.run()


@pytest.mark.slow
def test_rows_that_end_a_worker_only_together_stop_the_run(project: Project, write: Write) -> None:
    body = """
        def f(row):
            deaths = Path(__file__).with_name("deaths")
            deaths.touch()
            if deaths.stat().st_size < 2:
                with deaths.open("a") as file:
                    file.write(".")
                os._exit(1)
    """
    write(body)

    with pytest.raises(WorkersLost, match="but no row does so by itself"):
        project.run()


def test_a_worker_that_dies_twice_in_a_later_stage_stops_the_run(
    project: Project, write: Write
) -> None:
    body = CALM + "\n    def copy(example, rng):\n        os._exit(4)\n"
    step = {"type": "python", "function": "labeling_functions/f.py:copy"}
    write(body, augment=[step])

    with pytest.raises(WorkersLost, match=r"died again on the same task: .* exit code 4"):
        project.run()


PIDS = """
    def f(row):
        Path(__file__).with_name("pid").write_text(str(os.getpid()))
"""


def pid(project: Project) -> int:
    return int((project.root / "labeling_functions" / "pid").read_text())


def test_no_workers_means_the_calling_process(project: Project, write: Write) -> None:
    write(PIDS)

    project.run("execution.workers=0")

    assert pid(project) == os.getpid()


def test_one_worker_is_a_process_of_its_own(project: Project, write: Write) -> None:
    write(PIDS)

    project.run("execution.workers=1")

    assert pid(project) != os.getpid()


def test_a_small_job_off_the_main_thread_gets_a_process_of_its_own(
    project: Project, write: Write
) -> None:
    write(PIDS, execution=None)
    thread = Thread(target=project.run)

    thread.start()
    thread.join()

    assert pid(project) != os.getpid()


def test_a_script_that_guards_nothing_can_use_workers(project: Project, write: Write) -> None:
    write(CALM)
    script = project.root / "script.py"
    script.write_text("import labelmill\nlabelmill.run('configs/job.yaml')\nprint('done')\n")

    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, cwd=project.root
    )

    assert done.stdout == "done\n"
    assert len(published(project, "labels")) == ROWS


def test_what_a_function_prints_in_a_worker_is_no_result(project: Project, write: Write) -> None:
    write("def f(row): print('noise', flush=True)")
    script = project.root / "script.py"
    script.write_text("import labelmill\nlabelmill.run('configs/job.yaml')\nprint('done')\n")

    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, cwd=project.root
    )

    assert done.stdout == "done\n"
    assert done.stderr.count("noise") == ROWS


@pytest.mark.skipif(sys.platform != "linux", reason="others let a worker finish its task")
def test_workers_end_with_the_process_that_started_them(project: Project, write: Write) -> None:
    write("def f(row):\n    Path('pid').write_text(str(os.getpid()))\n    time.sleep(60)\n")
    script = project.root / "run.py"
    script.write_text(f"import labelmill\nlabelmill.run({str(project.config)!r})\n")
    process = subprocess.Popen([sys.executable, script], cwd=project.root)
    place = project.root / "pid"
    while not (place.exists() and place.read_text()):
        assert process.poll() is None
        sleep(0.05)
    worker = psutil.Process(int(place.read_text()))
    assert worker.ppid() == process.pid

    process.kill()
    process.wait()

    worker.wait(10)
    assert not worker.is_running()


def slept(bound: BoundJob, seconds: float) -> None:
    sleep(seconds)


def doubled(bound: BoundJob, number: int) -> tuple[int, str, int]:
    return 2 * number, bound.job.name, os.getpid()


@pytest.fixture
def processes(project: Project) -> Iterator[Processes]:
    with Processes(project.job(), 2) as found:
        yield found


def test_results_come_in_order_and_processes_are_used_again(processes: Processes) -> None:
    while not all(worker.up for worker in processes.workers):
        assert list(processes.listen(())) == []
    first = list(processes.map(doubled, range(40)))
    second = list(processes.map(doubled, range(3)))

    assert [result[:2] for result in first] == [(2 * i, "job") for i in range(40)]
    assert [result[0] for result in second] == [0, 2, 4]
    assert len({result[2] for result in first + second}) == 2


def slowly(bound: BoundJob, number: int) -> tuple[int, int]:
    sleep(0.02)
    return 2 * number, os.getpid()


def test_a_process_goes_on_with_the_run_that_it_is_at(processes: Processes) -> None:
    runs = [number // 5 for number in range(30)]
    list(processes.map(doubled, range(2)))

    results = list(processes.map(slowly, range(30), runs=runs))

    assert [result[0] for result in results] == list(range(0, 60, 2))
    done_by = {
        run: {r[1] for r, of in zip(results, runs, strict=True) if of == run} for run in runs
    }
    alone = [run for run, found in done_by.items() if len(found) == 1]
    assert len(alone) >= 4


def test_workers_are_replaced_after_so_many_tasks(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "TASKS", 5)

    results = list(processes.map(doubled, range(20)))

    assert [result[0] for result in results] == list(range(0, 40, 2))
    assert len({result[2] for result in results}) >= 4


def fails(bound: BoundJob, number: int) -> int:
    return 1 // number


def test_a_defect_is_raised_with_the_place_where_it_arose(processes: Processes) -> None:
    with pytest.raises(Exception, match=r"(?s)in fails.*ZeroDivisionError"):
        list(processes.map(fails, [1, 0]))


def test_workers_that_cannot_start_are_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 9\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    with (
        pytest.raises(WorkersLost, match=r"cannot start: .* exit code 9"),
        Processes(project.job(), 2) as found,
    ):
        list(found.map(doubled, [1]))


def test_an_interpreter_that_is_not_there_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(WorkersLost, match=r"started with '/nowhere/python': .*No such file"):
        Processes(project.job(), 1)


def test_the_calling_process_gives_the_same_results(project: Project) -> None:
    alone = InProcess(BoundJob(project.job()))

    assert [r[0] for r in alone.map(doubled, range(3))] == [0, 2, 4]
