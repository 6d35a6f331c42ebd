"""Views, their history, and going back in it."""

import json
from pathlib import Path

import pytest
from filelock import FileLock
from tests.pipeline.conftest import Project, fill

import labelmill
from labelmill.errors import LockHeld, OutputFailed, UsageError
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.views import history, live_view, views


def live(project: Project) -> str:
    """The snapshot that `current` leads to."""
    return (project.output / "current").resolve().name


def entries(project: Project) -> dict[str, str]:
    """What readers of `current` find: the snapshot of each partition."""
    folder = project.output / "current"
    return {p.name: p.resolve().name for p in folder.iterdir() if p.is_symlink()}


def test_a_rollback_undoes_the_last_publication_and_the_next_one_that_before(
    project: Project,
) -> None:
    ids = [project.run(f"seed={seed}").snapshots[0].id for seed in (1, 2, 3)]

    moves = [rollback(project.job()).moves[0] for _ in range(2)]

    assert [(move.before, move.after) for move in moves] == [(ids[2], ids[1]), (ids[1], ids[0])]
    assert live(project) == ids[0]
    assert json.loads((project.output / "_CURRENT.json").read_bytes())["snapshot"] == ids[0]


def test_there_is_nothing_to_go_back_to_from_the_first_publication(project: Project) -> None:
    with pytest.raises(UsageError, match="nothing to go back to"):
        rollback(project.job())
    first = project.run().snapshots[0].id
    with pytest.raises(UsageError, match="nothing to go back to"):
        rollback(project.job())

    assert live(project) == first


def test_after_a_rollback_a_publication_goes_on_from_what_is_live(project: Project) -> None:
    first, _ = (project.run(f"seed={seed}").snapshots[0].id for seed in (1, 2))
    rollback(project.job())
    third = project.run("seed=3").snapshots[0].id

    rollback(project.job())

    assert live(project) == first
    assert [s for _, s in history(project.output)] == [first]
    assert third in {view.snapshots[None] for view in views(project.output)}


def test_a_snapshot_that_was_live_once_can_be_named(project: Project) -> None:
    ids = [project.run(f"seed={seed}").snapshots[0].id for seed in (1, 2, 3)]

    rollback(project.job(), to=ids[0][:10])
    assert live(project) == ids[0]
    rollback(project.job(), to=ids[2])
    assert live(project) == ids[2]
    with pytest.raises(UsageError, match="ever live"):
        rollback(project.job(), to="f00f00f00")


def test_publishing_the_same_again_makes_no_view(project: Project) -> None:
    project.run()
    project.run()

    assert len(views(project.output)) == 1


def test_publishing_again_what_was_rolled_back_takes_the_same_view(project: Project) -> None:
    project.run("seed=1")
    project.run("seed=2")
    rollback(project.job())

    project.run("seed=2")

    assert [view.number for view in views(project.output)] == [1, 2]
    assert live_view(project.output) == views(project.output)[1]


def test_a_snapshot_that_was_published_without_a_view_can_be_gone_back_to(
    project: Project,
) -> None:
    first = project.run("seed=1").snapshots[0].id
    (project.output / "views" / "1" / "manifest.json").unlink()
    (project.output / "views" / "1").rmdir()
    (project.output / "_CURRENT.json").write_text(json.dumps({"snapshot": first}))

    project.run("seed=2")
    rollback(project.job())

    assert live(project) == first


def test_a_pointer_file_that_a_killed_run_left_behind_is_mended(project: Project) -> None:
    project.run()
    whole = (project.output / "_CURRENT.json").read_bytes()
    (project.output / "_CURRENT.json").unlink()

    project.run()

    assert (project.output / "_CURRENT.json").read_bytes() == whole


def test_one_partition_goes_back_and_the_others_stay(nightly: Project) -> None:
    nightly.run()
    before = entries(nightly)
    fill(nightly, "20", 4)
    fill(nightly, "21", 4)
    nightly.run()
    after = entries(nightly)

    rollback(nightly.job(), partition="20")

    assert entries(nightly) == {"date=20": before["date=20"], "date=21": after["date=21"]}
    assert set(before.values()) & set(after.values()) == set()


def test_a_partition_goes_back_step_by_step(nightly: Project) -> None:
    ids = []
    for rows in (2, 4, 6):
        fill(nightly, "20", rows)
        labelmill.run(nightly.config, partition="20")
        ids.append(entries(nightly)["date=20"])
    for day in ("21",):
        labelmill.run(nightly.config, partition=day)

    found = [rollback(nightly.job(), partition="20").moves[0].after for _ in range(2)]

    assert found == [ids[1], ids[0]]
    with pytest.raises(UsageError, match="no earlier snapshot"):
        rollback(nightly.job(), partition="20")
    assert "date=21" in entries(nightly)


def test_the_whole_view_goes_back_with_one_step(nightly: Project) -> None:
    labelmill.run(nightly.config, partition="20")
    before = entries(nightly)
    labelmill.run(nightly.config, partition="21")

    done = rollback(nightly.job())

    assert entries(nightly) == before
    assert [(move.partition, move.after) for move in done.moves] == [("21", None)]


def test_a_named_snapshot_of_a_partition_moves_this_partition_only(nightly: Project) -> None:
    nightly.run()
    first = entries(nightly)
    fill(nightly, "20", 4)
    nightly.run()

    rollback(nightly.job(), to=first["date=20"])

    assert entries(nightly) == first
    with pytest.raises(UsageError, match="is live already"):
        rollback(nightly.job(), to=first["date=20"])
    with pytest.raises(UsageError, match="live are: 20, 21"):
        rollback(nightly.job(), partition="22")


def test_a_damaged_snapshot_is_never_live_again(project: Project) -> None:
    first = project.run("seed=1").snapshots[0]
    second = project.run("seed=2").snapshots[0]
    report = first.folder / "report.json"
    report.write_bytes(report.read_bytes() + b" ")

    with pytest.raises(OutputFailed, match="was changed since"):
        rollback(project.job())

    assert live(project) == second.id


def test_a_rollback_is_recorded_and_waits_for_no_lock(project: Project) -> None:
    project.run("seed=1")
    project.run("seed=2")
    with FileLock(project.root / ".labelmill" / "locks" / "job.lock"), pytest.raises(LockHeld):
        rollback(project.job())

    rollback(project.job())

    records = [read(p) for p in (project.root / ".labelmill" / "runs").glob("*/run.json")]
    verbs = sorted((r["verb"], r["status"], r["exit_code"]) for r in records)
    assert verbs == [
        ("rollback", "done", 0),
        ("rollback", "failed", 5),
        ("run", "published", 0),
        ("run", "published", 0),
    ]


def read(path: Path) -> dict[str, object]:
    """A JSON file."""
    found: dict[str, object] = json.loads(path.read_bytes())
    return found


def test_the_beginning_of_an_id_must_not_be_too_short(project: Project) -> None:
    id_ = project.run().snapshots[0].id

    with pytest.raises(UsageError, match="write 6 characters of the id or more"):
        rollback(project.job(), to=id_[:5])
