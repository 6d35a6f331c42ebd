"""The table and the picture of worlds, for docs/results.md."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.charts import panel_chart
from benchmarks.pages import with_table
from benchmarks.projects import ROOT

PAGE = ROOT / "docs" / "results.md"
FOLDER = ROOT / "docs" / "benchmarks"
KEPT = FOLDER / "worlds.json"
MARKS = ("<!-- worlds -->\n", "<!-- /worlds -->\n")
HEADER = (
    "| seed | label model | worlds | clearly below majority | gain | true model's gain | of it "
    "| calibration error | of all rows | guard: unsound | guard: sound |\n"
    "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
)
TITLE = "Points gained on majority vote: a dot is a world"
LOOKED_AT = "0"
"""The seed that may be looked at while a model is built."""

COUNTED, GUARD = ("worlds", "worse"), ("unsound", "sound")

Kept = Mapping[str, Mapping[str, Any]]


def kept(path: Path = KEPT) -> dict[str, Any]:
    """The results by seed; none where there are none."""
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def keep(seed: int, told: Mapping[str, Any], path: Path = KEPT) -> None:
    """Add the results of a seed."""
    every = {**kept(path), str(seed): told}
    ordered = dict(sorted(every.items(), key=lambda item: int(item[0])))
    path.write_text(json.dumps(ordered, separators=(",", ":")).replace('},"', '},\n"') + "\n")


def write(found: Kept, page: Path = PAGE, folder: Path = FOLDER) -> None:
    """Write the table into the page, and the picture beside it."""
    page.write_text(with_table(page.read_text("utf-8"), MARKS, page_text(found)), "utf-8")
    if found:
        (folder / "worlds.svg").write_text(picture(found), "utf-8")


def page_text(found: Kept) -> str:
    """What stands between the marks of the page."""
    if not found:
        return ""
    blind = {seed: each for seed, each in found.items() if seed != LOOKED_AT}
    parts = {**found, ", ".join(blind): pooled(blind)} if len(blind) > 1 else found
    rows = [
        _row(seed, name, told)
        for seed, each in parts.items()
        for name, told in each["models"].items()
    ]
    return f"\n![{TITLE}](benchmarks/worlds.svg)\n\n{HEADER}{''.join(rows)}\n"


def pooled(found: Kept) -> dict[str, Any]:
    """The models of several seeds over all their worlds."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for each in found.values():
        for name, facts in each["models"].items():
            told.setdefault(name, []).append(facts)
    return {"models": {name: _together(every) for name, every in told.items()}}


def _together(every: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts added up, and means over all worlds."""
    counts = [facts["worlds"] for facts in every]
    whole: dict[str, Any] = {}
    for name in every[0]:
        values = [facts[name] for facts in every]
        if name in GUARD:
            whole[name] = [sum(pair) for pair in zip(*values, strict=True)]
        elif name in COUNTED:
            whole[name] = sum(values)
        else:
            parts = zip(counts, values, strict=True)
            whole[name] = sum(count * value for count, value in parts) / sum(counts)
    return whole


def picture(found: Kept) -> str:
    """A panel for each model: what it gains in every world, beside what the true model gains."""
    worlds = [world for each in found.values() for world in each["gains"]]
    names = dict.fromkeys(name for world in worlds for name in world if name != "true")
    panels = {
        name: [(world["true"], world[name]) for world in worlds if name in world] for name in names
    }
    titles = {name: f"{name} ({len(points)} worlds)" for name, points in panels.items()}
    return panel_chart(
        TITLE,
        "points that the true model gains (the slanted line: no model gains more)",
        "points gained",
        {titles[name]: points for name, points in panels.items()},
    )


def _row(seed: str, name: str, told: Mapping[str, Any]) -> str:
    part = 100 * told["gain"] / told["true_gain"] if told["true_gain"] else 0.0
    cells = [
        seed,
        name,
        f"{told['worlds']}",
        f"{told['worse']}",
        f"{told['gain']:.2f}",
        f"{told['true_gain']:.2f}",
        f"{part:.0f} %",
        f"{told['calibration_error']:.3f}",
        f"{told['calibration_error_all']:.3f}" if "calibration_error_all" in told else "-",
        _fired(told.get("unsound")),
        _fired(told.get("sound")),
    ]
    return f"| {' | '.join(cells)} |\n"


def _fired(counts: Sequence[int] | None) -> str:
    return "-" if counts is None else f"{counts[0]} of {counts[1]}"
