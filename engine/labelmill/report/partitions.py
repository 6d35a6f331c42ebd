"""Several partitions as lines for a terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelmill.core.schema import SPLITS
from labelmill.report.layout import View
from labelmill.report.marking import visible
from labelmill.report.tables import whole


def backfill_view(outcomes: Sequence[Any], left: Sequence[str], output: Path) -> View:
    """What became of each partition of a backfill.

    Args:
        outcomes: one for each partition that was tried.
        left: the partitions that were not tried.
        output: the output folder.
    """
    if not outcomes:
        return ["Nothing to do: every partition of the source is live."]
    view: View = [line for outcome in outcomes for line in _lines(outcome)]
    if left:
        view.append(f"not tried: {', '.join(map(visible, left))}")
    return [*view, f"Training set: {output / 'current' / '*' / 'train'}"]


def _lines(outcome: Any) -> View:
    name = f"partition {visible(outcome.partition)}"
    if outcome.error is not None:
        return [f"{name}: FAILED ({outcome.error.exit_code})"]
    if not outcome.run.snapshots:
        return [f"{name}: no data"]
    snapshot = outcome.run.snapshots[0]
    report = snapshot.report
    rows = whole(report["totals"]["rows_in"])
    splits = ", ".join(f"{split} {whole(report['splits'].get(split, 0))}" for split in SPLITS)
    lines: View = [f"{name}: snapshot {snapshot.id} is live: {rows} rows, {splits}"]
    return [*lines, *(f"  ! {visible(warning)}" for warning in outcome.run.warnings)]
