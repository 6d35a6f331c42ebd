"""OpenLineage events of a run, and where they go: a file of JSON lines, or an HTTP endpoint.

The events are those of version 2-0-2 of the specification (https://openlineage.io/spec). That an
endpoint is slow, wrong or away never ends a run: what could not be told is only noted.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from labelmill import __version__
from labelmill.errors import OutputFailed
from labelmill.io import durable

PRODUCER = f"https://pypi.org/project/labelmill/{__version__}"
SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
VERSIONS = {
    "DatasetVersionDatasetFacet": "1-0-1",
    "DocumentationJobFacet": "1-1-0",
    "ErrorMessageRunFacet": "1-0-1",
    "InputStatisticsInputDatasetFacet": "1-0-0",
    "JobTypeJobFacet": "2-0-4",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "ProcessingEngineRunFacet": "1-1-1",
}

TIMEOUT = 3.0
"""Seconds that an endpoint gets for each step of an answer."""

PATIENCE = 5.0
"""Seconds after its end that a run waits for its events to be taken."""


@dataclass(frozen=True, slots=True)
class Story:
    """What all events of a run say: who it is, what it reads and what it writes.

    `source` and `output` are absolute paths or URLs.
    """

    namespace: str
    job: str
    run: str
    description: str
    source: str
    output: str

    def event(self, kind: str, time: datetime, **said: Any) -> dict[str, Any]:
        """One event.

        Args:
            kind: START, COMPLETE, FAIL or ABORT.
            time: when.
            said: `error`, `rows_in`, `files_in`, `rows_out` and `version`, as far as known.
        """
        engine = {"version": __version__, "name": "labelmill"}
        run: dict[str, Any] = {"processing_engine": _facet("ProcessingEngineRunFacet", **engine)}
        if "error" in said:
            told = {"message": said["error"], "programmingLanguage": "python"}
            run["errorMessage"] = _facet("ErrorMessageRunFacet", **told)
        return {
            "eventType": kind,
            "eventTime": time.isoformat(),
            "producer": PRODUCER,
            "schemaURL": RUN_EVENT,
            "run": {"runId": str(uuid5(NAMESPACE_URL, f"labelmill:{self.run}")), "facets": run},
            "job": {"namespace": self.namespace, "name": self.job, "facets": self._about()},
            "inputs": [self._input(said)],
            "outputs": [self._output(said)],
        }

    def _about(self) -> dict[str, Any]:
        kind = {"processingType": "BATCH", "integration": "LABELMILL", "jobType": "JOB"}
        facets = {"jobType": _facet("JobTypeJobFacet", **kind)}
        if self.description:
            words = {"description": self.description}
            facets["documentation"] = _facet("DocumentationJobFacet", **words)
        return facets

    def _input(self, said: Mapping[str, Any]) -> dict[str, Any]:
        facets = {}
        if "rows_in" in said:
            size = {"rowCount": said["rows_in"], "fileCount": said["files_in"]}
            facets["inputStatistics"] = _facet("InputStatisticsInputDatasetFacet", **size)
        return _dataset(self.source) | {"inputFacets": facets}

    def _output(self, said: Mapping[str, Any]) -> dict[str, Any]:
        whole = _dataset(self.output) | {"outputFacets": {}}
        if "rows_out" in said:
            size = {"rowCount": said["rows_out"]}
            made = _facet("OutputStatisticsOutputDatasetFacet", **size)
            whole["outputFacets"] = {"outputStatistics": made}
        if said.get("version"):
            version = {"datasetVersion": said["version"]}
            whole["facets"] = {"version": _facet("DatasetVersionDatasetFacet", **version)}
        return whole


def dataset_name(place: str) -> tuple[str, str]:
    """Namespace and name of a dataset, as OpenLineage's naming says; a login is cut out.

    Example:
        >>> dataset_name("/data/in"), dataset_name("s3://user:word@bucket/a/b")
        (('file', '/data/in'), ('s3://bucket', 'a/b'))
    """
    scheme, mark, rest = place.partition("://")
    if not mark:
        return "file", place
    host, _, name = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}", name or "/"


@dataclass
class FileSink:
    """Adds each event as a line to a file."""

    path: Path
    lost: list[str] = field(default_factory=list)

    def send(self, event: Mapping[str, Any]) -> None:
        """Write one event."""
        try:
            durable.append_line(self.path, json.dumps(event, ensure_ascii=False).encode())
        except OutputFailed as error:
            self.lost.append(str(error))

    def close(self) -> None:
        """Everything is written already."""


class HttpSink:
    """Posts each event to an endpoint, in a thread of its own, in order."""

    def __init__(self, url: str, token: str | None = None, patience: float = PATIENCE) -> None:
        """Nothing is sent yet; `patience` is how many seconds `close` waits."""
        self.lost: list[str] = []
        self._url, self._token, self._patience = url, token, patience
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._sent = self._taken = 0

    def send(self, event: Mapping[str, Any]) -> None:
        """Hand over one event and go on."""
        if self._thread.ident is None:
            self._thread.start()
        self._sent += 1
        self._waiting.put(json.dumps(event).encode())

    def close(self) -> None:
        """Wait until all is sent, but not for long."""
        if self._thread.ident is None:
            return
        self._waiting.put(None)
        end = monotonic() + self._patience
        self._thread.join(self._patience)
        if self._thread.is_alive() or monotonic() > end:
            missing = self._sent - self._taken - len(self.lost)
            self.lost.append(f"no answer in {self._patience:g} s for {missing} events")

    def _work(self) -> None:
        for body in iter(self._waiting.get, None):
            try:
                post(self._url, body, self._token)
                self._taken += 1
            except (OSError, ValueError, http_error()) as error:
                self.lost.append(f"{type(error).__name__}: {error}")


def post(url: str, body: bytes, token: str | None = None) -> None:
    """Post JSON to an HTTP or HTTPS endpoint.

    Raises:
        OSError: if it does not take it.
    """
    from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415 (only where asked for)

    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    elif parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        answer.read(1)
    finally:
        connection.close()
    if answer.status >= 300:
        message = f"the endpoint answered {answer.status} {answer.reason}"
        raise OSError(message)


def http_error() -> type[Exception]:
    """What the HTTP client raises for an answer that is none."""
    from http.client import HTTPException  # noqa: PLC0415 (only where asked for)

    return HTTPException


def sink_of(place: str, token: str | None) -> FileSink | HttpSink:
    """Where the events of a run go."""
    if place.startswith(("http://", "https://")):
        return HttpSink(place, token)
    return FileSink(Path(place))


def total(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Counts by name, added up."""
    names = {name for count in counts for name in count}
    return {name: sum(count.get(name, 0) for count in counts) for name in sorted(names)}


def _dataset(place: str) -> dict[str, Any]:
    namespace, name = dataset_name(place)
    return {"namespace": namespace, "name": name}


def _facet(kind: str, **said: Any) -> dict[str, Any]:
    url = f"{SPEC}/facets/{VERSIONS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **said}
