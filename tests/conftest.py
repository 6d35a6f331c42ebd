"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.lacking import lacking

from labelmill import kinds

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile(
    "labelmill",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("labelmill")
kinds.register_all()


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of LABELMILL_DATA; a test that needs it skips, or fails where it is required."""
    place = os.environ.get("LABELMILL_DATA") or str(ROOT.parent / "shared" / "data")
    folder = Path(place)
    if folder.is_dir():
        os.environ["LABELMILL_DATA"] = str(folder.resolve())
        return folder.resolve()
    return lacking(f"the corpora of LABELMILL_DATA are not at {folder}")
