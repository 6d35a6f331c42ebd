"""Removing what nobody needs."""

import os
import shutil
from pathlib import Path
from time import time

import pytest
from filelock import FileLock
from tests.pipeline.conftest import NIGHTLY, Project, fill

from labelmill.errors import ChecksFailed, InputMissing, LockHeld, UsageError
from labelmill.pipeline import sweep as sweeping
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.sweep import sweep
from labelmill.pipeline.views import live_view, views


def snapshots(project: Project) -> set[str]:
    """The snapshots that there are."""
    return {p.name for p in (project.output / "snapshots").iterdir() if p.is_dir()}


def test_views_before_the_last_ones_go_with_their_snapshots(project: Project) -> None:
    ids = [project.run(f"seed={seed}").snapshots[0].id for seed in range(4)]
    before = project.files()

    swept = sweep(project.job(), keep=2)

    assert snapshots(project) == set(ids[2:])
    assert [view.number for view in views(project.output)] == [3, 4]
    assert [item.kind for item in swept.rubbish] == ["view", "view", "snapshot", "snapshot"]
    assert swept.bytes > 1000
    assert project.files() == before
    assert rollback(project.job()).moves[0].after == ids[2]
    with pytest.raises(UsageError, match="nothing to go back to"):
        rollback(project.job())


def test_what_is_live_stays_though_newer_views_were_rolled_back(project: Project) -> None:
    ids = [project.run(f"seed={seed}").snapshots[0].id for seed in range(4)]
    rollback(project.job(), to=ids[0])
    before = project.files()

    sweep(project.job(), keep=1)

    assert project.files() == before
    assert snapshots(project) == {ids[0], ids[3]}


def test_a_dry_run_says_the_same_and_removes_nothing(project: Project) -> None:
    for seed in range(3):
        project.run(f"seed={seed}")
    before = sorted(project.root.rglob("*"))

    would = sweep(project.job(), keep=1, dry_run=True)

    assert sorted(project.root.rglob("*")) == before
    assert sweep(project.job(), keep=1) == would
    assert sweep(project.job(), keep=1).rubbish == ()


def test_what_is_held_by_a_check_stays_and_what_was_held_goes(project: Project) -> None:
    project.run()
    held = []
    for least in (98, 99):
        project.configure(checks=[{"type": "row_count", "min": least}])
        with pytest.raises(ChecksFailed) as failed:
            project.run()
        held.append(str(failed.value.snapshot))

    sweep(project.job())

    assert held[1] in snapshots(project)
    assert held[0] not in snapshots(project)


