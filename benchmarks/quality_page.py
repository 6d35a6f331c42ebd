"""Tables and pictures of the quality benchmark, for docs/results.md."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.charts import dot_chart
from benchmarks.pages import with_table
from benchmarks.projects import ROOT

PAGE = ROOT / "docs" / "results.md"
FOLDER = ROOT / "docs" / "benchmarks"
KEPT = FOLDER / "quality.json"
MARKS = ("<!-- quality -->\n", "<!-- /quality -->\n")
SCORED = {
    "test": "All figures are percents on the test part of each set.",
    "valid": "All figures are percents on the **valid** part of each set: test is not scored yet.",
}
TITLES = {"texts": "Texts", "spans": "Spans (entity F1)"}
DRAWN = 6
"""So many models are drawn, those that are best on average, and the peers."""
PEERS = ("snorkel", "skweak_hmm")

END_MODELS = "LR_"
"""So begin the names of published end models, which are no label models."""

Facts = Mapping[str, Any]


def published(corpora: Path) -> dict[str, dict[str, float]]:
    """The published figures of label models: for each column of the tables a score by method."""
    found: dict[str, dict[str, float]] = {}
    for path in sorted((corpora / "published").glob("wrench_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name = row.pop("method")
                for column, value in row.items():
                    if value and not name.startswith(END_MODELS):
                        found.setdefault(column, {})[name] = float(value)
    return found


def kept() -> dict[str, Any]:
    """The result that the page shows."""
    facts: dict[str, Any] = json.loads(KEPT.read_text("utf-8"))
    return facts


def ranks(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The average rank over sets of each model that has a score on all of them; 1 is best.

    Equal scores share their ranks.

    Example:
        >>> ranks({"s": {"a": 80.0, "b": 70.0, "c": 80.0}})
        {'a': 1.5, 'b': 3.0, 'c': 1.5}
    """
    names = [name for name in _everyone(scores) if all(name in each for each in scores.values())]
    totals = dict.fromkeys(names, 0.0)
    for each in scores.values():
        for name in names:
            above = sum(each[other] > each[name] for other in names)
            equal = sum(each[other] == each[name] for other in names)
            totals[name] += above + (equal + 1) / 2
    return {name: total / len(scores) for name, total in totals.items()}


def means(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The average over sets of each model that has a score on all of them."""
    return {
        name: sum(each[name] for each in scores.values()) / len(scores)
        for name in _everyone(scores)
        if all(name in each for each in scores.values())
    }


def page_text(facts: Facts) -> str:
    """What stands between the marks of the page."""
    parts = [SCORED[facts["split"]]]
    for kind, title in TITLES.items():
        parts += [f"### {title}", f"![{title}](benchmarks/quality_{kind}.svg)"]
        parts += [_table(facts[kind]), _published(facts[kind])]
    parts += ["### End models", _ends(facts["end_models"])]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n\n"


def write(facts: Facts, page: Path = PAGE, folder: Path = FOLDER) -> None:
    """Write the tables into the page, and the pictures beside it."""
    page.write_text(with_table(page.read_text("utf-8"), MARKS, page_text(facts)), "utf-8")
    for kind, title in TITLES.items():
        (folder / f"quality_{kind}.svg").write_text(_picture(title, facts[kind]), "utf-8")


def _table(kind: Facts) -> str:
    """Models by sets; a score that the guard made majority's has a star."""
    sets = list(kind["sets"])
    lines = [f"| label model | {' | '.join(sets)} | mean | rank |"]
    lines.append("|---|" + "---:|" * (len(sets) + 2))
    scores = {name: kind["sets"][name]["scores"] for name in sets}
    mean, rank = kind["mean"], kind["rank"]
    for model in sorted(_everyone(scores), key=lambda name: -mean.get(name, 0.0)):
        cells = [_cell(model, scores[name].get(model)) for name in sets]
        cells += [f"{mean[model]:.2f}", f"{rank[model]:.1f}"] if model in mean else ["-", "-"]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(model: str, score: Mapping[str, Any] | None) -> str:
    if score is None:
        return "-"
    star = "\\*" if score["used"] == "majority" != model else ""
    return f"{score['score']:.2f}{star}"


def _published(kind: Facts) -> str:
    """The published figures of the sets that have some."""
    tables = {name: facts["published"] for name, facts in kind["sets"].items()}
    tables = {name: table for name, table in tables.items() if table}
    if not tables:
        return ""
    lines = [f"| published | {' | '.join(_told(kind, name) for name in tables)} |"]
    lines.append("|---|" + "---:|" * len(tables))
    for method in _everyone(tables):
        cells = [f"{table[method]:.2f}" if method in table else "-" for table in tables.values()]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(kind: Facts, name: str) -> str:
    return name if kind["sets"][name]["same_rows"] else f"{name} (other rows)"


def _ends(rows: Sequence[Mapping[str, Any]]) -> str:
    """End models by jobs."""
    names = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    lines = [f"| labels from | {' | '.join(row['name'] for row in rows)} |"]
    lines.append("|---|" + "---:|" * len(rows))
    for name in names:
        cells = [f"{row['scores'][name]:.2f}" if name in row["scores"] else "-" for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(_choice(row) for row in rows)])


def _choice(row: Mapping[str, Any]) -> str:
    """Which form of a job is held against its bound, and what that was chosen on."""
    scores = ", ".join(f"`{name}` {score:.2f}" for name, score in row["valid"].items())
    return f"- {row['name']}: chosen on valid is `{row['chosen']}` ({scores})."


def _picture(title: str, kind: Facts) -> str:
    """What each model gains on majority vote, set by set."""
    mean, sets = kind["mean"], kind["sets"]
    best = sorted(mean, key=lambda name: -mean[name])
    chosen = [name for name in best if name != "majority"][:DRAWN]
    series = {
        name: [_gain(facts, _score(facts["scores"].get(name))) for facts in sets.values()]
        for name in (*chosen, *(name for name in PEERS if name in mean and name not in chosen))
    }
    series["best published"] = [
        _gain(facts, max(facts["published"].values()))
        if facts["published"] and facts["same_rows"]
        else None
        for facts in sets.values()
    ]
    return dot_chart(f"{title}: gained on majority vote", "points", list(sets), series)


def _gain(facts: Facts, score: float | None) -> float | None:
    """Points above majority vote."""
    majority = _score(facts["scores"].get("majority"))
    return None if score is None or majority is None else score - majority


def _score(found: Mapping[str, Any] | None) -> float | None:
    return None if found is None else float(found["score"])


def _everyone(tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for table in tables.values() for name in table))
