"""Snapshots that a failed check holds back, and publishing them all the same."""

import json

import pytest
from tests.pipeline.conftest import NIGHTLY, Project

from labelmill.errors import ChecksFailed, OutputFailed, UsageError
from labelmill.pipeline.held import held_snapshots, override_of, publish_held
from labelmill.pipeline.publish import is_sealed, snapshot_folder
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.run import run_job

CHECKS = [
    {"name": "many", "type": "row_count", "min": 99},
    {"type": "coverage", "min": 1.0},
    {"name": "few", "type": "row_count", "max": 99},
]


@pytest.fixture
def held(project: Project) -> str:
    """The snapshot of a job on which two of three checks fail; another one is live."""
    project.run()
    project.configure(checks=CHECKS)
    with pytest.raises(ChecksFailed) as failed:
        project.run()
    assert failed.value.snapshot is not None
    return failed.value.snapshot


def test_a_failed_check_keeps_the_snapshot_and_what_is_live(project: Project, held: str) -> None:
    live = (project.output / "current").resolve().name

    assert live != held
    assert is_sealed(snapshot_folder(project.output, held))
    assert list(held_snapshots(project.output)[None].checks) == ["coverage", "many"]


def test_the_error_says_where_the_snapshot_is(project: Project) -> None:
    project.configure(checks=CHECKS)

    with pytest.raises(ChecksFailed, match="kept for inspection: snapshots/") as failed:
        project.run()

    assert len(failed.value.messages) == 2


def test_a_held_snapshot_is_published_byte_for_byte_with_its_reason(
    project: Project, held: str
) -> None:
    folder = snapshot_folder(project.output, held)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    publish_held(project.job(), checks=["many", "coverage"], reason="a holiday")

    override = override_of(project.output, held)
    assert (project.output / "current").resolve().name == held
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert override is not None
    assert (override["reason"], list(override["checks"])) == ("a holiday", ["coverage", "many"])
    record = project.root / ".labelmill" / "runs" / override["run_id"] / "run.json"
    assert json.loads(record.read_bytes())["override"] == override
    assert held_snapshots(project.output) == {}


@pytest.mark.parametrize(
    ("checks", "reason", "message"),
    [
        (["many"], "why", "also failed: 'coverage'"),
        ([], "why", "name them: --override-check coverage --override-check many"),
        (["many", "coverage", "few"], "why", "few: no such check keeps it"),
        (["many", "coverage"], "  ", "say why"),
    ],
)
def test_every_failed_check_and_no_other_must_be_named_and_a_reason_given(
    project: Project, held: str, checks: list[str], reason: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        publish_held(project.job(), checks=checks, reason=reason)

    assert (project.output / "current").resolve().name != held


def test_what_is_held_was_never_live_and_cannot_be_rolled_back_to(
    project: Project, held: str
) -> None:
    with pytest.raises(UsageError, match="ever live"):
        rollback(project.job(), to=held)


def test_nothing_is_held_after_a_good_run(project: Project, held: str) -> None:
    project.configure()
    project.run()

    with pytest.raises(UsageError, match="no snapshot is held"):
        publish_held(project.job(), checks=["many"], reason="x")
    assert snapshot_folder(project.output, held).is_dir()


def test_a_held_snapshot_that_was_touched_is_not_published(project: Project, held: str) -> None:
    card = snapshot_folder(project.output, held) / "README.md"
    card.write_text("all is well")

    with pytest.raises(OutputFailed, match="was changed"):
        publish_held(project.job(), checks=["many", "coverage"], reason="x")


def test_a_run_that_makes_the_published_snapshot_again_accepts_the_override(
    project: Project, held: str
) -> None:
    publish_held(project.job(), checks=["many", "coverage"], reason="a holiday")

    run = project.run(full_refresh=True)

    assert run.snapshots[0].id == held
    assert [w.rpartition(" (")[2] for w in run.warnings[:2]] == ["overridden: a holiday)"] * 2


def test_an_override_holds_for_the_checks_that_it_names_alone(project: Project, held: str) -> None:
    publish_held(project.job(), checks=["many", "coverage"], reason="a holiday")
    note = project.output / "snapshots" / f"{held}.override.json"
    told = json.loads(note.read_bytes())
    note.write_text(json.dumps(told | {"checks": {"many": told["checks"]["many"]}}))

    with pytest.raises(ChecksFailed, match="coverage"):
        project.run(full_refresh=True)


def test_one_partition_is_held_and_the_other_published(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()
    for day, rows in (("20", 8), ("21", 2)):
        texts = [f"{['buy', 'song'][i % 2]} {i}" for i in range(rows)]
        table = {"id": [f"{day}-{i}" for i in range(rows)], "text": texts}
        project.write(table, f"date={day}/a.parquet")
    source = {"path": "input", "id": "id", "text": "text", "partition": "date"}
    project.configure(source=source, checks=[{"type": "row_count", "min": 5}])
    with pytest.raises(ChecksFailed):
        project.run()

    assert list(held_snapshots(project.output)) == ["21"]
    with pytest.raises(UsageError, match="of partition '20' is held"):
        publish_held(project.job(), partition="20", checks=["row_count"], reason="x")
    publish_held(project.job(), partition="21", checks=["row_count"], reason="x")

    assert {p.name for p in (project.output / "current").glob("date=*")} == {"date=20", "date=21"}


def test_where_several_are_held_the_partition_must_be_named(nightly: Project) -> None:
    nightly.configure(source=NIGHTLY, checks=[{"type": "row_count", "min": 5}])
    for day in ("20", "21"):
        with pytest.raises(ChecksFailed):
            run_job(nightly.job(), partition=day)

    with pytest.raises(UsageError, match="held are those of 20, 21; say which with --partition"):
        publish_held(nightly.job(), checks=["row_count"], reason="x")


@pytest.mark.parametrize("content", ["", "null", "{}", '{"checks": '])
def test_a_damaged_note_of_what_is_held_is_named(project: Project, held: str, content: str) -> None:
    note = project.output / "snapshots" / f"{held}.held.json"
    note.write_text(content)

    with pytest.raises(OutputFailed, match=rf"{held}\.held\.json: is damaged .*; remove it"):
        held_snapshots(project.output)


def test_publishing_and_going_back_remove_what_a_killed_verb_was_writing(
    project: Project, held: str
) -> None:
    drafts = [project.output / "._CURRENT.json.77-a.tmp"]
    drafts.append(project.output / "snapshots" / f".{held}.override.json.77-a.tmp")
    for draft in drafts:
        draft.write_bytes(b"{")

    publish_held(project.job(), checks=["many", "coverage"], reason="a holiday")

    assert not any(draft.exists() for draft in drafts)
    drafts[0].write_bytes(b"{")
    rollback(project.job())
    assert not drafts[0].exists()
