"""What a run tells of itself: heartbeat, JSON logs, metrics and lineage; none of it ends a run."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from openlineage.client.generated import base as lineage
from openlineage.client.generated import (
    dataset_version_dataset,
    documentation_job,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    output_statistics_output_dataset,
    processing_engine_run,
)
from prometheus_client.parser import text_string_to_metric_families
from tests.faults.conftest import Site, lines_of

FACETS: dict[str, Any] = {
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "documentation": documentation_job.DocumentationJobFacet,
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
}


@pytest.fixture
def full(site: Site) -> Site:
    """A job with ten rows."""
    site.write(site.rows(10))
    return site


def test_json_logs_are_one_object_a_line_with_the_run_in_them(full: Site) -> None:
    ended = full.run("--log-format", "json")

    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert ended.code == 0
    assert [line["event"] for line in lines if line["event"] != "stage"] == ["started", "ended"]
    assert {line["stage"] for line in lines if line["event"] == "stage"} >= {
        "label",
        "fit",
        "infer",
    }
    assert all({"time", "level", "event"} <= set(line) for line in lines)
    (record,) = full.records()
    assert lines[0]["run_id"] == lines[-1]["run_id"] == record["run_id"]
    assert (lines[-1]["status"], lines[-1]["exit_code"]) == ("published", 0)


def test_the_environment_may_ask_for_json_logs_and_errors_are_lines_too(site: Site) -> None:
    ended = site.run(env={"LABELMILL_LOG": "json"})

    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert ended.code == 4
    assert lines[-1]["level"] == "error"
    assert lines[-1]["exit_code"] == 4
    assert "there is no such file or folder" in lines[-1]["message"]


def test_a_bad_command_line_is_a_json_line_too(site: Site) -> None:
    ended = site.run("--wrkers", "2", env={"LABELMILL_LOG": "json"})

    (line,) = [json.loads(line) for line in ended.err.splitlines()]
    assert (ended.code, line["exit_code"]) == (2, 2)


def test_a_log_format_that_is_none_is_refused(full: Site) -> None:
    ended = full.run("--log-format", "xml")

    assert ended.code == 2
    assert "'xml' is not one of" in ended.err


def test_the_heartbeat_says_how_a_run_ended(full: Site) -> None:
    first = full.run().code
    published = json.loads((full.state / "heartbeats" / "job.json").read_text())
    second = full.run("--set", "checks=[{type: coverage, min: 1.0}]").code
    failed = json.loads((full.state / "heartbeats" / "job.json").read_text())

    assert (first, second) == (0, 3)
    assert (published["status"], failed["status"]) == ("published", "failed")
    assert published["run_id"] == full.records()[0]["run_id"]
    assert published["time"] < failed["time"]


def test_the_heartbeat_of_a_run_under_way_says_how_far_it_is(full: Site) -> None:
    (full.root / "slow.py").write_text(
        "import time\ndef slow(row):\n    time.sleep(0.4)\n    return None\n"
    )
    functions = [{"name": "s", "type": "python", "label": "ham", "function": "slow.py:slow"}]
    full.configure(labeling_functions=functions, execution={"workers": 0, "shard_rows": 1})
    process = full.start()
    beats: dict[str, Any] = {}
    path = full.state / "heartbeats" / "job.json"
    while process.poll() is None:
        if path.exists():
            beat = json.loads(path.read_text())
            beats.setdefault(beat["time"], beat)
        time.sleep(0.02)
    process.communicate()

    running = [beat for beat in beats.values() if beat["status"] == "running"]
    assert len(running) <= 8
    label = [beat["done"] for beat in running if beat["stage"] == "label"]
    assert label == sorted(label)
    assert label[-1] > 0
    assert all(beat["total"] == 10 for beat in running if beat["stage"] == "label")


def _metrics(path: Path) -> dict[str, dict[str, float]]:
    """Value by name, and by the label besides `job`."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(path.read_text()):
        for sample in family.samples:
            assert sample.labels["job"] == "job"
            others = [value for key, value in sample.labels.items() if key != "job"]
            found.setdefault(sample.name, {})["".join(others)] = sample.value
    return found


def test_the_metrics_are_what_prometheus_reads(full: Site) -> None:
    full.configure(record={"prometheus": "metrics/job.prom"})

    code = full.run().code

    told = _metrics(full.root / "metrics" / "job.prom")
    assert code == 0
    assert told["labelmill_exit_code"] == {"": 0}
    assert told["labelmill_status"] == {"published": 1}
    assert sum(told["labelmill_rows"].values()) == 10
    assert set(told["labelmill_stage_seconds"]) >= {"label", "fit", "infer"}
    assert told["labelmill_run_seconds"][""] > 0
    ended = told["labelmill_ended_timestamp_seconds"]
    assert told["labelmill_last_success_timestamp_seconds"] == ended
    assert time.time() - 60 < ended[""] <= time.time()


