"""A project of its own for each test, with the real jobs in it."""

from pathlib import Path

import pytest
from benchmarks.projects import Project


@pytest.fixture
def project(tmp_path: Path, corpora: Path) -> Project:
    """The real jobs, each ready to run."""
    return Project.at(tmp_path / "project", corpora)
