"""What a run tells the world while it goes: progress, heartbeat, log, lineage and metrics.

None of it changes what is made, and that it cannot be told ends no run.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.core.hiding import hidden_in_all, hide_in_error
from labelmill.errors import ChecksFailed, OutputFailed
from labelmill.pipeline.heartbeat import Heartbeat, heartbeat_file
from labelmill.pipeline.lineage import FileSink, HttpSink, Story, sink_of, total
from labelmill.pipeline.metrics import Metrics, write_metrics
from labelmill.pipeline.record import Record, exit_code_of, status_of
from labelmill.pipeline.result import Run

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, and how many of how many tasks of it are done."""

Listener = Callable[[str, Mapping[str, Any]], None]
"""Called with the name of an event (`started`, `signal`, `lost` or `ended`) and its facts."""

ENDS = {"interrupted": "ABORT", "failed": "FAIL"}


def silent(stage: str, done: int, total: int) -> None:
    """Show no progress."""


def deaf(event: str, facts: Mapping[str, Any]) -> None:
    """Hear of nothing."""


@dataclass
class Telling:
    """Tells of one run, from the moment at which it has its lock.

    A run of a `part` of a job has a heartbeat of its own.
    """

    job: Job
    record: Record
    progress: Progress = silent
    listener: Listener = deaf
    part: str = ""
    _began: datetime | None = field(default=None, init=False)
    _sink: FileSink | HttpSink | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        state = self.job.state_folder
        name = f"{self.job.name}.{self.part}" if self.part else self.job.name
        partition = hidden_in_all(self.record.facts.get("partition"), self.job.resolved.hidden)
        self._heart = Heartbeat(heartbeat_file(state, name), self.record.id, partition)
        wanted = self.job.record
        if wanted.openlineage is not None:
            self._sink = sink_of(wanted.openlineage, wanted.token)

    def started(self) -> None:
        """Say that the run begins."""
        self._began = datetime.now(UTC)
        self._hear("started", {"partition": self.record.facts.get("partition")})
        self._heart.beat("plan", 0, 1)
        self._emit("START", self._began)

    def step(self, stage: str, done: int, total: int) -> None:
        """Say how far the run has come."""
        self._heart.beat(stage, done, total)
        self.progress(stage, done, total)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Where the run fails in the with block, say so and write its record; the error goes on.

        What fails after a good end, as what was made is brought away, is in the record too.
        """
        try:
            yield
        except BaseException as error:
            if error is not self.record.error:
                hide_in_error(error, self.job.resolved.hidden)
                if isinstance(error, ChecksFailed):
                    self.record.facts["held"] = {error.partition or "": error.snapshot}
                if not self.record.closed:
                    self.ended(None, error)
                self.record.close(status_of(error), error)
            raise

    def signal(self, name: str, seconds: float) -> None:
        """Say that a signal came, and how long what is at work may go on."""
        self._hear("signal", {"signal": name, "grace": seconds})

    def ended(self, result: Run | None, error: BaseException | None = None) -> None:
        """Say how the run ended; what could not be told is noted in its record."""
        if self._began is None:
            return
        status = status_of(error) if result is None else result.status
        now = datetime.now(UTC)
        self._heart.stop(status)
        self._emit_end(status, now, result, error)
        lost = [] if self._sink is None else [f"openlineage: {one}" for one in self._sink.lost]
        lost += self._measure(status, now, result, error)
        lost = hidden_in_all(lost, self.job.resolved.hidden)
        if lost:
            self.record.facts["untold"] = lost
            self._hear("lost", {"untold": lost})
        facts = {"status": status, "exit_code": exit_code_of(error), "seconds": self._took(now)}
        self._hear("ended", facts)

    def _hear(self, event: str, facts: Mapping[str, Any]) -> None:
        whole = {"job": self.job.name, "run_id": self.record.id} | dict(facts)
        self.listener(event, hidden_in_all(whole, self.job.resolved.hidden))

    def _took(self, now: datetime) -> float:
        return round((now - (self._began or now)).total_seconds(), 3)

    def _emit(self, kind: str, time: datetime, **said: Any) -> None:
        if self._sink is None:
            return
        job = self.job
        story = Story(
            job.record.namespace,
            job.name,
            self.record.id,
            job.description,
            job.source.path,
            job.output,
        )
        self._sink.send(hidden_in_all(story.event(kind, time, **said), job.resolved.hidden))

    def _emit_end(
        self, status: str, now: datetime, result: Run | None, error: BaseException | None
    ) -> None:
        said: dict[str, Any] = {}
        read = self.record.facts.get("input", [])
        if read:
            said["rows_in"] = sum(part["rows"] for part in read)
            said["files_in"] = sum(part["files"] for part in read)
        if error is not None:
            said["error"] = str(error) or type(error).__name__
        elif result is not None:
            said["rows_out"] = sum(_splits(result).values())
            said["version"] = ",".join(snapshot.id for snapshot in result.snapshots)
        self._emit(ENDS.get(status, "COMPLETE"), now, **said)
        if self._sink is not None:
            self._sink.close()

    def _measure(
        self, status: str, now: datetime, result: Run | None, error: BaseException | None
    ) -> list[str]:
        """Write the metrics; gives why they could not be written, if so."""
        path = self.job.record.prometheus
        if path is None:
            return []
        metrics = Metrics(
            self.job.name,
            status,
            exit_code_of(error),
            now.timestamp(),
            self._took(now),
            {} if result is None else _rows(result),
            self.record.facts.get("seconds", {}),
        )
        try:
            write_metrics(Path(path), metrics)
        except OutputFailed as failure:
            return [f"prometheus: {failure}"]
        return []


def _rows(result: Run) -> dict[str, int]:
    """Rows of all snapshots by status."""
    counts = [snapshot.report["totals"] for snapshot in result.snapshots]
    return total([c["status"] | {"filtered": c["filtered"]} for c in counts])


def _splits(result: Run) -> dict[str, int]:
    return total([snapshot.report["splits"] for snapshot in result.snapshots])
