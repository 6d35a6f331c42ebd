"""Waiting until the input is complete."""

import os
import time

import pytest
from tests.pipeline.conftest import NIGHTLY, Project

import labelmill
from labelmill.errors import ConfigErrors, InputMissing

FLAT = {"path": "input", "id": "id", "text": "text"}


def test_a_source_without_its_marker_is_awaited(project: Project) -> None:
    project.configure(source=FLAT | {"ready_when": {"file": "_SUCCESS"}})

    with pytest.raises(InputMissing, match=r"the source is not complete: there is no .*/_SUCCESS"):
        project.run()
    (project.root / "input" / "_SUCCESS").touch()

    assert project.run().status == "published"


def test_each_partition_has_a_marker_of_its_own(nightly: Project) -> None:
    nightly.configure(source=NIGHTLY | {"ready_when": {"file": "_SUCCESS"}})
    (nightly.root / "input" / "date=20" / "_SUCCESS").touch()

    labelmill.run(nightly.config, partition="20")

    for partition in ("21", None):
        with pytest.raises(InputMissing, match="partition '21' is not complete"):
            labelmill.run(nightly.config, partition=partition)


def test_files_that_change_are_awaited(project: Project) -> None:
    file = project.root / "input" / "a.parquet"
    project.configure(source=FLAT | {"ready_when": {"min_age": "30m"}})
    for age, message in ((60, "60 s ago, and 1800 s have"), (-60, "in the future")):
        os.utime(file, (time.time() - age,) * 2)
        with pytest.raises(InputMissing, match=message):
            project.run()

    os.utime(file, (time.time() - 1801,) * 2)

    assert project.run().status == "published"


def test_what_is_awaited_changes_no_snapshot(project: Project) -> None:
    before = project.run().snapshots[0].id
    (project.root / "input" / "_SUCCESS").touch()
    project.configure(source=FLAT | {"ready_when": {"file": "_SUCCESS"}})

    assert project.run().snapshots[0].id == before


def test_a_file_that_is_still_written_is_not_opened_for_another_partition(
    nightly: Project,
) -> None:
    (nightly.root / "input" / "date=21" / "a.parquet").write_bytes(b"PAR1 half")

    assert labelmill.run(nightly.config, partition="20").status == "published"
    with pytest.raises(InputMissing, match="truncated"):
        labelmill.run(nightly.config, partition="21")


@pytest.mark.parametrize(
    ("ready", "message"),
    [
        ({}, "says nothing; write"),
        ({"min_age": "30"}, "min_age: expected a number and s, m, h or d, such as 30m"),
        ({"min_age": "-5m"}, "min_age: expected a number and s, m, h or d"),
        ({"file": ".."}, "file: expected the name of a file without its folder"),
        ({"file": "."}, "file: expected the name of a file"),
        ({"file": "a/b"}, "file"),
        ({"marker": "x"}, "unknown key"),
        ("_SUCCESS", "expected"),
    ],
)
def test_what_cannot_be_awaited_is_refused(project: Project, ready: object, message: str) -> None:
    project.configure(source=FLAT | {"ready_when": ready})

    with pytest.raises(ConfigErrors, match=message) as caught:
        project.job()

    assert caught.value.problems[0].path.startswith("source.ready_when")
