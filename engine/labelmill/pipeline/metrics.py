"""What a run measured, as a text file for Prometheus (the textfile collector of node_exporter)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelmill.io import durable

LAST_SUCCESS = "labelmill_last_success_timestamp_seconds"
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is told of one run; times are seconds, `ended` since 1970."""

    job: str
    status: str
    exit_code: int
    ended: float
    seconds: float
    rows: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write the file; the time of the last success is kept from the file before.

    Raises:
        OutputFailed: if it cannot be written.
    """
    success = metrics.ended if metrics.exit_code == 0 else last_success(path, metrics.job)
    durable.write_bytes(path, metrics_text(metrics, success).encode())


def metrics_text(metrics: Metrics, success: float | None) -> str:
    """The text file, in Prometheus's exposition format.

    Example:
        >>> text = metrics_text(Metrics("news", "failed", 1, 1000.5, 2.0), None)
        >>> [line for line in text.splitlines() if "exit_code" in line and "#" not in line]
        ['labelmill_exit_code{job="news"} 1']
    """
    return "".join(line + "\n" for line in _lines(metrics, success))


def last_success(path: Path, job: str) -> float | None:
    """When a job last ended well, as its file says; None where there is none, or it is damaged."""
    try:
        text = path.read_text("utf-8")
        pattern = rf"^{LAST_SUCCESS}\{{job=\"{re.escape(_escaped(job))}\"\}} (\S+)$"
        found = re.search(pattern, text, re.MULTILINE)
        return None if found is None else float(found[1])
    except (OSError, ValueError):
        return None


def _lines(metrics: Metrics, success: float | None) -> Iterator[str]:
    def family(name: str, told: str, *samples: Sample) -> Iterator[str]:
        if samples:
            yield f"# HELP {name} {told}"
            yield f"# TYPE {name} gauge"
        for labels, value in samples:
            named = {"job": metrics.job, **labels}
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in named.items())
            yield f"{name}{{{inside}}} {value:.15g}"

    one: dict[str, str] = {}
    stages = [({"stage": stage}, took) for stage, took in metrics.stages.items()]
    rows = [({"status": status}, float(n)) for status, n in sorted(metrics.rows.items())]
    status = {"status": metrics.status}
    yield from family("labelmill_exit_code", "Exit code of the last run.", (one, metrics.exit_code))
    yield from family("labelmill_status", "1 for how the last run ended.", (status, 1))
    yield from family("labelmill_run_seconds", "What the last run took.", (one, metrics.seconds))
    yield from family("labelmill_stage_seconds", "What each of its stages took.", *stages)
    yield from family("labelmill_rows", "Rows that it published, by status.", *rows)
    ended = "When the last run ended, in seconds since 1970."
    yield from family("labelmill_ended_timestamp_seconds", ended, (one, metrics.ended))
    if success is not None:
        yield from family(LAST_SUCCESS, "When a run last ended with 0.", (one, success))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
