"""Where the state lies changes nothing in what is made."""

from pathlib import Path

import pytest
from tests.pipeline.conftest import Project

from labelmill.config import load
from labelmill.errors import ConfigErrors, LockHeld
from labelmill.pipeline.locks import locked
from labelmill.pipeline.status import status


def test_a_state_elsewhere_gives_the_same_bytes_and_leaves_nothing_behind(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("disk") / "state"
    project.run("output=plain")
    known = {path.name for path in (project.root / ".labelmill" / "runs").iterdir()}

    done = project.run(f"state={elsewhere}")

    made = {path: data for path, data in project.files().items() if path != "manifest.json"}
    plain = project.root / "plain" / "current"
    assert made == {path: (plain / path).read_bytes() for path in made}
    assert {path.name for path in (project.root / ".labelmill" / "runs").iterdir()} == known
    assert [path.name for path in (elsewhere / "runs").iterdir()] == [done.id]
    assert list((elsewhere / "votes" / "job").rglob("*.arrow"))


def test_a_relative_state_starts_from_the_project(project: Project) -> None:
    job = project.job("state=kept/here")

    assert job.state_folder == project.root / "kept" / "here"
    assert project.job().state_folder == project.root / ".labelmill"
    with locked(job), pytest.raises(LockHeld), locked(job):
        pass


def test_status_reads_the_records_of_that_state(project: Project) -> None:
    project.configure(split={"train": 1.0}, source={"path": "input", "id": "no", "text": "text"})
    with pytest.raises(ConfigErrors, match="'no'"):
        project.run("state=kept")

    here, elsewhere = status(project.job()), status(project.job("state=kept"))

    assert [found.partitions[0].state for found in (here, elsewhere)] == ["missing", "failed"]


@pytest.mark.parametrize("output", [".labelmill", ".labelmill/out", "out/../.labelmill/x"])
def test_an_output_where_the_state_is_kept_is_refused(project: Project, output: str) -> None:
    with pytest.raises(ConfigErrors, match=r"output: lies in \.labelmill, which holds what can be"):
        load(str(project.config), overrides=[f"output={output}"])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("../elsewhere", "leads out of the project"),
        ("out/state", "the state and the output lie in each other"),
        ("input", "the state and the source lie in each other"),
    ],
)
def test_a_state_in_a_wrong_place_is_refused(project: Project, state: str, message: str) -> None:
    with pytest.raises(ConfigErrors, match=message):
        load(str(project.config), overrides=[f"state={state}"])


def test_the_folder_of_the_state_is_no_path_of_the_working_directory(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")

    project.run("state=kept")

    assert (project.root / "kept" / "runs").is_dir()
    assert not list((tmp_path / "away").iterdir())
