"""What a test needs of the machine: without it the test is skipped, but fails where CI runs."""

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """Leave a test out where something is missing; the gate has all of it, so there it fails."""
    if os.environ.get("LABELMILL_REQUIRE_DATA") == "1" or os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
