"""Logs for machines: one JSON object a line on stderr (`--log-format json`, or LABELMILL_LOG)."""

import json
import os
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Literal, Self

Format = Literal["text", "json"]
VARIABLE = "LABELMILL_LOG"
EVERY = 1.0
"""Seconds that pass at least between two lines about a stage that is not done."""

LEVELS = {"signal": "warning", "lost": "warning", "warning": "warning", "error": "error"}

FORMAT: ContextVar[str] = ContextVar("FORMAT", default="text")
"""How the command line at hand logs."""


def set_format(wanted: Format | None) -> None:
    """Take the format that a command line asks for, else that of the environment."""
    FORMAT.set(wanted or os.environ.get(VARIABLE) or "text")


def is_json() -> bool:
    """Whether logs are for machines."""
    return FORMAT.get() == "json"


def log(event: str, facts: Mapping[str, Any]) -> None:
    """Write one line."""
    from datetime import UTC, datetime  # noqa: PLC0415 (only where something is logged)

    head = {"time": datetime.now(UTC).isoformat(), "level": LEVELS.get(event, "info")}
    line = json.dumps({**head, "event": event, **facts}, default=str)
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class StageLog:
    """Writes a line for every stage that begins or ends, and now and then between."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        return None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note that `done` of `total` tasks of a stage are done."""
        from time import monotonic  # noqa: PLC0415 (only where something is logged)

        now = monotonic()
        if done in (0, total) or now - self._last >= EVERY:
            self._last = now
            log("stage", {"stage": stage, "done": done, "total": total})
