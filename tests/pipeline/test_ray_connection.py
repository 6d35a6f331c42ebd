"""A head that answers, and lets no client in."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from tests.lacking import lacking
from tests.pipeline.conftest import Project

from labelmill.errors import WorkersLost
from labelmill.pipeline import ray_connection

REFUSAL = """Traceback (most recent call last):
  File "proxier.py", line 780, in Datapath
RuntimeError: Proxy failed to Connect to backend!
"""
"""What a head answers when the server that it starts for a client does not come up."""


class RefusingHead:
    """Hears clients of Ray on loopback, and refuses each of them."""

    def __init__(self) -> None:
        """Begin to listen."""
        grpc: Any = import_module("grpc")
        protocol: Any = import_module("ray.core.generated.ray_client_pb2_grpc")
        self._messages: Any = import_module("ray.core.generated.ray_client_pb2")
        driver = protocol.RayletDriverServicer()
        driver.ClusterInfo, self.Datapath, self.Logstream = self.ping, self.refuse, self.log
        self.asked: list[str] = []
        self._server = grpc.server(ThreadPoolExecutor(8))
        protocol.add_RayletDriverServicer_to_server(driver, self._server)
        protocol.add_RayletDataStreamerServicer_to_server(self, self._server)
        protocol.add_RayletLogStreamerServicer_to_server(self, self._server)
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def ping(self, request: Any, context: Any) -> Any:  # noqa: ARG002 (the protocol's)
        """Say that somebody is here."""
        return self._messages.ClusterInfoResponse(json="{}")

    def refuse(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        """Answer the first request of a client."""
        self.asked.append(dict(context.invocation_metadata())["client_id"])
        refused = self._messages.InitResponse(ok=False, msg=REFUSAL)
        yield self._messages.DataResponse(req_id=next(requests).req_id, init=refused)
        for _ in requests:  # until the client is gone
            continue

    def log(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: ARG002
        """Have nothing to log."""
        return iter(())

    def close(self) -> None:
        """Listen no longer."""
        self._server.stop(None).wait()


@pytest.fixture
def head() -> Iterator[RefusingHead]:
    """A cluster that lets nobody in."""
    try:
        made = RefusingHead()
    except ImportError:
        lacking("this test needs ray: pip install 'labelmill[ray]'")
    yield made
    made.close()


@pytest.mark.slow
def test_a_head_that_lets_no_client_in_is_asked_three_times_and_told_with_what_it_says(
    project: Project, head: RefusingHead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_connection, "PAUSES", (0.1, 0.1))
    address = f"ray://127.0.0.1:{head.port}"
    overrides = [f"execution.address={address}", "execution.engine=ray", "execution.workers=1"]

    with pytest.raises(WorkersLost) as caught:
        project.run(*overrides)

    assert str(caught.value) == (
        f"the Ray cluster at '{address}' cannot be reached: ConnectionAbortedError: Initialization "
        "failure from server: RuntimeError: Proxy failed to Connect to backend!"
    )
    assert len(set(head.asked)) == 3


@pytest.mark.parametrize("refusals", [0, 1, 2])
def test_a_client_that_is_refused_at_first_gets_in(
    refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_connection, "PAUSES", (0.0, 0.0))
    left, joined = [ConnectionAbortedError("busy")] * refusals, []

    def init() -> None:
        if left:
            raise left.pop()
        joined.append(True)

    ray_connection.join(init)

    assert joined == [True]


def test_another_error_is_not_tried_again() -> None:
    asked = []

    def init() -> None:
        asked.append(True)
        raise ValueError("another version")

    with pytest.raises(ValueError, match="another version"):
        ray_connection.join(init)

    assert asked == [True]
