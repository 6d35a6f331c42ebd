"""What becomes of what is live when a job names another `source.partition` than before.

A view holds the partitions of one key. The first publication under another key begins a view of
its own, so whatever was live under the old one is live no longer.
"""

from pathlib import Path

from labelmill.config.spec import Job
from labelmill.errors import UsageError
from labelmill.pipeline.views import View, live_view


def told_of_key(job: Job, output: Path) -> tuple[str, ...]:
    """What has to be told where publishing takes off what is live under another key."""
    live = _of_another_key(job, output)
    if live is None:
        return ()
    return (f"{_said(job, live)}: what is published now takes off {_what(live)}",)


def check_key(job: Job, output: Path, partition: str | None) -> None:
    """Make sure that publishing one partition takes no others off.

    Raises:
        UsageError: if what is live stands under another key.
    """
    live = None if partition is None else _of_another_key(job, output)
    if live is not None:
        message = (
            f"{_said(job, live)}; publishing partition '{partition}' alone would take off "
            f"{_what(live)}. Run all partitions at once (no --partition, --partitions or "
            "--since-last-success), or publish into another output"
        )
        raise UsageError(message)


def _of_another_key(job: Job, output: Path) -> View | None:
    live = live_view(output)
    return None if live is None or live.key == job.source.partition else live


def _said(job: Job, live: View) -> str:
    now, before = job.source.partition, live.key
    if now is None:
        return f"the job has no source.partition now, and had '{before}'"
    if before is None:
        return f"source.partition is '{now}', and what is live has no partitions"
    return f"source.partition is '{now}', and what is live has '{before}'"


def _what(live: View) -> str:
    if live.key is None:
        return f"snapshot {live.snapshots[None]}"
    n_live = len(live.snapshots)
    return f"{n_live} partition{'' if n_live == 1 else 's'} by '{live.key}'"
