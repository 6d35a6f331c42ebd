"""Several partitions from Python, and configs that differ from partition to partition."""

import json

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

import labelmill
from labelmill.errors import ConfigErrors, PartlyPublished, UsageError
from labelmill.pipeline.backfill import Backfill, run_partitions
from labelmill.pipeline.face import load_job
from labelmill.pipeline.several import jobs_of
from labelmill.pipeline.views import live_view


@pytest.fixture
def nights(nightly: Project) -> Project:
    """Partitions 20, 21 and 22."""
    fill(nightly, "22")
    return nightly


def _since(project: Project) -> Backfill:
    job, job_of = jobs_of(lambda value: load_job(project.config, (), value), None)
    return run_partitions(job, job_of=job_of)


def _taken(many: Backfill) -> list[str]:
    assert many.error is None
    return [outcome.partition for outcome in many.outcomes]


def test_a_range_is_run_from_python(nights: Project) -> None:
    done = labelmill.run(nights.config, partitions="20..21")

    assert [snapshot.partition for snapshot in done.snapshots] == ["20", "21"]
    assert done.status == "published"
    assert len(done.labels) == 4
    view = live_view(nights.output)
    assert view is not None
    assert set(view.snapshots) == {"20", "21"}


def test_what_is_due_is_run_from_python(nights: Project) -> None:
    labelmill.run(nights.config, partition="21")

    done = labelmill.run(nights.config, since_last_success=True)
    again = labelmill.run(nights.config, since_last_success=True)

    assert [snapshot.partition for snapshot in done.snapshots] == ["22"]
    assert (again.status, again.snapshots) == ("nothing to do", ())


def test_a_failure_among_several_is_raised_and_the_others_stay_live(nights: Project) -> None:
    (nights.root / "input" / "date=21" / "a.parquet").write_bytes(b"")

    with pytest.raises(PartlyPublished, match=r"2 of 3 partitions went well"):
        labelmill.run(nights.config, partitions="20..22", keep_going=True)

    view = live_view(nights.output)
    assert view is not None
    assert set(view.snapshots) == {"20", "22"}


@pytest.mark.parametrize(
    "options",
    [
        {"partition": "20", "partitions": "20..21"},
        {"partitions": "20..21", "since_last_success": True},
        {"keep_going": True},
        {"partitions": "20"},
    ],
)
def test_options_that_deny_each_other_are_refused(
    nights: Project, options: dict[str, object]
) -> None:
    with pytest.raises(UsageError):
        labelmill.run(nights.config, **options)  # type: ignore[arg-type]


def test_a_path_that_names_the_partition_is_looked_for_everywhere(nights: Project) -> None:
    nights.configure(source=NIGHTLY | {"path": "input/date=${run.partition}"})

    assert _taken(_since(nights)) == ["22", "21", "20"]
    assert _taken(_since(nights)) == []
    fill(nights, "21", rows=4)
    assert _taken(_since(nights)) == ["21"]


def test_an_output_for_each_partition_is_looked_at_for_what_is_due(nights: Project) -> None:
    nights.configure(source=NIGHTLY, output="out/${run.partition}")
    labelmill.run(nights.config, partition="21")

    assert _taken(_since(nights)) == ["22"]
    assert (nights.output / "22" / "current" / "date=22").is_dir()
    assert not (nights.output / "20").exists()
    assert _taken(_since(nights)) == []


def test_each_partition_has_its_own_config(nights: Project) -> None:
    nights.configure(source=NIGHTLY, description="of night ${run.partition}")

    done = labelmill.run(nights.config, partitions="20..22")

    told = [json.loads((s.folder / "manifest.json").read_bytes()) for s in done.snapshots]
    assert [facts["config"]["description"] for facts in told] == [
        f"of night {day}" for day in (20, 21, 22)
    ]


def test_a_file_for_each_partition_needs_a_name_to_look_for(nights: Project) -> None:
    for day in ("21", "22"):
        (nights.root / f"rules_{day}.py").write_text("def rule(row):\n    return 'ham'\n")
    rule = {"name": "rule", "type": "python", "function": "rules_${run.partition}.py:rule"}
    nights.configure(source=NIGHTLY, labeling_functions=[rule])

    with pytest.raises(ConfigErrors, match=r"run.partition. has no value"):
        labelmill.run(nights.config, since_last_success=True)
    done = labelmill.run(nights.config, partitions="21..22")

    assert [snapshot.partition for snapshot in done.snapshots] == ["21", "22"]


def test_what_is_wrong_for_every_partition_is_said_at_once(nights: Project) -> None:
    nights.configure(source=NIGHTLY, split={"train": 0.5})

    with pytest.raises(ConfigErrors, match="split"):
        labelmill.run(nights.config, since_last_success=True)
