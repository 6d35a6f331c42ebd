"""One writer of an output at a time, and one job."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EROFS
from pathlib import Path

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

from labelmill.config.spec import Job
from labelmill.errors import LockHeld, UsageError
from labelmill.pipeline.backfill import run_partitions
from labelmill.pipeline.held import publish_held
from labelmill.pipeline.result import Run
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.run import run_job
from labelmill.pipeline.status import status
from labelmill.pipeline.sweep import sweep
from labelmill.pipeline.writers import LOCK, writing

HOLD = """\
import sys
from labelmill.pipeline.face import load_job
from labelmill.pipeline.writers import writing
with writing(load_job(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _held(output: Path, note: str) -> Iterator[None]:
    """Hold the lock of an output as another process would."""
    output.mkdir(exist_ok=True)
    handle = os.open(output / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.write(handle, note.encode())
    try:
        yield
    finally:
        os.close(handle)


def _is_free(output: Path) -> bool:
    handle = os.open(output / LOCK, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def test_another_state_is_kept_out_while_the_output_is_written_to(project: Project) -> None:
    with (
        _held(project.output, "job 'job' (process 7 on far)"),
        pytest.raises(LockHeld, match=r"job 'job' \(process 7 on far\) writes to it") as caught,
    ):
        project.run("state=elsewhere")

    assert caught.value.exit_code == 5
    assert sorted(path.name for path in project.output.iterdir()) == [LOCK]
    assert project.run("state=elsewhere").status == "published"


def test_verbs_that_change_what_is_live_are_kept_out(project: Project) -> None:
    project.run()
    job = project.job("state=elsewhere")
    before = project.files()

    with _held(project.output, ""):
        for verb in (
            lambda: rollback(job),
            lambda: sweep(job),
            lambda: publish_held(job, reason="it is good"),
        ):
            with pytest.raises(LockHeld, match="another run writes to it"):
                verb()
        assert [part.state for part in status(job).partitions] == ["published"]

    assert project.files() == before


def test_partitions_are_run_under_one_lock(nightly: Project) -> None:
    nightly.run()
    fill(nightly, "22")

    free: list[bool] = []

    def run_one(job: Job, *, partition: str) -> Run:
        free.append(_is_free(nightly.output))
        done = run_job(job, partition=partition, has_lock=True)
        free.append(_is_free(nightly.output))
        return done

    done = run_partitions(nightly.job(), wanted="20..22", run_one=run_one)

    assert done.error is None
    assert free == [False] * 6
    assert _is_free(nightly.output)


def test_a_lock_ends_with_its_process_and_names_it_until_then(project: Project) -> None:
    project.output.mkdir()
    command = [sys.executable, "-c", HOLD, str(project.config)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    with pytest.raises(LockHeld, match=f"process {holder.pid} on "):
        project.run("state=elsewhere")
    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    assert project.run("state=elsewhere").status == "published"
    assert not (project.output / LOCK).read_bytes()


def test_an_output_that_is_not_there_or_cannot_be_written_has_no_lock(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(project.job()):
        assert not project.output.exists()
    project.run()
    (project.output / LOCK).unlink()
    job, opened = project.job(), os.open

    def refused(path: Path, *rest: int) -> int:
        if Path(path).name == LOCK:
            raise OSError(EROFS, "Read-only file system")
        return opened(path, *rest)

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with writing(job):
        assert not (project.output / LOCK).exists()


@pytest.mark.parametrize("verb", ["run", "rollback", "gc"])
def test_what_another_job_has_live_stays(project: Project, verb: str) -> None:
    project.run()
    before = project.files()
    project.configure(name="other")
    verbs: dict[str, Callable[[], object]] = {
        "run": project.run,
        "rollback": lambda: rollback(project.job()),
        "gc": lambda: sweep(project.job()),
    }

    with pytest.raises(UsageError, match=r"is of job 'job', not of 'other'.*--take-over") as caught:
        verbs[verb]()

    assert caught.value.exit_code == 2
    assert project.files() == before


def test_a_job_that_was_renamed_takes_over_once(nightly: Project) -> None:
    nightly.run()
    nightly.configure(name="other", source=NIGHTLY)
    fill(nightly, "22")

    with pytest.raises(UsageError, match="--take-over"):
        nightly.run(since_last_success=True)
    nightly.run(since_last_success=True, take_over=True)
    fill(nightly, "23")
    done = nightly.run(since_last_success=True)

    live = json.loads((nightly.output / "_CURRENT.json").read_bytes())
    assert [made.partition for made in done.snapshots] == ["23"]
    assert sorted(live["partitions"]) == ["20", "21", "22", "23"]


def test_a_child_that_code_of_a_job_leaves_behind_holds_no_lock(project: Project) -> None:
    body = (
        "import os, time\n"
        "def stay(view):\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(20)\n"
        "        os._exit(0)\n"
        "    return True\n"
    )
    (project.root / "stay.py").write_text(body)
    project.configure(checks=[{"type": "python", "function": "stay.py:stay"}])
    command = [sys.executable, "-m", "labelmill", "run", str(project.config)]
    nowhere = subprocess.DEVNULL
    run = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, start_new_session=True)
    assert run.wait(60) == 0

    again = project.run("checks=[]", full_refresh=True)
    os.killpg(run.pid, signal.SIGKILL)

    assert again.status == "published"


def test_status_says_whose_the_output_is(project: Project) -> None:
    project.run()
    own = status(project.job()).warnings
    project.configure(name="other")

    (told,) = status(project.job()).warnings

    assert own == ()
    assert "what is live there is of job 'job', not of 'other'" in told
