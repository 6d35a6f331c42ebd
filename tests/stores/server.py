"""A server that speaks S3 on a free port of this machine: that of moto, with faults on demand."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import obstore
from obstore.store import S3Store

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Fault:
    """An answer in place of the server's own, for requests of a method whose path holds a text.

    Where the server's own is `lost`, it has done what was asked of it.
    """

    method: str
    path: str
    status: str
    code: str
    times: int
    before: int = 0
    instead: Callable[[], object] | None = None
    lost: bool = False

    def meets(self, method: str, path: str) -> bool:
        """Whether this request gets the fault; each that fits counts."""
        if method != self.method or self.path not in path or not self.times:
            return False
        if self.before:
            self.before -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Server:
    """The server; `faults` are looked at before each request, `requests` are those that came."""

    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def fail(
        self,
        method: str,
        path: str,
        status: str = "503 Slow Down",
        code: str = "SlowDown",
        times: int = 1,
        before: int = 0,
    ) -> None:
        """Let so many requests fail, after some that go well."""
        self.faults.append(Fault(method, path, status, code, times, before))

    def at(self, method: str, path: str, do: Callable[[], object], before: int = 0) -> None:
        """Do something just before a request is answered."""
        self.faults.append(Fault(method, path, "", "", 1, before, do))

    def count(self, method: str, path: str = "") -> int:
        """How many requests of a kind came."""
        return sum(m == method and path in p for m, p in self.requests)

    def over(self, app: Wsgi) -> Wsgi:
        """The server's own answers, but for the faults."""

        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            path += f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
            self.requests.append((method, path))
            for fault in self.faults:
                if fault.meets(method, path):
                    if fault.instead is not None:
                        fault.instead()
                        break
                    if fault.lost:
                        list(app(environ, lambda *_: None))
                    else:
                        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                    start(fault.status, [("Content-Type", "application/xml")])
                    body = f"<Error><Code>{fault.code}</Code><Message>no</Message></Error>"
                    return [] if method == "HEAD" else [body.encode()]
            return app(environ, start)

        return answer


def start() -> tuple[Server, Callable[[], None]]:
    """A running server, and what ends it."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = Server()
    app = server.over(DomainDispatcherApplication(create_backend_app))
    web = make_server("127.0.0.1", 0, app, threaded=True)
    server.url = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        web.shutdown()
        thread.join()
        web.server_close()

    return server, stop


@dataclass(frozen=True)
class Bucket:
    """A bucket of the server, as a test looks at it."""

    name: str
    server: Server

    @property
    def url(self) -> str:
        """The URL of the bucket."""
        return f"s3://{self.name}"

    def make(self) -> None:
        """Make the bucket."""
        with urlopen(Request(f"{self.server.url}/{self.name}", method="PUT")):  # noqa: S310
            pass

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        obstore.put(self._store, key, data)

    def drop(self, key: str) -> None:
        """Remove an object."""
        obstore.delete(self._store, key)

    def fill(self, folder: Path, key: str) -> None:
        """Put all files of a folder below a key."""
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            self.put(f"{key}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    @property
    def _store(self) -> S3Store:
        endpoint: Any = {"endpoint": self.server.url}
        return S3Store(self.name, config=endpoint, client_options={"allow_http": True})

    def get(self, key: str) -> bytes:
        """What lies under a key."""
        return obstore.get(self._store, key).bytes().to_bytes()

    def set(self, objects: dict[str, bytes]) -> None:
        """Hold these objects and nothing else."""
        for key in set(self.list()) - objects.keys():
            self.drop(key)
        for key, data in objects.items():
            self.put(key, data)

    def list(self, folder: str = "") -> list[str]:
        """All keys below a folder."""
        found = [one for batch in obstore.list(self._store, folder or None) for one in batch]
        return sorted(str(entry["path"]) for entry in found)
