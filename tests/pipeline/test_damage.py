"""Which files of a partition are odd among the others."""

import json

import pyarrow as pa
import pytest
from tests.pipeline.conftest import Project

from labelmill.errors import BadColumn, ConfigErrors, DamagedInput
from labelmill.pipeline.plan import make_plan
from labelmill.pipeline.status import status

SKIP = {"path": "input", "id": "id", "text": "text", "on_corrupt": "skip"}


def _lost(project: Project) -> dict[str, str]:
    """What is left out, and why."""
    plan = make_plan(project.job())
    return {f.name: f.problem for part in plan.partitions for f in part.files if f.problem}


def test_the_columns_of_most_files_are_right_wherever_the_odd_one_stands(project: Project) -> None:
    project.configure(source=SKIP)
    project.write({"id": [1], "text": ["x"]}, "a.parquet")
    for name in ("b", "c"):
        project.write({"id": [name], "text": ["x"]}, f"{name}.parquet")

    assert _lost(project) == {"a.parquet": "column 'id' holds int64; holds string in most files"}


def test_of_two_kinds_equally_many_that_of_the_first_file_is_right(project: Project) -> None:
    project.configure(source=SKIP)
    project.write({"id": ["a"], "text": ["x"]}, "a.parquet")
    project.write({"id": [1], "text": ["x"]}, "b.parquet")

    assert list(_lost(project)) == ["b.parquet"]


def test_a_column_that_nobody_names_may_be_missing_but_not_of_another_type(
    project: Project,
) -> None:
    project.configure(source=SKIP)
    project.write({"id": ["a"], "text": ["x"], "n": [1]}, "a.parquet")
    project.write({"id": ["b"], "text": ["x"]}, "b.parquet")
    project.write({"id": ["c"], "text": ["x"], "n": [2]}, "c.parquet")
    project.write({"id": ["d"], "text": ["x"], "n": ["2"]}, "d.parquet")

    assert list(_lost(project)) == ["d.parquet"]


def test_a_column_that_most_files_lack_is_an_error_of_the_config(project: Project) -> None:
    project.configure(source=SKIP)
    for name in ("a", "b"):
        project.write({"id": [name], "body": ["x"]}, f"{name}.parquet")
    project.write({"id": ["c"], "text": ["x"]}, "c.parquet")

    with pytest.raises(ConfigErrors, match="no column 'text'"):
        make_plan(project.job())


def test_partitions_are_held_against_themselves(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()
    project.configure(source=SKIP | {"partition": "date"})
    project.write({"id": ["a"], "text": ["x"]}, "date=1/a.parquet")
    project.write({"id": [1], "text": ["x"]}, "date=2/a.parquet")

    with pytest.raises(BadColumn, match="holds int64, but string in date=1"):
        make_plan(project.job())


def test_a_file_that_is_torn_ends_a_run_by_default(project: Project) -> None:
    project.write({"id": ["a"], "text": ["x"]}, "b.parquet").write_bytes(b"")

    with pytest.raises(DamagedInput) as caught:
        make_plan(project.job())
    assert caught.value.exit_code == 4


def test_status_tells_of_files_that_were_left_out(project: Project) -> None:
    project.configure(source=SKIP)
    project.write(pa.table({"id": ["a"], "text": ["x"]}), "b.parquet").write_bytes(b"")
    project.run()

    (standing,) = status(project.job()).partitions

    assert standing.state == "published"
    assert standing.why[0].startswith("input file b.parquet was left out: the file is empty")


def test_a_source_of_which_nothing_can_be_read_stands_as_unreadable(project: Project) -> None:
    project.configure(source=SKIP)
    (project.root / "input" / "a.parquet").write_bytes(b"")

    (standing,) = status(project.job()).partitions

    assert standing.state == "unreadable"


def test_how_many_files_may_be_damaged_makes_nothing_stale(project: Project) -> None:
    project.configure(source=SKIP)
    project.run()
    project.configure(source=SKIP | {"max_corrupt": 7})

    assert project.run().status == "nothing to do"
    assert (
        json.loads((project.output / "current" / "report.json").read_bytes())["skipped_files"] == []
    )
