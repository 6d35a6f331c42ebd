"""Scores as the published tables compute them."""

from collections.abc import Sequence
from hashlib import sha1

from labelmill.pipeline.result import Run

Spans = set[tuple[int, int, str]]


def settled(run: Run) -> list[str]:
    """One label for every row of a run's labels, in their order.

    A tie, and a row without votes, goes to one of the tied labels by a hash of the row's number.
    """
    table = run.labels.to_arrow()
    names = table.schema.metadata[b"labels"].decode().split("\n")
    columns = (table[name].to_pylist() for name in ("status", "label", "probs"))
    labels = []
    for row, (status, label, probs) in enumerate(zip(*columns, strict=True)):
        if status == "labeled":
            labels.append(label)
            continue
        tied = [name for name, p in zip(names, probs, strict=True) if p > max(probs) - 1e-6]
        tied = names if status == "uncovered" else tied
        number = int(sha1(str(row).encode(), usedforsecurity=False).hexdigest(), 16)
        labels.append(tied[number % len(tied)])
    return labels


def accuracy(labels: Sequence[str], gold: Sequence[str]) -> float:
    """Percent of the labels that are right."""
    right = sum(a == b for a, b in zip(labels, gold, strict=True))
    return 100 * right / len(gold)


def f1_of(label: str, labels: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of one label, in percent."""
    right = sum(a == b == label for a, b in zip(labels, gold, strict=True))
    return _f1(right, list(labels).count(label), list(gold).count(label))


def entity_f1(found: Sequence[Spans], gold: Sequence[Spans]) -> float:
    """F1 of spans with exact bounds and label, in percent."""
    right = sum(len(a & b) for a, b in zip(found, gold, strict=True))
    return _f1(right, sum(map(len, found)), sum(map(len, gold)))


def _f1(right: int, found: int, wanted: int) -> float:
    return 200 * right / (found + wanted) if found + wanted else 0.0
