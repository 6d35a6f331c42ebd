"""The heartbeat: a small file that says how far a run has come, for whoever watches it."""

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from labelmill.errors import OutputFailed
from labelmill.io import durable
from labelmill.pipeline.publish import json_bytes

EVERY = 1.0
"""Seconds that pass at least between two beats."""

RUNNING = "running"


def heartbeat_file(state: Path, job: str) -> Path:
    """Where the heartbeat of a job lies."""
    return state / "heartbeats" / f"{job}.json"


@dataclass
class Heartbeat:
    """Writes the file whenever work is done, and not too often; that it cannot ends no run."""

    path: Path
    run: str
    partition: str | None = None
    _last: float = field(default=-EVERY, init=False)
    _began: str = field(default_factory=lambda: datetime.now(UTC).isoformat(), init=False)

    def beat(self, stage: str, done: int, total: int) -> None:
        """Say how many of how many tasks of a stage are done."""
        now = monotonic()
        if now - self._last >= EVERY:
            self._last = now
            told = {"status": RUNNING, "stage": stage, "done": done, "total": total}
            self._write(told | {"started": self._began, "partition": self.partition})

    def stop(self, status: str) -> None:
        """Say how the run ended."""
        self._write({"status": status})

    def _write(self, facts: Mapping[str, Any]) -> None:
        time = datetime.now(UTC).isoformat()
        place = {"process": os.getpid(), "host": platform.node()}
        whole = {"run_id": self.run, "time": time} | place | dict(facts)
        with suppress(OutputFailed), durable.new_file(self.path, lasting=False) as file:
            file.write(json_bytes(whole))
