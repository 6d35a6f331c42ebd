"""How each partition stands."""

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

import labelmill
from labelmill.errors import ChecksFailed, InputMissing, LockHeld
from labelmill.pipeline.held import publish_held
from labelmill.pipeline.locks import locked
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.status import Standing, status


def states(project: Project) -> dict[str | None, str]:
    """The state of each partition."""
    return {standing.partition: standing.state for standing in status(project.job()).partitions}


def only(project: Project, partition: str | None = None) -> Standing:
    """The standing of one partition."""
    (found,) = status(project.job(), partition).partitions
    return found


def test_a_job_without_partitions_is_missing_then_published(project: Project) -> None:
    before = only(project)
    run = project.run()

    assert (before.state, before.snapshot) == ("missing", None)
    assert only(project) == Standing(None, "published", snapshot=run.snapshots[0].id, run_id=run.id)


def test_each_partition_is_told_in_natural_order(nightly: Project) -> None:
    fill(nightly, "9")
    labelmill.run(nightly.config, partition="20")

    assert list(states(nightly).items()) == [
        ("9", "missing"),
        ("20", "published"),
        ("21", "missing"),
    ]


def test_what_would_be_made_anew_is_stale_and_says_why(nightly: Project) -> None:
    nightly.run()
    fill(nightly, "20", 4)
    first = only(nightly, "20")
    nightly.configure(source=NIGHTLY, seed=5)

    assert (first.state, first.changed, first.why) == ("stale", ("input",), ("the input changed",))
    assert only(nightly, "20").changed == ("input", "plan", "model")
    assert only(nightly, "21").why == ("the config or a file of it changed",)


def test_a_run_that_finds_another_at_work_says_nothing_of_partitions(nightly: Project) -> None:
    with locked(nightly.job()):
        for partition in (None, "20"):
            with pytest.raises(LockHeld):
                nightly.run(partition=partition)
        held = states(nightly)

    assert held == {"20": "failed", "21": "missing"}, "20 was asked for"


def test_a_failure_is_told_until_a_run_goes_well(nightly: Project) -> None:
    nightly.configure(
        source=NIGHTLY,
        labeling_functions=[
            {"name": "bad", "type": "python", "label": "ham", "function": "bad.py:bad"},
        ],
    )
    (nightly.root / "bad.py").write_text("def bad(row):\n    raise ValueError('no')\n")
    with pytest.raises(labelmill.LabelmillError):
        labelmill.run(nightly.config, partition="20")

    failed = only(nightly, "20")

    assert (failed.state, only(nightly, "21").state) == ("failed", "missing")
    assert failed.why[0].startswith("the last run ended with 3: labeling function 'bad'")
    nightly.configure(source=NIGHTLY)
    labelmill.run(nightly.config, partition="20")
    assert only(nightly, "20").state == "published"


def test_what_a_check_holds_names_the_check(nightly: Project) -> None:
    fill(nightly, "20", 6)
    nightly.configure(source=NIGHTLY, checks=[{"type": "row_count", "max": 3}])
    with pytest.raises(ChecksFailed):
        nightly.run()

    held = only(nightly, "20")

    assert (held.state, only(nightly, "21").state) == ("held", "missing")
    assert held.why[0].startswith("check 'row_count': ")
    publish_held(nightly.job(), partition="20", checks=["row_count"], reason="known")
    assert (only(nightly, "20").state, only(nightly, "20").override) == ("published", "known")


def test_a_torn_file_hides_no_other_partition(nightly: Project) -> None:
    nightly.run()
    (nightly.root / "input" / "date=20" / "a.parquet").write_bytes(b"PAR1 half")

    assert states(nightly) == {"20": "unreadable", "21": "published"}
    assert "truncated" in only(nightly, "20").why[0]


def test_what_is_gone_from_the_source_stays_published_as_dropped(nightly: Project) -> None:
    nightly.run()
    (nightly.root / "input" / "date=20" / "a.parquet").unlink()

    assert states(nightly) == {"20": "dropped", "21": "published"}


def test_without_a_source_what_is_live_is_still_told(nightly: Project) -> None:
    nightly.run()
    (nightly.root / "input").rename(nightly.root / "elsewhere")

    found = status(nightly.job())

    assert "no such file or folder" in found.problem
    assert [s.state for s in found.partitions] == ["dropped", "dropped"]


def test_a_partition_without_rows_and_one_that_is_awaited(nightly: Project) -> None:
    fill(nightly, "20", 0)
    nightly.configure(source=NIGHTLY | {"ready_when": {"file": "_SUCCESS"}})
    (nightly.root / "input" / "date=20" / "_SUCCESS").touch()

    assert states(nightly) == {"20": "no data", "21": "not complete"}
    with pytest.raises(InputMissing):
        labelmill.run(nightly.config, partition="21")
    (nightly.root / "input" / "date=21" / "_SUCCESS").touch()
    assert only(nightly, "21").state == "failed"


def test_what_was_rolled_back_is_stale(project: Project) -> None:
    project.run("seed=5")
    project.run()
    rollback(project.job())

    assert only(project).changed == ("plan", "model")
