"""Several partitions, one after the other."""

import json
import signal

import pytest
from filelock import FileLock
from tests.pipeline.conftest import NIGHTLY, Project, fill

import labelmill
from labelmill.config.spec import Job
from labelmill.errors import InputMissing, LockHeld, PartlyPublished, UsageError
from labelmill.pipeline import ending
from labelmill.pipeline.backfill import Backfill, run_partitions
from labelmill.pipeline.result import Run
from labelmill.pipeline.run import run_job
from labelmill.pipeline.views import live_view

FEW = [{"type": "row_count", "max": 3}]


def done(many: Backfill) -> dict[str, int]:
    """The exit code of each partition, in the order in which they were run."""
    return {o.partition: 0 if o.error is None else o.error.exit_code for o in many.outcomes}


def live(project: Project) -> set[str | None]:
    """The partitions that are live."""
    view = live_view(project.output)
    return set() if view is None else set(view.snapshots)


@pytest.fixture
def week(nightly: Project) -> Project:
    """Partitions 9, 10, 20 and 21."""
    for day in ("9", "10"):
        fill(nightly, day)
    return nightly


def test_a_range_runs_from_the_newest_and_takes_both_ends(week: Project) -> None:
    many = run_partitions(week.job(), wanted="9..20")

    assert list(done(many)) == ["20", "10", "9"]
    assert live(week) == {"9", "10", "20"}
    assert many.error is None


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [("10..", ["21", "20", "10"]), ("..9", ["9"]), ("11..19", None), ("20..20", ["20"])],
)
def test_an_end_that_is_left_out_is_open(
    week: Project, wanted: str, taken: list[str] | None
) -> None:
    if taken is None:
        with pytest.raises(InputMissing, match=r"there is no partition in 11\.\.19"):
            run_partitions(week.job(), wanted=wanted)
    else:
        assert list(done(run_partitions(week.job(), wanted=wanted))) == taken


@pytest.mark.parametrize("wanted", ["9", "9-20", "9...20", "9..10..20"])
def test_what_is_no_range_is_refused(week: Project, wanted: str) -> None:
    with pytest.raises(UsageError, match=r"write FIRST\.\.LAST"):
        run_partitions(week.job(), wanted=wanted)


def test_a_range_that_runs_backwards_is_refused_with_the_right_one(week: Project) -> None:
    with pytest.raises(UsageError, match=r"20 comes after 10; write 10\.\.20"):
        run_partitions(week.job(), wanted="20..10")


def test_a_job_without_partitions_has_no_range(project: Project) -> None:
    for wanted in ("1..2", None):
        with pytest.raises(UsageError, match=r"has no source\.partition"):
            run_partitions(project.job(), wanted=wanted)


def test_a_failure_ends_it_and_what_was_published_stays(week: Project) -> None:
    fill(week, "10", 8)
    week.configure(source=NIGHTLY, checks=FEW)

    many = run_partitions(week.job(), wanted="9..21")

    assert done(many) == {"21": 0, "20": 0, "10": 3}
    assert many.left == ("9",)
    assert many.error is not None
    assert many.error.exit_code == 3
    assert live(week) == {"20", "21"}


def test_it_keeps_going_where_that_is_wanted_and_tells_each_failure(week: Project) -> None:
    fill(week, "10", 8)
    (week.root / "input" / "date=20" / "a.parquet").write_bytes(b"")
    week.configure(source=NIGHTLY, checks=FEW)

    many = run_partitions(week.job(), wanted="9..21", keep_going=True)

    assert done(many) == {"21": 0, "20": 4, "10": 3, "9": 0}
    assert isinstance(many.error, PartlyPublished)
    assert many.error.exit_code == 6
    assert str(many.error).startswith("2 of 4 partitions went well\npartition 20: ")
    assert "partition 10: check 'row_count'" in str(many.error)
    assert live(week) == {"9", "21"}


def test_where_all_fail_the_first_failure_counts(week: Project) -> None:
    week.configure(source=NIGHTLY, checks=[{"type": "row_count", "min": 99}])

    many = run_partitions(week.job(), wanted="9..10", keep_going=True)

    assert many.error is not None
    assert many.error.exit_code == 3


def test_since_the_last_success_takes_what_is_newer_and_what_changed(week: Project) -> None:
    labelmill.run(week.config, partition="10")
    labelmill.run(week.config, partition="20")
    fill(week, "10", 3)
    fill(week, "22")

    many = run_partitions(week.job())

    assert list(done(many)) == ["22", "21", "10"]
    assert run_partitions(week.job()).outcomes == ()
    assert live(week) == {"10", "20", "21", "22"}


def test_since_the_last_success_takes_all_where_nothing_is_live(week: Project) -> None:
    assert list(done(run_partitions(week.job()))) == ["21", "20", "10", "9"]


def test_an_older_partition_is_tried_again_if_it_failed_in_a_way_that_may_pass(
    week: Project,
) -> None:
    torn, big = week.root / "input" / "date=10" / "a.parquet", fill(week, "9", 8)
    torn.write_bytes(b"")
    week.configure(source=NIGHTLY, checks=FEW)
    run_partitions(week.job(), keep_going=True)
    assert live(week) == {"20", "21"}
    fill(week, "10")

    many = run_partitions(week.job(), keep_going=True)

    assert done(many) == {"10": 0}
    assert big.exists()


def test_what_is_not_complete_comes_last(week: Project) -> None:
    week.configure(source=NIGHTLY | {"ready_when": {"file": "_SUCCESS"}})
    for day in ("9", "10"):
        (week.root / "input" / f"date={day}" / "_SUCCESS").touch()

    many = run_partitions(week.job())

    assert done(many) == {"10": 0, "9": 0, "21": 4}
    assert "date=21/_SUCCESS" in str(many.error)


def test_each_partition_and_the_whole_have_a_record(week: Project) -> None:
    many = run_partitions(week.job(), wanted="20..21")

    runs = week.root / ".labelmill" / "runs"
    told = json.loads((runs / many.id / "run.json").read_bytes())
    assert (told["verb"], told["wanted"], told["exit_code"]) == ("backfill", "20..21", 0)
    own = [json.loads((runs / p["run_id"] / "run.json").read_bytes()) for p in told["partitions"]]
    assert [(r["verb"], r["partition"], r["status"]) for r in own] == [
        ("run", "21", "published"),
        ("run", "20", "published"),
    ]


def test_a_signal_late_in_a_partition_ends_the_backfill_after_it(week: Project) -> None:
    def run_one(job: Job, *, partition: str) -> Run:
        run = run_job(job, partition=partition, has_lock=True)
        assert ending.noted(signal.SIGINT)
        return run

    with pytest.raises(KeyboardInterrupt):
        run_partitions(week.job(), run_one=run_one)

    assert live(week) == {"21"}


def test_one_lock_is_held_for_all(week: Project) -> None:
    lock = week.root / ".labelmill" / "locks" / "job.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock), pytest.raises(LockHeld):
        run_partitions(week.job())

    assert live(week) == set()


def test_the_order_of_partitions_changes_no_snapshot(week: Project) -> None:
    run_partitions(week.job())
    backwards = live_view(week.output)
    for day in ("9", "10", "20", "21"):
        labelmill.run(week.config, partition=day, overrides={"output": "other"})
    forwards = live_view(week.root / "other")

    assert backwards is not None
    assert forwards is not None
    assert backwards.snapshots == forwards.snapshots
