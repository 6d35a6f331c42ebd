"""Another key of the partitions: nothing goes off live without a word."""

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

import labelmill
from labelmill.errors import UsageError
from labelmill.pipeline.foresight import foresee
from labelmill.pipeline.history import partitions_before
from labelmill.pipeline.plan import make_plan
from labelmill.pipeline.status import status
from labelmill.report.partitions import status_view


@pytest.fixture
def renamed(nightly: Project) -> Project:
    """Two nights that are live by `date`, whose folders and key have another name since."""
    nightly.run()
    for folder in sorted((nightly.root / "input").iterdir()):
        folder.rename(folder.with_name(folder.name.replace("date=", "day=")))
    nightly.configure(source=NIGHTLY | {"partition": "day"})
    return nightly


def live(project: Project) -> list[str]:
    return sorted(path.name for path in (project.output / "current").iterdir() if path.is_dir())


@pytest.mark.parametrize(
    "asked", [{"partition": "21"}, {"partitions": "20..21"}, {"since_last_success": True}]
)
def test_one_partition_under_another_key_takes_no_others_off(
    renamed: Project, asked: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match=r"is 'day', and what is live has 'date'.* 2 partitions"):
        labelmill.run(renamed.config, **asked)  # type: ignore[arg-type]

    assert live(renamed) == ["date=20", "date=21"]


def test_all_partitions_may_have_another_key_and_it_is_told(renamed: Project) -> None:
    run = renamed.run()

    assert live(renamed) == ["day=20", "day=21"]
    (told,) = run.warnings
    assert (
        "'day', and what is live has 'date': what is published now takes off 2 partitions by"
        in told
    )
    assert renamed.run("select.min_confidence=0.1").warnings == ()
    assert len(labelmill.run(renamed.config, partition="21").snapshots) == 1


def test_plan_and_status_tell_of_another_key(renamed: Project) -> None:
    told = foresee(make_plan(renamed.job()), renamed.output).warnings
    assert len(told) == 1
    assert status(renamed.job()).warnings == told
    shown = "".join(map(str, status_view(status(renamed.job()), 80)))
    assert "takes off 2 partitions by 'date'" in shown


def test_a_night_does_not_take_the_place_of_a_job_without_partitions(nightly: Project) -> None:
    nightly.configure(source={k: v for k, v in NIGHTLY.items() if k != "partition"})
    nightly.run()
    nightly.configure(source=NIGHTLY)

    with pytest.raises(UsageError, match="and what is live has no partitions; publishing"):
        labelmill.run(nightly.config, partition="20")
    assert any(
        "has no partitions: what is published now takes off snapshot" in told
        for told in nightly.run().warnings
    )


def test_partitions_stand_in_natural_order(nightly: Project) -> None:
    for day in ("9", "100"):
        fill(nightly, day)

    run = nightly.run()

    assert [s.partition for s in run.snapshots] == ["9", "20", "21", "100"]
    before = [partitions_before(nightly.output, day, 9) for day in ("9", "100")]
    assert [[past.partition for past in found] for found in before] == [[], ["21", "20", "9"]]
