"""A run that is told to end finishes what it is at, says so, and can be run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.faults.conftest import Ended, Site

SLOW = """\
import os, time
from pathlib import Path

def slow(row):
    Path({started!r}).touch()
    end = time.monotonic() + {seconds}
    while not Path({go!r}).exists() and time.monotonic() < end:
        time.sleep(0.01)
    with open({done!r}, "a") as file:
        file.write("x")
    return None
"""

ROWS, SHARD = 8, 2


@pytest.fixture
def slow_site(site: Site) -> Site:
    """A job of four shards whose rows wait until a file `go` is there."""
    return _slowed(site, seconds=60)


def _slowed(site: Site, seconds: float, grace: float = 20, workers: int = 0) -> Site:
    places = {name: str(site.root / name) for name in ("started", "go", "done")}
    (site.root / "slow.py").write_text(SLOW.format(seconds=seconds, **places))
    site.write(site.rows(ROWS))
    functions = [
        {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
        {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
        {"name": "slow", "type": "python", "label": "ham", "function": "slow.py:slow"},
    ]
    execution = {"workers": workers, "shard_rows": SHARD, "grace": grace}
    site.configure(labeling_functions=functions, execution=execution)
    return site


def _wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def _ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out, err)


def _rows_done(site: Site) -> int:
    done = site.root / "done"
    return len(done.read_text()) if done.exists() else 0


@pytest.mark.parametrize(
    "workers", [pytest.param(0, marks=pytest.mark.slow), 1, pytest.param(2, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)],
    ids=["TERM", "HUP", "INT"],
)
def test_the_first_signal_lets_shards_at_work_finish_and_starts_no_others(
    site: Site, workers: int, number: signal.Signals, code: int
) -> None:
    site = _slowed(site, seconds=60, workers=workers)
    process = site.start()
    _wait_for(site.root / "started", process)

    process.send_signal(number)
    time.sleep(0.5)
    still_there = process.poll() is None
    (site.root / "go").touch()
    ended = _ended(process)

    assert still_there
    assert ended.code == code
    assert f"{number.name}: finishing what is being worked on, 20 s at most" in ended.err
    assert "interrupted; run the same command again" in ended.err
    shards = max(workers, 1)
    assert SHARD <= _rows_done(site) <= shards * SHARD
    (record,) = site.records()
    assert (record["status"], record["exit_code"]) == ("interrupted", code)
    assert record["retryable"] is True
    assert site.published() == {}


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_an_interrupted_run_ends_with_the_same_bytes_when_it_is_run_again(
    tmp_path: Path, workers: int
) -> None:
    broken, whole = (Site(tmp_path / name) for name in ("broken", "whole"))
    for site in (broken, whole):
        site.root.mkdir()
        _slowed(site, seconds=60, workers=workers)
    process = broken.start()
    _wait_for(broken.root / "started", process)
    process.terminate()
    (broken.root / "go").touch()
    (whole.root / "go").touch()

    codes = [_ended(process).code, broken.run().code, whole.run().code]

    assert codes == [143, 0, 0]
    broken_files, whole_files = broken.published(), whole.published()
    assert set(broken_files) == set(whole_files) != set()
    data = [name for name in whole_files if name.endswith(".parquet")]  # code names its folder
    assert data
    assert all(broken_files[name] == whole_files[name] for name in data)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_second_signal_ends_at_once(site: Site, workers: int) -> None:
    site = _slowed(site, seconds=60, workers=workers)
    process = site.start()
    _wait_for(site.root / "started", process)

    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    ended = _ended(process)

    assert ended.code == 143
    assert time.monotonic() - began < 5
    assert _rows_done(site) == 0
    assert [record["status"] for record in site.records()] == ["interrupted"]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_grace_period_ends(site: Site, workers: int) -> None:
    site = _slowed(site, seconds=60, grace=0.5, workers=workers)
    process = site.start()
    _wait_for(site.root / "started", process)

    began = time.monotonic()
    process.terminate()
    ended = _ended(process)

    assert ended.code == 143
    assert 0.4 < time.monotonic() - began < 10
    assert _rows_done(site) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_does_not_reach_the_workers(
    site: Site, number: signal.Signals
) -> None:
    site = _slowed(site, seconds=60, workers=2)
    process = site.start(start_new_session=True)
    _wait_for(site.root / "started", process)

    os.killpg(process.pid, number)
    time.sleep(0.5)
    (site.root / "go").touch()
    ended = _ended(process)

    assert ended.code == 128 + number
    assert _rows_done(site) >= SHARD
    assert "worker" not in ended.err


def test_a_signal_before_the_run_begins_ends_at_once(site: Site) -> None:
    fifo = site.root / "configs" / "job.yaml"
    fifo.unlink()
    os.mkfifo(fifo)
    process = site.start()
    time.sleep(2)

    process.terminate()
    ended = _ended(process)

    assert ended.code in (143, -signal.SIGTERM)


def test_under_nohup_a_run_goes_on_when_its_terminal_is_closed(site: Site) -> None:
    site = _slowed(site, seconds=60)
    command = ["nohup", *site.command()]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    _wait_for(site.root / "started", process)

    process.send_signal(signal.SIGHUP)
    (site.root / "go").touch()
    ended = _ended(process)

    assert ended.code == 0
    assert _rows_done(site) == ROWS


def test_ctrl_c_while_modules_load_ends_without_a_traceback(site: Site) -> None:
    late = (
        "import sys\n"
        "from labelmill.cli import main\n"
        "class Late:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'labelmill.cli.guard':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Late())\n"
        "sys.exit(main())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", late, "run", str(site.config)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