def test_what_killed_runs_left_behind_goes(project: Project) -> None:
    project.run()
    left = [
        project.output / "snapshots" / ".making-01" / "a",
        project.output / "views" / ".making-02" / "a",
        project.output / "._CURRENT.json.tmp",
        project.root / ".labelmill" / "work" / "job" / "a",
        project.root / ".labelmill" / "shards" / "job" / "d" / "s" / ".votes.arrow.1-2.tmp",
        project.root / ".labelmill" / "votes" / "job" / "d" / ".1.arrow.1-2.tmp",
        project.root / ".labelmill" / "heartbeats" / ".job.json.1-2.tmp",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")

    swept = sweep(project.job())

    assert {item.kind for item in swept.rubbish} == {"unfinished"}
    assert swept.bytes == 35
    assert not any(path.exists() for path in left)


def test_a_view_of_which_a_killed_gc_left_the_folder_alone_goes(project: Project) -> None:
    project.run()
    left = project.output / "views" / "7"
    left.mkdir()

    sweep(project.job())

    assert not left.exists()


def test_a_file_that_fell_behind_the_pointer_is_mended(project: Project) -> None:
    project.run("seed=1")
    old = (project.output / "_CURRENT.json").read_bytes()
    project.run("seed=2")
    new = (project.output / "_CURRENT.json").read_bytes()
    (project.output / "_CURRENT.json").write_bytes(old)

    sweep(project.job())

    assert (project.output / "_CURRENT.json").read_bytes() == new


def test_records_that_a_killed_run_did_not_finish_go_after_a_day(project: Project) -> None:
    made = project.run().id
    runs = project.root / ".labelmill" / "runs"
    for name, age in (("old", 90_000), ("young", 0)):
        draft = runs / name / ".run.json.tmp"
        draft.parent.mkdir()
        draft.write_bytes(b"{")
        os.utime(draft.parent, (time() - age, time() - age))

    sweep(project.job())

    left = {folder.name for folder in runs.iterdir()}
    assert "old" not in left
    assert {made, "young"} <= left


def test_old_records_go(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "RECORDS", 2)
    last = [project.run().id for _ in range(4)][2:]

    sweep(project.job())

    runs = {p.name for p in (project.root / ".labelmill" / "runs").iterdir()}
    assert set(last) <= runs
    assert len(runs) == 3


def test_partitions_that_are_gone_stay_live_until_they_are_dropped(nightly: Project) -> None:
    nightly.run()
    shutil.rmtree(nightly.root / "input" / "date=20")
    sweep(nightly.job())
    assert live(nightly) == {"20", "21"}
    assert sweep(nightly.job(), dropped=True, dry_run=True).dropped == ("20",)
    assert live(nightly) == {"20", "21"}

    swept = sweep(nightly.job(), dropped=True, keep=1)

    assert swept.dropped == ("20",)
    assert live(nightly) == {"21"}
    assert len(snapshots(nightly)) == 1


@pytest.mark.parametrize("keep", [1, 2, 3, 10])
def test_what_dropping_would_remove_is_told_beforehand(nightly: Project, keep: int) -> None:
    for seed in (1, 2, 3):
        nightly.run(f"seed={seed}")
    shutil.rmtree(nightly.root / "input" / "date=20")

    told = sweep(nightly.job(), dropped=True, keep=keep, dry_run=True)
    removed = sweep(nightly.job(), dropped=True, keep=keep)

    assert told == removed
    assert {item.kind for item in told.rubbish} == ({"view", "snapshot"} if keep < 10 else set())


def test_nothing_is_dropped_because_the_source_is_away(nightly: Project) -> None:
    nightly.run()
    (nightly.root / "input").rename(nightly.root / "elsewhere")

    with pytest.raises(InputMissing):
        sweep(nightly.job(), dropped=True)

    assert live(nightly) == {"20", "21"}


def test_partitions_of_older_views_are_kept_with_them(nightly: Project) -> None:
    nightly.configure(source=NIGHTLY)
    for rows in (2, 3, 4):
        fill(nightly, "20", rows)
        nightly.run()

    sweep(nightly.job(), keep=2)

    assert len(snapshots(nightly)) == 3
    rollback(nightly.job(), partition="20")
    assert live(nightly) == {"20", "21"}


def test_nothing_is_removed_while_a_run_is_at_work(project: Project) -> None:
    project.run()
    lock = project.root / ".labelmill" / "locks" / "job.lock"
    for dry_run in (True, False):
        with FileLock(lock), pytest.raises(LockHeld):
            sweep(project.job(), dry_run=dry_run)
    with pytest.raises(UsageError, match="at least 1"):
        sweep(project.job(), keep=0)


def live(project: Project) -> set[str | None]:
    """The partitions that are live, each with its files."""
    view = live_view(project.output)
    assert view is not None
    folders = [p for p in (project.output / "current").iterdir() if p.is_symlink()]
    assert all((Path(p) / "manifest.json").is_file() for p in folders)
    return set(view.snapshots)


def test_any_number_of_views_can_be_kept(project: Project) -> None:
    project.run("seed=1")
    project.run("seed=2")

    assert sweep(project.job(), keep=10**30).rubbish == ()
