"""The report of a snapshot as one HTML page that needs nothing else: no scripts, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from labelmill.core.schema import SPLITS
from labelmill.report.marking import pieces, visible
from labelmill.report.tables import (
    Report,
    class_counts,
    decimal,
    denied_functions,
    function_columns,
    gold_calibration,
    labels_given,
    model_calibration,
    model_fit,
    model_notices,
    model_trials,
    model_words,
    notices,
    refine_lines,
    share,
    skipped_files,
    whole,
)

if TYPE_CHECKING:
    from jinja2 import Template

MOST_LABELS = 20
"""With more labels than this the confusion of labels is a list and not a square."""

MOST_CONFUSED = 20
STATUS_ORDER = ("labeled", "tie", "low_confidence", "uncovered", "error", "filtered")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its count, and its share of the longest bar and of all."""

    name: str
    count: int
    length: float
    share: float


def report_page(report: Report) -> str:
    """Draw a report as one self-contained page; the same report always gives the same bytes.

    Args:
        report: what report.json holds.
    """
    totals = report["totals"]
    return page_template().render(
        report=report,
        totals=totals,
        splits=SPLITS,
        statuses=_statuses(totals),
        columns=[c for c in function_columns(report) if c.key != "type"],
        left_out={name: _left_out(rows) for name, rows in report["exports"].items()},
        notices=notices(report),
        skipped_files=skipped_files(report),
        refine_lines=refine_lines(report),
        denied=denied_functions(report),
        model=model_words(report),
        model_notices=model_notices(report),
        model_lines=[*model_fit(report), *model_trials(report), *model_calibration(report)],
        gold_calibration=gold_calibration(report),
        reliability=(report["gold"] or {}).get("reliability", []),
        classes=bars(class_counts(report), labels_given(report)),
        confidence=_confidence(report["confidence"]),
        conflicts=_conflicts(report["conflicts"]),
        confusion=_confusion(report),
        filtered=bars(report["filtered"]),
        copies=sum(report["augmented"]["made"].values()),
        samples=[_sample(s, spans=report["task"] == "ner") for s in report["samples"]],
        hues={label: hue(i) for i, label in enumerate(report["labels"])},
    )


@cache
def page_template() -> "Template":
    """The template of the page; compiling it takes longer than using it, so do it ahead."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 (only for the page)

    text = files("labelmill.report").joinpath("page.html.j2").read_text("utf-8")
    room = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    room.lstrip_blocks = True
    room.filters |= {"whole": whole, "share": share, "decimal": decimal, "shown": visible}
    return room.from_string(text)


def bars(counts: Mapping[str, int], total: int | None = None) -> list[Bar]:
    """Counts as bars, in the order given; shares are of the total, else of their sum.

    Example:
        >>> [(bar.length, bar.share) for bar in bars({"ham": 3, "spam": 1})]
        [(1.0, 0.75), (0.3333333333333333, 0.25)]
    """
    most = max(counts.values(), default=0)
    total = sum(counts.values()) if total is None else total
    return [
        Bar(name, count, count / most if most else 0.0, count / total if total else 0.0)
        for name, count in counts.items()
    ]


def hue(place: int) -> int:
    """The colour of a label, in degrees: neighbours lie a golden angle apart.

    Example:
        >>> hue(0), hue(1)
        (210, 347)
    """
    return int(210 + 137.508 * place) % 360


def _statuses(totals: Mapping[str, Any]) -> list[Bar]:
    counts = {**totals["status"], "filtered": totals["filtered"]}
    known = [name for name in STATUS_ORDER if counts.get(name)]
    others = sorted(name for name in counts if name not in STATUS_ORDER)
    return bars({name: counts[name] for name in (*known, *others)})


def _confidence(counts: Sequence[int]) -> list[Bar]:
    return bars({f"{i / 10:.1f}": count for i, count in enumerate(counts)})


def _conflicts(pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    most = max((pair["items"] for pair in pairs), default=0)
    return [{**pair, "length": pair["items"] / most} for pair in pairs]


def _confusion(report: Report) -> dict[str, Any] | None:
    """The confusion with gold: a square of labels, or with many labels a list of mistakes."""
    gold = report["gold"]
    if gold is None or "confusion" not in gold:
        return None
    counts = {(c["gold"], c["label"]): c["texts"] for c in gold["confusion"]}
    labels = report["labels"]
    if len(labels) > MOST_LABELS:
        wrong = [(n, *pair) for pair, n in counts.items() if pair[0] != pair[1]]
        return {"square": None, "wrong": sorted(wrong, key=lambda w: (-w[0], w))[:MOST_CONFUSED]}
    square = []
    for true in labels:
        row = [counts.get((true, label), 0) for label in labels]
        total = sum(row)
        shares = [n / total if total else 0.0 for n in row]
        square.append({"gold": true, "cells": list(zip(row, shares, strict=True)), "total": total})
    return {"square": square, "wrong": []}


def _left_out(of_split: Mapping[str, Any]) -> list[str]:
    """Rows that an export could not hold, such as `train: 6 without a label`."""
    return [
        f"{split}: {whole(count)} {reason}"
        for split in SPLITS
        for reason, count in of_split.get(split, {"left_out": {}})["left_out"].items()
    ]


def _sample(sample: Mapping[str, Any], *, spans: bool) -> dict[str, Any]:
    text = sample["text"]
    votes = [
        {
            "lf": vote["lf"],
            "label": vote["label"],
            "weight": vote.get("weight"),
            "words": (text[vote["start"] : vote["end"]] or "…") if spans else None,
        }
        for vote in sample["votes"]
    ]
    return {**sample, "pieces": pieces(text, sample["entities"]), "votes": votes}
