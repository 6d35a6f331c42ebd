"""A server that speaks S3, a bucket in it, and a small project."""

import os
from collections.abc import Iterator
from itertools import count

import pytest
from tests.pipeline.conftest import nightly, project
from tests.stores.server import Bucket, Server, start

__all__ = ["nightly", "project"]

NAMES = (f"bucket-{number}" for number in count())


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    server, stop = start()
    yield server
    stop()


@pytest.fixture
def server(_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server without faults, and an environment that leads to it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", _server.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLEKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIsecret")
    _server.faults.clear()
    _server.requests.clear()
    return _server


@pytest.fixture
def bucket(server: Server) -> Bucket:
    """An empty bucket."""
    made = Bucket(next(NAMES), server)
    made.make()
    server.requests.clear()
    return made
