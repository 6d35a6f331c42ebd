"""Whether every row that went in came out, once: in what was counted, and in what was written."""

from pathlib import Path

import pyarrow.parquet as pq

from labelmill.errors import NotConserved
from labelmill.pipeline.infer import ShardSummary


def check_conservation(snapshot: Path, summary: ShardSummary) -> None:
    """Make sure that no row was lost or doubled.

    In = labeled + tie + low_confidence + uncovered + error + filtered, and the tables hold as many
    rows as were counted.

    Args:
        snapshot: the folder with the labels and the filtered rows.
        summary: what was counted over all shards.

    Raises:
        NotConserved: if something does not add up.
    """
    statuses, gone = sum(summary.status.values()), sum(summary.filtered.values())
    written = _rows(snapshot / "labels"), _rows(snapshot / "filtered")
    if statuses + gone != summary.rows_in or written != (statuses, gone):
        message = (
            f"{summary.rows_in} rows went in; {statuses} have a status and {gone} were filtered; "
            f"labels/ holds {written[0]} and filtered/ {written[1]}; nothing was published; run "
            "again, and if it is the same, please report this"
        )
        raise NotConserved(message)


def _rows(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in sorted(folder.glob("*.parquet")))
