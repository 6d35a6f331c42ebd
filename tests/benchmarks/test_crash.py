"""The crash sweep finds what it looks for, and finds nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.crash_cut import damaged, unsynced
from benchmarks.crash_reader import look
from benchmarks.measure import environment
from benchmarks.projects import ROOT
from benchmarks.small_job import JobFolder

import labelmill
from labelmill.io.steps import Step


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run."""
    import pyarrow as pa  # noqa: PLC0415 (beside its use)

    folder = JobFolder(tmp_path_factory.mktemp("crash"))
    folder.write(pa.table({"id": ["a", "b", "c"], "text": ["buy now", "nice song", "a song"]}))
    folder.configure()
    return labelmill.run(folder.config).output


def test_a_reader_sees_what_is_live(published: Path, tmp_path: Path) -> None:
    assert json.loads(look(published))[""] == (published / "current").resolve().name
    assert look(tmp_path) == "null"


@pytest.mark.parametrize("name", ["labels/part-00000.parquet", "report.json"])
def test_a_reader_sees_a_byte_that_is_another(published: Path, name: str) -> None:
    path = published / "current" / name
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    try:
        with pytest.raises(ValueError, match="other bytes than listed"):
            look(published)
    finally:
        path.write_bytes(data)


def test_a_reader_sees_a_file_too_many(published: Path) -> None:
    extra = published / "current" / "labels" / ".part-00001.parquet.tmp"
    extra.write_bytes(b"")
    try:
        with pytest.raises(ValueError, match="other files than listed"):
            look(published)
    finally:
        extra.unlink()


def test_what_was_synced_outlives_a_power_cut_under_its_last_name() -> None:
    steps = [
        Step("create", Path("f/.a.tmp")),
        Step("write", Path("f/.a.tmp")),
        Step("fsync", Path("f/.a.tmp")),
        Step("rename", Path("f/a"), Path("f/.a.tmp")),
        Step("create", Path("f/.b.tmp")),
        Step("write", Path("f/.b.tmp")),
        Step("rename", Path("f/b"), Path("f/.b.tmp")),
        Step("rename", Path("g"), Path("f")),
        Step("write", Path("c")),
    ]

    assert unsynced(steps) == {Path("g/b"), Path("c")}


def test_a_power_cut_damages_files_in_several_ways() -> None:
    data = bytes(range(256)) * 4

    assert len({data, *(damaged(data, number) for number in range(4))}) == 5


@pytest.mark.slow
def test_a_quick_sweep_kills_at_twenty_points_and_nothing_is_wrong() -> None:
    command = [sys.executable, "-m", "benchmarks.crash", "--json", "--quick"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=environment()
    )

    facts = json.loads(done.stdout)
    assert facts["wrong"] == 0, facts["what"]
    assert done.returncode == 0
    assert facts["points"] >= 20
    assert facts["kills"] >= 20
    assert facts["looks"] > 100