def test_a_failed_run_keeps_the_time_of_the_last_success(full: Site) -> None:
    full.configure(record={"prometheus": "job.prom"})
    full.run()
    before = _metrics(full.root / "job.prom")

    code = full.run("--set", "checks=[{type: coverage, min: 1.0}]").code

    after = _metrics(full.root / "job.prom")
    name = "labelmill_last_success_timestamp_seconds"
    assert code == 3
    assert after["labelmill_exit_code"] == {"": 3}
    assert after["labelmill_status"] == {"failed": 1}
    assert after[name] == before[name]
    assert after["labelmill_ended_timestamp_seconds"][""] > before[name][""]


def test_metrics_that_cannot_be_written_end_no_run(full: Site) -> None:
    (full.root / "taken").write_text("a file where a folder is wanted")
    full.configure(record={"prometheus": "taken/job.prom"})

    ended = full.run()

    (record,) = full.records()
    assert ended.code == 0
    assert "warning: prometheus:" in ended.err
    assert len(record["untold"]) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prometheus": "../job.prom"}, "leads out of the project"),
        ({"openlineage": "../events.jsonl"}, "leads out of the project"),
        ({"openlineage": "kafka://broker/topic"}, "only http and https can be spoken"),
        ({"prometheus": "http://localhost/x"}, "only a local file can be written"),
        ({"openlineage": "out/events.jsonl"}, "lies in the output"),
        ({"prometheus": "configs/job.yaml"}, "must end with .prom, so that no other file is hit"),
        ({"prometheus": "input/a.parquet"}, "must end with .prom"),
        ({"openlineage": "configs/job.yaml"}, "must end with .jsonl or .ndjson or .json or .log"),
        ({"openlineage": "http://"}, "is no URL with a host and a port"),
        ({"openlineage": "http://lineage:99999/"}, "is no URL with a host and a port"),
        ({"openlineage": "http://line age/"}, "is no URL with a host and a port"),
        ({"promtheus": "x.prom"}, "did you mean 'prometheus'?"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(
    full: Site, given: dict[str, str], message: str
) -> None:
    full.configure(record=given)

    ended = full.run()

    assert ended.code == 2
    assert message in ended.err


def _facets(facets: dict[str, Any]) -> dict[str, Any]:
    """Facets as the client's own classes, which check them; ours name the same schema."""
    made = {}
    for name, facet in facets.items():
        cls = FACETS[name]
        said = {k: v for k, v in facet.items() if not k.startswith("_")}
        made[name] = cls(**said)
        assert facet["_schemaURL"] == cls._get_schema()
    return made


def _checked(event: dict[str, Any]) -> Any:
    """An event as the client's own classes, which refuse what the specification refuses."""
    event_type: Any = lineage.RunEvent
    assert event["schemaURL"] == event_type._get_schema()
    run, job = event["run"], event["job"]
    return lineage.RunEvent(
        eventType=lineage.EventType(event["eventType"]),
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=lineage.Run(run["runId"], _facets(run["facets"])),
        job=lineage.Job(job["namespace"], job["name"], _facets(job["facets"])),
        inputs=[
            lineage.InputDataset(i["namespace"], i["name"], inputFacets=_facets(i["inputFacets"]))
            for i in event["inputs"]
        ],
        outputs=[
            lineage.OutputDataset(
                o["namespace"],
                o["name"],
                facets=_facets(o.get("facets", {})),
                outputFacets=_facets(o["outputFacets"]),
            )
            for o in event["outputs"]
        ],
    )


def _events(site: Site) -> list[Any]:
    return [_checked(event) for event in lines_of(site.root / "lineage.jsonl")]


def test_a_run_is_told_as_lineage(full: Site) -> None:
    full.configure(record={"openlineage": "lineage.jsonl"}, description="Spam or not.")

    code = full.run().code

    start, complete = _events(full)
    assert code == 0
    assert start.eventType is lineage.EventType.START
    assert complete.eventType is lineage.EventType.COMPLETE
    assert start.run.runId == complete.run.runId
    assert (complete.job.namespace, complete.job.name) == ("labelmill", "job")
    assert complete.inputs[0].namespace == "file"
    assert complete.inputs[0].name == str(full.root / "input")
    assert complete.inputs[0].inputFacets["inputStatistics"].rowCount == 10
    snapshot = full.records()[0]["snapshots"][""]
    assert complete.outputs[0].facets["version"].datasetVersion == snapshot


def test_a_failed_run_is_told_as_lineage(full: Site) -> None:
    full.configure(
        record={"openlineage": "lineage.jsonl", "namespace": "nightly"},
        checks=[{"type": "coverage", "min": 1.0}],
    )

    code = full.run().code

    _, fail = _events(full)
    assert code == 3
    assert fail.eventType is lineage.EventType.FAIL
    assert fail.job.namespace == "nightly"
    assert "coverage" in fail.run.facets["errorMessage"].message


def test_an_interrupted_run_is_told_as_aborted(full: Site) -> None:
    (full.root / "slow.py").write_text(
        f"import time\ndef slow(row):\n    open({str(full.root / 'on')!r}, 'w').close()\n"
        "    time.sleep(60)\n"
    )
    functions = [{"name": "s", "type": "python", "label": "ham", "function": "slow.py:slow"}]
    full.configure(
        labeling_functions=functions,
        record={"openlineage": "lineage.jsonl"},
        execution={"workers": 0, "grace": 0},
    )
    process = full.start()
    while not (full.root / "on").exists():
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    assert process.returncode == 143
    assert [e.eventType.value for e in _events(full) if e.eventType] == ["START", "ABORT"]


class Endpoint(HTTPServer):
    """A lineage endpoint on loopback that keeps what it gets."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.bodies: list[Any] = []
        self.tokens: list[str | None] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/api/v1/lineage"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        """Take one event."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.server.tokens.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


@contextmanager
def _endpoint(status: int = 201) -> Iterator[Endpoint]:
    with Endpoint(status) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_an_endpoint_gets_the_events_with_the_token(full: Site) -> None:
    with _endpoint() as server:
        record = {"openlineage": server.url, "token": "${env.LINEAGE_TOKEN}"}
        full.configure(record=record, env=["LINEAGE_TOKEN"])
        ended = full.run(env={"LINEAGE_TOKEN": "s3cr3t-token"})

    assert ended.code == 0
    assert [_checked(body).eventType for body in server.bodies] == [
        lineage.EventType.START,
        lineage.EventType.COMPLETE,
    ]
    assert server.tokens == ["Bearer s3cr3t-token"] * 2
    assert "untold" not in full.records()[0]


def test_an_endpoint_that_fails_ends_no_run(full: Site) -> None:
    with _endpoint(status=500) as server:
        full.configure(record={"openlineage": server.url})
        ended = full.run()

    assert ended.code == 0
    assert "warning: openlineage: OSError: the endpoint answered 500" in ended.err
    assert full.published()


def test_an_endpoint_that_refuses_ends_no_run(full: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        full.configure(record={"openlineage": f"http://127.0.0.1:{taken.getsockname()[1]}/"})
        ended = full.run()

    assert ended.code == 0
    assert "openlineage: ConnectionRefusedError" in ended.err
    assert len(full.records()[0]["untold"]) == 2


@pytest.mark.slow
def test_an_endpoint_that_hangs_ends_no_run_and_holds_it_up_for_seconds_only(full: Site) -> None:
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        hanging.listen()
        full.configure(record={"openlineage": f"http://127.0.0.1:{hanging.getsockname()[1]}/"})
        began = time.monotonic()
        ended = full.run()

    assert ended.code == 0
    assert time.monotonic() - began < 20
    assert "openlineage:" in ended.err
    assert full.published()


def test_a_run_without_the_lock_leaves_what_is_told_of_the_other_alone(full: Site) -> None:
    full.configure(record={"prometheus": "job.prom", "openlineage": "lineage.jsonl"})
    full.run()
    before = {n: (full.root / n).read_bytes() for n in ("job.prom", "lineage.jsonl")}
    (full.root / "slow.py").write_text(
        f"import time\ndef slow(row):\n    open({str(full.root / 'on')!r}, 'w').close()\n"
        "    time.sleep(60)\n"
    )
    functions = [{"name": "s", "type": "python", "label": "ham", "function": "slow.py:slow"}]
    full.configure(labeling_functions=functions, execution={"workers": 0, "grace": 0})
    process = full.start()
    while not (full.root / "on").exists():
        assert process.poll() is None
        time.sleep(0.02)

    full.configure(record={"prometheus": "job.prom", "openlineage": "lineage.jsonl"})
    second = full.run()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    assert second.code == 5
    assert {name: (full.root / name).read_bytes() for name in before} == before
