"""The report of a snapshot as plain data: what report.json holds and all other views show."""

from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA_VERSION = 1


def agreement(judgement: Any, *, spans: bool) -> dict[str, Any] | None:
    """How the labels agree with gold: accuracy of labeled texts, or span precision, recall, F1.

    Beside that stands how far their confidence can be believed: the expected calibration error,
    and the bins that it is made of.
    """
    from labelmill.report.analysis import scores  # noqa: PLC0415 (only with gold)

    if judgement is None:
        return None
    if spans:
        counts = {name: getattr(judgement, name) for name in ("right", "found", "wanted")}
        return (
            counts
            | scores(judgement.right, judgement.found, judgement.wanted)
            | _reliability(judgement)
        )
    judged = judgement.right + judgement.wrong
    confusion = [
        {"gold": gold, "label": label, "texts": n}
        for (gold, label), n in sorted(judgement.confusion.items())
    ]
    accuracy = judgement.right / judged if judged else None
    return {
        "right": judgement.right,
        "wrong": judgement.wrong,
        "accuracy": accuracy,
        "confusion": confusion,
        **_reliability(judgement),
    }


def _reliability(judgement: Any) -> dict[str, Any]:
    """How far the confidence of labels or spans can be believed."""
    found = judgement.reliability
    return {"calibration_error": found.error, "reliability": found.rows()}


def totals(
    status: Mapping[str, int], filtered: int, rows_in: int, quarantined: int = 0
) -> dict[str, Any]:
    """Rows by status, and the share of readable rows that some function voted on.

    Rows are `quarantined` that nobody can read, or on which a function failed.

    Example:
        >>> totals({"labeled": 3, "uncovered": 1}, 1, 5)["coverage"]
        0.75
    """
    readable = sum(status.values()) - status.get("error", 0)
    covered = readable - status.get("uncovered", 0)
    return {
        "rows_in": rows_in,
        "filtered": filtered,
        "status": dict(sorted(status.items())),
        "coverage": covered / readable if readable else 0.0,
        "quarantined": quarantined,
        "labeled": status.get("labeled", 0) / readable if readable else 0.0,
    }


def conflict_rows(names: Sequence[str], conflicts: Any, most: int = 20) -> list[dict[str, Any]]:
    """The pairs of functions that conflict most often."""
    pairs: list[dict[str, Any]] = [
        {"a": names[i], "b": names[j], "items": int(conflicts[i, j])}
        for i in range(len(names))
        for j in range(i)
        if conflicts[i, j]
    ]
    return sorted(pairs, key=lambda pair: (-pair["items"], pair["a"], pair["b"]))[:most]
