"""A new project has everything that its first run needs, and no file is ever overwritten."""

from pathlib import Path

import pytest
from tests.cli.conftest import Call


def test_a_new_project_holds_the_starter(labelmill: Call, tmp_path: Path) -> None:
    answer = labelmill("init", str(tmp_path / "new"))

    folder = tmp_path / "new"
    assert answer.code == 0
    assert (folder / "configs" / "video-comments.yaml").is_file()
    assert list((folder / "labeling_functions").glob("*.py"))
    assert list((folder / "gazetteers").glob("*.csv"))
    assert list((folder / "data" / "demo").rglob("*.parquet"))
    assert (folder / ".gitignore").read_text().splitlines()[1:] == [".labelmill/", "data/out/"]
    assert not [p for p in folder.rglob("*") if p.name in (".keep", "__pycache__")]


def test_the_next_two_commands_are_told(labelmill: Call, tmp_path: Path) -> None:
    answer = labelmill("init", str(tmp_path / "new"), "--json")

    preview, run = answer.json["next"]
    assert preview == f"cd {tmp_path / 'new'} && labelmill preview configs/video-comments.yaml"
    assert run == "labelmill run configs/video-comments.yaml"


def test_the_starter_s_configs_are_valid_where_they_were_copied(
    labelmill: Call, tmp_path: Path
) -> None:
    labelmill("init", str(tmp_path))
    configs = [str(path) for path in sorted((tmp_path / "configs").glob("*.yaml"))]

    answer = labelmill("validate", *configs, "--json")

    assert len(configs) >= 3
    assert answer.code == 0
    assert all(found["checked"] for found in answer.json["configs"])


def test_a_file_in_the_way_stops_it_before_anything_is_written(
    labelmill: Call, tmp_path: Path
) -> None:
    taken = tmp_path / "configs" / "video-comments.yaml"
    taken.parent.mkdir()
    taken.write_text("mine")

    answer = labelmill("init", str(tmp_path))

    assert answer.code == 2
    assert f"{taken}: exists already; nothing was written" in answer.err
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [taken]
    assert taken.read_text() == "mine"


def test_a_gitignore_is_left_as_it_is(
    labelmill: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text("mine\n")

    answer = labelmill("init")

    assert answer.code == 0
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert "Left as it is: .gitignore" in answer.out
    assert "  labelmill preview configs/video-comments.yaml\n" in answer.out
