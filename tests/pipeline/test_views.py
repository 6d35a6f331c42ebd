"""Views under readers that look at any moment, and writers that end at any moment."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

from labelmill.config.spec import Job
from labelmill.errors import OutputFailed
from labelmill.io import durable
from labelmill.pipeline.publish import snapshot_folder
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.run import run_job
from labelmill.pipeline.status import status
from labelmill.pipeline.sweep import sweep
from labelmill.pipeline.views import live_view, publish, show, views

STEPS = ("point", "write_bytes", "move_folder", "make_folder", "link")


class Killed(BaseException):
    """The process ends here."""


def seen(output: Path) -> dict[str, str]:
    """What a reader finds, who opened `current` once: the snapshot of each partition."""
    view = (output / "current").resolve()
    facts = json.loads((view / "manifest.json").read_bytes())
    return {value: (view / f"date={value}").resolve().name for value in facts["partitions"]}


@pytest.fixture
def twice(nightly: Project) -> Project:
    """Two partitions that were published twice, with other contents."""
    nightly.run()
    for day in ("20", "21"):
        fill(nightly, day, 4)
    nightly.run()
    return nightly


def test_a_reader_sees_a_whole_view_at_any_moment(twice: Project) -> None:
    known = [dict(view.snapshots) for view in views(twice.output)]
    done, found = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            found.append(seen(twice.output))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(20):
            for view in views(twice.output):
                show(twice.output, view)
    finally:
        done.set()
        reader.join()

    assert len(found) > 20
    assert all(view in known for view in found)
    assert len({tuple(view.items()) for view in found}) > 1


def killed_at(number: int, monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> bool:
    """Do something that ends before its n-th durable step; False if it came to its end."""
    left = [number]

    def before(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **options: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return step(*arguments, **options)

        return stepped

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(durable, name, before(getattr(durable, name)))
        try:
            work()
        except Killed:
            return True
    return False


def test_publishing_that_is_killed_anywhere_ends_in_the_same_when_done_again(
    twice: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = views(twice.output)[1], views(twice.output)[-1]
    new = str(last.snapshots["20"])
    ends = set()
    for number in range(20):
        show(twice.output, first)
        for view in views(twice.output)[2:]:
            durable.remove_folder(twice.output / "views" / str(view.number))
        before = seen(twice.output)

        def work() -> Any:
            return publish(twice.output, "date", "20", new)

        stopped = killed_at(number, monkeypatch, work)
        assert seen(twice.output) in (before, {**before, "20": new})
        work()

        assert seen(twice.output) == {**before, "20": new}
        ends.add((twice.output / "_CURRENT.json").read_bytes())
        assert len(views(twice.output)) == 3
        if not stopped:
            break

    assert not stopped
    assert number > 3
    assert len(ends) == 1


def test_a_rollback_that_is_killed_anywhere_leaves_one_view_or_the_other(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [project.run(f"seed={seed}").snapshots[0].id for seed in (1, 2)]
    job, whole = project.job(), views(project.output)[-1]
    for number in range(20):
        show(project.output, whole)
        stopped = killed_at(number, monkeypatch, lambda: rollback(job))
        assert (project.output / "current").resolve().name in ids
        live = live_view(project.output)
        assert live is not None
        assert snapshot_folder(project.output, str(live.snapshots[None])).is_dir()
        if not stopped:
            break

    assert not stopped
    assert (project.output / "current").resolve().name == ids[0]


def states(project: Project) -> dict[str | None, str]:
    """How each partition stands."""
    return {part.partition: part.state for part in status(project.job()).partitions}


@pytest.mark.parametrize("left", ["nothing", "views/99", "views/none", "elsewhere", "current"])
def test_a_link_that_is_lost_takes_no_partition_with_it(twice: Project, left: str) -> None:
    (twice.output / "current").unlink()
    if left != "nothing":
        (twice.output / "current").symlink_to(left)
    fill(twice, "21", 3)

    before = states(twice)
    run_job(twice.job(), partition="21")

    assert before == {"20": "published", "21": "stale"}
    assert states(twice) == {"20": "published", "21": "published"}
    assert set(seen(twice.output)) == {"20", "21"}


def test_a_link_that_was_made_elsewhere_is_made_anew(twice: Project) -> None:
    link = twice.output / "current"
    target = link.readlink()
    link.unlink()
    link.symlink_to("/some/other/place" / target)

    run_job(twice.job(), partition="21")

    assert link.readlink() == target


def test_a_folder_in_the_place_of_the_link_is_left_alone(twice: Project) -> None:
    link = twice.output / "current"
    whole = link.resolve()
    link.unlink()
    shutil.copytree(whole, link, symlinks=True)
    fill(twice, "21", 3)

    with pytest.raises(OutputFailed, match="is a folder and has to be a link"):
        twice.run()
    shutil.rmtree(link)
    twice.run()

    assert set(seen(twice.output)) == {"20", "21"}


@pytest.mark.parametrize("content", ["", "{}", "null", "[]", '{"key": "date", "parti'])
@pytest.mark.parametrize("verb", [status, rollback, sweep, run_job])
def test_a_damaged_view_ends_every_verb_with_its_name(
    twice: Project, content: str, verb: Callable[[Job], Any]
) -> None:
    manifest = (twice.output / "current").resolve() / "manifest.json"
    manifest.write_text(content)

    with pytest.raises(
        OutputFailed, match=r"views/4/manifest\.json: is damaged .*remove .*views/4"
    ):
        verb(twice.job())


@pytest.mark.parametrize("content", ["", "{}", "null", "[]", '{"snapshot": "a'])
def test_a_snapshot_whose_manifest_is_damaged_is_made_again(twice: Project, content: str) -> None:
    manifest = twice.output / "current" / "date=20" / "manifest.json"
    whole = manifest.read_bytes()
    manifest.resolve().write_text(content)

    before = {part.partition: part.why for part in status(twice.job()).partitions}
    run_job(twice.job(), partition="20")

    assert before == {"20": ("files of the live snapshot are gone or damaged",), "21": ()}
    assert manifest.read_bytes() == whole


@pytest.mark.parametrize(
    "edit",
    [
        {"files": None},
        {"files": [1]},
        {"files": [{"path": "a"}]},
        {"fingerprints": []},
        {"snapshot": 3},
        {"skipped_files": 3},
        {"label_model": {"fit": 3}},
        {"label_model": []},
    ],
)
def test_a_manifest_that_was_edited_out_of_form_counts_as_damaged(
    twice: Project, edit: dict[str, Any]
) -> None:
    manifest = twice.output / "current" / "date=20" / "manifest.json"
    whole = manifest.read_bytes()
    manifest.resolve().write_text(json.dumps(json.loads(whole) | edit))

    before = states(twice)
    run_job(twice.job(), relabel=True)

    assert before == {"20": "stale", "21": "published"}
    assert manifest.read_bytes() == whole


@pytest.mark.parametrize(
    "edit",
    [
        {"partitions": []},
        {"partitions": {"20": 3}},
        {"partitions": {"20": "../../../input"}},
        {"partitions": {"20": ""}},
        {"manifests": {"20": None}},
        {"taken_from": []},
        {"taken_from": {"20": "x"}},
        {"key": 3},
        {"previous": "x"},
    ],
)
@pytest.mark.parametrize("verb", [status, rollback, sweep, run_job])
def test_a_view_that_was_edited_out_of_form_counts_as_damaged(
    twice: Project, edit: dict[str, Any], verb: Callable[[Job], Any]
) -> None:
    manifest = (twice.output / "current").resolve() / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | edit))

    with pytest.raises(OutputFailed, match=r"views/4/manifest\.json: is damaged"):
        verb(twice.job())


@pytest.mark.parametrize("content", ["", "null", "{", '{"view": "x"}'])
def test_a_damaged_file_beside_the_link_changes_nothing(project: Project, content: str) -> None:
    project.run()
    noted = project.output / "_CURRENT.json"
    whole = noted.read_bytes()
    noted.write_text(content)

    done = project.run()

    assert done.status == "nothing to do"
    assert noted.read_bytes() == whole


def test_a_job_may_lose_its_partitions_and_get_them_again(nightly: Project) -> None:
    nightly.run()
    nightly.configure()

    assert states(nightly) == {None: "missing"}
    assert sweep(nightly.job(), dropped=True).dropped == ()
    assert nightly.run().status == "published"
    assert states(nightly) == {None: "published"}

    nightly.configure(source=NIGHTLY)
    assert states(nightly) == {"20": "missing", "21": "missing"}
    assert nightly.run().status == "published"
    assert states(nightly) == {"20": "published", "21": "published"}
