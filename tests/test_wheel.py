"""The wheel holds one package, and what `labelmill init` copies."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Path:
    """A folder with the content of a freshly built wheel."""
    dist, folder = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--outdir", str(dist), str(project_root)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_only_top_level_name_is_labelmill(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}

    assert names == {"labelmill"}
    assert not list(unpacked.rglob("test_*.py"))


def test_a_project_made_from_the_wheel_runs(unpacked: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    place = "import labelmill; print(labelmill.__file__)"

    def run(*words: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=200,
        )
        return done.stdout

    assert run("-c", place).startswith(str(unpacked))
    run("-m", "labelmill", "init", "mine")
    run("-m", "labelmill", "run", "configs/video-comments.yaml", cwd=tmp_path / "mine")

    live = tmp_path / "mine" / "data" / "out" / "video-comments" / "current"
    assert list((live / "train" / "parquet").glob("*.parquet"))
