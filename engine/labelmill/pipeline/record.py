"""The record of a run (run.json), written whatever becomes of the run."""

import os
import platform
import secrets
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelmill.config.spec import STATE, Job
from labelmill.core.hiding import hidden_in_all
from labelmill.errors import ConfigErrors, LabelmillError, OutputFailed, Terminated
from labelmill.io.durable import write_bytes
from labelmill.pipeline.fingerprint import versions
from labelmill.pipeline.lasting import Lasting, lasting
from labelmill.pipeline.publish import json_bytes

RETRYABLE = {1, 4, 5, 6, 130, 143}


@dataclass
class Record:
    """Facts of one run, gathered as it goes; the clock and the host stand here and nowhere else.

    `state` is the folder of the state, which `lasts` in a store where the job says so. Texts that
    are `hidden` are taken out when it is written.
    """

    job: str
    state: Path
    facts: dict[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    lasts: Lasting | None = None

    @classmethod
    def of(cls, job: Job, verb: str) -> "Record":
        """The record of a job's run, or of another verb."""
        known = {"verb": verb}
        return cls(job.name, job.state_folder, known, job.resolved.hidden, lasting(job))

    def __post_init__(self) -> None:
        now = datetime.now(UTC)
        self.id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self._started = now
        self.closed = False
        self.error: BaseException | None = None

    @property
    def folder(self) -> Path:
        """Where this run's record lies."""
        return self.state / "runs" / self.id

    def close(self, status: str, error: BaseException | None = None) -> None:
        """Write run.json; where an error ended the run, that this fails too is passed over."""
        self.closed, self.error = True, error
        ended = datetime.now(UTC)
        exit_code = exit_code_of(error)
        facts = {
            "schema_version": 1,
            "run_id": self.id,
            "job": self.job,
            "status": status,
            "exit_code": exit_code,
            "retryable": exit_code in RETRYABLE,
            "started": self._started.isoformat(),
            "ended": ended.isoformat(),
            "seconds": (ended - self._started).total_seconds(),
            "host": platform.node(),
            "process": os.getpid(),
            "python": platform.python_version(),
            "versions": versions(),
            "error": None if error is None else _told(error),
            **self.facts,
        }
        with suppress(*(() if error is None else (OutputFailed,))):
            write_bytes(self.folder / "run.json", json_bytes(hidden_in_all(facts, self.hidden)))
            if self.lasts is not None:
                self.lasts.send(self.folder, "run.json")


@contextmanager
def refusal_recorded(config: Path, root: Path) -> Iterator[None]:
    """Write run.json also for a run that ends at its config, which has no job yet.

    The record goes by the config's name. Nothing is written where there is no such file.
    """
    try:
        yield
    except ConfigErrors as error:
        if config.is_file():
            Record(config.stem, root / STATE).close("failed", error)
        raise


def exit_code_of(error: BaseException | None) -> int:
    """The exit code for how a run ended.

    Example:
        >>> exit_code_of(None), exit_code_of(KeyboardInterrupt()), exit_code_of(Terminated())
        (0, 130, 143)
    """
    if error is None:
        return 0
    if isinstance(error, LabelmillError):
        return error.exit_code
    if isinstance(error, Terminated):
        return 143
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def status_of(error: BaseException | None) -> str:
    """What became of a run that an error ended: it can say "interrupted" or "failed"."""
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"


def _told(error: BaseException) -> Mapping[str, Any]:
    told: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if not isinstance(error, LabelmillError | KeyboardInterrupt):
        told["traceback"] = traceback.format_exception(error)
    return told
