"""Durable steps are counted where a test asks for it, and a run ends at any of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labelmill.io import durable, steps

CODE = """
import sys
from pathlib import Path
from labelmill.io import durable

folder = durable.make_folder(Path(sys.argv[1]) / "a" / "b")
durable.write_bytes(folder / "file", b"0123456789")
durable.point(folder / "link", "file")
durable.remove_folder(folder)
"""

STEPS = (
    *("mkdir", "fsync") * 3,
    *("create", "write", "fsync", "rename", "fsync"),
    *("symlink", "rename", "fsync"),
    *("unlink", "unlink", "rmdir"),
)


def _run(folder: Path, end: int) -> int:
    """Carry out all kinds of steps in a process group of their own, up to one of them."""
    env = os.environ | {steps.CRASH: f"{folder / 'log'}:{end}"}
    command = [sys.executable, "-c", CODE, str(folder / "data")]
    return subprocess.run(command, env=env, start_new_session=True, check=False).returncode


def test_every_step_is_noted_before_it_is_done(tmp_path: Path) -> None:
    assert _run(tmp_path, 1000) == 0

    noted = list(steps.noted(tmp_path / "log"))
    assert [step.kind for step in noted] == list(STEPS)
    drafts = {step.source.name for step in noted if step.source is not None}
    assert {name.split(".")[1] for name in drafts} == {"file", "link"}


@pytest.mark.parametrize("end", [1, 7, 8, 10, 12, 17])
def test_a_run_ends_at_a_step_which_is_not_done(tmp_path: Path, end: int) -> None:
    assert _run(tmp_path, end) == -9

    assert len(list(steps.noted(tmp_path / "log"))) == end
    folder = tmp_path / "data" / "a" / "b"
    assert tmp_path.joinpath("data").exists() is (end > 1)
    assert bool(list(folder.glob(".file.*.tmp"))) is (7 < end <= 10)
    assert (folder / "file").exists() is (10 < end <= 15)


def test_a_write_at_which_a_run_ends_has_written_half(tmp_path: Path) -> None:
    assert _run(tmp_path, 8) == -9

    (draft,) = (tmp_path / "data" / "a" / "b").glob(".file.*.tmp")
    assert draft.read_bytes() == b"01234"


def test_nothing_is_counted_where_nobody_asks(tmp_path: Path) -> None:
    durable.write_bytes(tmp_path / "a", b"a")

    assert steps.CRASH not in os.environ
    assert list(steps.noted(tmp_path / "log")) == []


def test_a_line_after_a_torn_one_stands_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    durable.append_line(path, b"whole")
    path.write_bytes(path.read_bytes() + b"tor")

    durable.append_line(path, b"next")

    assert path.read_bytes().splitlines() == [b"whole", b"tor", b"next"]
