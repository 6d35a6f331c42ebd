"""A copy of what the project ships, so that a run never meets another run of the same job."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("configs", "labeling_functions", "gazetteers", "data/demo")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in SHIPPED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
