"""Views under readers that look at any moment, and writers that end at any moment."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import Project, fill

from labelmill.io import durable
from labelmill.pipeline.publish import snapshot_folder
from labelmill.pipeline.rollback import rollback
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
