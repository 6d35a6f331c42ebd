"""Several partitions as lines for a terminal."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from labelmill.core.schema import SPLITS
from labelmill.report.layout import Heading, View, table, training_set
from labelmill.report.marking import visible
from labelmill.report.tables import whole

SHORT = 12
"""So much of a snapshot's id is shown."""


def backfill_view(
    outcomes: Sequence[Any], left: Sequence[str], output: str, older: Sequence[str] = ()
) -> View:
    """What became of each partition of a backfill.

    Args:
        outcomes: one for each partition that was tried.
        left: the partitions that were not tried.
        output: the output folder, or its URL.
        older: those that are live as another form of the job made them, where nothing was tried.
    """
    if not outcomes:
        nothing = "Nothing to do: every partition of the source is live."
        hint = "was made before the job was changed; `labelmill run` makes it as the job is now"
        return [nothing, f"{_whose(older)}: {hint}"] if older else [nothing]
    view: View = [line for outcome in outcomes for line in _lines(outcome)]
    if left:
        view.append(f"not tried: {', '.join(map(visible, left))}")
    live = any(outcome.error is None for outcome in outcomes)
    return [*view, training_set(output, several=True)] if live else view


def slice_view(done: Any) -> View:
    """What was labeled ahead.

    Args:
        done: what `labelmill.pipeline.slices.label_slice` gives.
    """
    if done.status == "no data":
        return ["No data: the source has no rows."]
    cast, known = sum(done.cells["cast"].values()), done.cells["known"]
    shards = "shard" if done.shards == 1 else "shards"
    told = f"votes of {whole(cast)} cells were cast, {whole(known)} were known"
    view: View = [
        f"Slice {done.slice}: {whole(done.shards)} {shards}, {whole(done.rows)} rows; {told}"
    ]
    view += [f"! {name} failed on {whole(n)} rows" for name, n in done.errors.items() if n]
    if done.unreadable:
        view.append(f"! nobody can read {whole(done.unreadable)} rows")
    return [*view, "Nothing was published; `labelmill run` does the rest."]


def status_view(status: Any, width: int) -> View:
    """How each partition stands.

    Args:
        status: what `labelmill.pipeline.status.status` gives.
        width: columns of the terminal.
    """
    counts = Counter(standing.state for standing in status.partitions)
    told = ", ".join(f"{whole(n)} {state}" for state, n in counts.most_common())
    rows = [
        [
            visible(standing.partition or "-"),
            standing.state,
            (standing.snapshot or "-")[:SHORT],
        ]
        for standing in status.partitions
    ]
    headings = [Heading(title) for title in ("Partition", "State", "Live")]
    said = [
        visible(f"{_whose([part.partition or status.job for part in parts])}: {why}")
        for whys, parts in _with_same_reasons(status.partitions)
        for why in whys
    ]
    doubts = (*([status.problem] if status.problem else []), *status.warnings)
    return [
        Text(f"{status.job}: {told}", style="bold"),
        f"writes {status.output}",
        *(Text(f"! {visible(doubt)}", style="yellow") for doubt in doubts),
        "",
        *table(headings, rows, width),
        *(["", *said] if said else []),
        *_labeled_ahead(status),
    ]


def _labeled_ahead(status: Any) -> View:
    if not status.ahead:
        return []
    return ["", f"labeled ahead for the next run: slices {', '.join(status.ahead)}"]


def _with_same_reasons(standings: Sequence[Any]) -> list[tuple[tuple[str, ...], list[Any]]]:
    """Partitions of which the same is to be said, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    for standing in standings:
        groups.setdefault((*standing.why, *_noted(standing)), []).append(standing)
    return list(groups.items())


def _whose(names: Sequence[str]) -> str:
    """Partitions of which the same is said.

    Example:
        >>> _whose(["2026-03-01", "2026-03-03", "2026-03-04"])
        '2026-03-01 .. 2026-03-04 (3)'
    """
    return ", ".join(names) if len(names) < 3 else f"{names[0]} .. {names[-1]} ({len(names)})"


def _noted(standing: Any) -> list[str]:
    """What is to be known of a partition besides its state."""
    said = []
    if standing.override is not None:
        said.append(f"checks were overridden: {standing.override}")
    if standing.held is not None and standing.state != "held":
        said.append(f"a check holds snapshot {standing.held} of another config or input")
    return said


def swept_view(swept: Any, *, dry_run: bool) -> View:
    """What was removed, or would be, by kind.

    Args:
        swept: what `labelmill.pipeline.sweep.sweep` gives.
        dry_run: whether nothing was removed.
    """
    does, did = ("would remove", "would be") if dry_run else ("removed", "was")
    lines: View = [f"partition {visible(p)} {did} taken out of the view" for p in swept.dropped]
    if not swept.rubbish:
        return [*lines, "Nothing to remove."]
    for kind in dict.fromkeys(item.kind for item in swept.rubbish):
        sizes = [item.bytes for item in swept.rubbish if item.kind == kind]
        lines.append(f"{does} {whole(len(sizes))} x {kind}: {whole(sum(sizes))} bytes")
    return [*lines, f"{does} {whole(swept.bytes)} bytes in all"]


def _lines(outcome: Any) -> View:
    name = f"partition {visible(outcome.partition)}"
    if outcome.error is not None:
        return [f"{name}: FAILED (exit code {outcome.error.exit_code})"]
    if not outcome.run.snapshots:
        return [f"{name}: no data"]
    snapshot = outcome.run.snapshots[0]
    report = snapshot.report
    if outcome.run.status == "nothing to do":
        return [f"{name}: nothing to do, snapshot {snapshot.id} is up to date"]
    rows = whole(report["totals"]["rows_in"])
    splits = ", ".join(f"{split} {whole(report['splits'].get(split, 0))}" for split in SPLITS)
    lines: View = [f"{name}: snapshot {snapshot.id} is live: {rows} rows, {splits}"]
    return [*lines, *(f"  ! {visible(warning)}" for warning in outcome.run.warnings)]
