"""The report of a snapshot as plain data: what report.json holds and all other views show."""

from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA_VERSION = 1


def agreement(judgement: Any, *, spans: bool, labels: Sequence[str] = ()) -> dict[str, Any] | None:
    """How the labels agree with gold: accuracy of labeled texts, or span precision, recall, F1.

    Where a text can have several of some `labels`: precision, recall and F1 of each, of all of them
    together (micro), the mean F1 (macro), and the share of texts whose labels are all right.
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
    if labels:
        return _agreement_of_lists(judgement, labels) | _reliability(judgement)
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


def _agreement_of_lists(judgement: Any, labels: Sequence[str]) -> dict[str, Any]:
    from labelmill.report.analysis import scores  # noqa: PLC0415 (only with gold)

    counts = judgement.confusion
    by_label = []
    sums = [0, 0, 0]
    for label in labels:
        right, extra, missed = (counts[label, what] for what in ("right", "extra", "missed"))
        told = (right, right + extra, right + missed)
        sums = [total + n for total, n in zip(sums, told, strict=True)]
        named = dict(zip(("right", "found", "wanted"), told, strict=True))
        by_label.append({"label": label} | named | scores(*told))
    f1s = [row["f1"] for row in by_label if row["wanted"]]
    judged = judgement.right + judgement.wrong
    return {
        "right": judgement.right,
        "wrong": judgement.wrong,
        "exact_match": judgement.right / judged if judged else None,
        "micro": scores(*sums),
        "macro_f1": sum(f1s) / len(f1s) if f1s else None,
        "by_label": by_label,
    }


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
