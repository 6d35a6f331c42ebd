"""What a run would do, as lines for a terminal: partitions, votes and label models."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from rich.cells import cell_len

from labelmill.report.layout import GAP, Heading, View, heading, table
from labelmill.report.marking import visible
from labelmill.report.tables import whole

CACHED = "cached"
MOST = 12
"""From so many partitions on those that are alike stand in one line; so many lines are shown."""

Row = Mapping[str, Any]
Item = TypeVar("Item")


def inputs_view(partitions: Sequence[Row], dropped: Sequence[str], width: int) -> View:
    """The input, and which files are others than they were."""
    lines = []
    for group in _runs(partitions, lambda part: part["state"], apart=len(partitions) < MOST):
        counts = (sum(part[count] for part in group) for count in ("files", "rows", "shards"))
        names = _span([part["value"] for part in group])
        lines.append([names, *map(whole, counts), group[0]["state"]])
    titles = [Heading(title, number=True) for title in ("Files", "Rows", "Shards")]
    headings = [Heading("Partition"), *titles, Heading("Against what is live")]
    told = [line for part in partitions for line in _files(part)]
    if dropped:
        told.append(f"gone from the source, and live until gc --dropped: {_few(dropped)}")
    more = _cut(told, "files")
    return [*table(headings, _cut(lines, "partitions"), width), *([""] if more else []), *more]


def cross_view(cells: Sequence[Row], width: int) -> View:
    """Which functions would vote on which partitions; what is alike stands together."""
    if not cells:
        return ["Nothing: all is published as it would be made."]
    states = {(cell["partition"], cell["lf"]): _state(cell) for cell in cells}
    partitions = list(dict.fromkeys(cell["partition"] for cell in cells))
    functions = list(dict.fromkeys(cell["lf"] for cell in cells))
    columns = _alike(functions, lambda lf: tuple(states[part, lf] for part in partitions))
    heads = [lfs[0] for lfs in columns]
    rows = _runs(partitions, lambda part: tuple(states[part, lf] for lf in heads))
    names = [_functions(lfs, len(functions)) for lfs in columns]
    lines = [[_span(group), *(states[group[0], lf] for lf in heads)] for group in rows]
    grid = [["Partition", *names], *lines]
    needed = sum(max(map(cell_len, column)) for column in zip(*grid, strict=True))
    if needed + len(GAP) * len(columns) <= width:
        headings = [Heading(title) for title in grid[0]]
        return table(headings, _cut(lines, "partitions"), width)
    return _listed(rows, columns, states)


def models_view(models: Sequence[Row], relabels: Sequence[str | None]) -> View:
    """Which label model would label what, and why; and what another one would label."""
    lines: View = []
    for model in models:
        of = _span(model["labels"])
        on = [name for name in model["fitted_on"] if name is not None]
        how = f"fitted on {_span(on)}" if on else "fitted" if model["fitted_on"] else "as it is"
        how = f"that of snapshot {model['snapshot'][:12]}" if model["snapshot"] else how
        lines += [] if of == "-" else [of]
        lines.append(f"{GAP * (of != '-')}{how}: {visible(model['why'])}")
    if relabels:
        lines += [_span(relabels), f"{GAP}another model would label it; run --relabel does"]
    return [*heading("Label model"), *_cut(lines, "lines", 2 * MOST)] if lines else []


def _state(cell: Row) -> str:
    """A cell in words.

    Example:
        >>> _state({"shards": 3, "votes_on": 0, "why": {}})
        'cached'
        >>> _state({"shards": 3, "votes_on": 1, "why": {"rewritten file": 1}})
        'rewritten file (1 of 3 shards)'
        >>> _state({"shards": 3, "votes_on": 0, "why": {}, "unsure": {"prepare changed": 3}})
        'prepare changed (where not known)'
    """
    unsure = cell.get("unsure", {})
    told = "; ".join(dict.fromkeys([*cell["why"], *unsure]))
    if unsure:
        return visible(f"{told} (where not known)")
    if not told or cell["votes_on"] == cell["shards"]:
        return visible(told or CACHED)
    return visible(f"{told} ({whole(cell['votes_on'])} of {whole(cell['shards'])} shards)")


def _listed(
    rows: Sequence[Sequence[str | None]],
    columns: Sequence[Sequence[str]],
    states: Mapping[tuple[str | None, str], str],
) -> View:
    """The cross table as a list, where it is too wide: a line for each cell."""
    view: View = []
    for partitions in rows:
        view.append(_span(partitions))
        by_state: dict[str, list[str]] = {}
        for functions in columns:
            state = states[partitions[0], functions[0]]
            by_state.setdefault(state, []).extend(functions)
        n_all = sum(map(len, columns))
        names = [_functions(functions, n_all) for functions in by_state.values()]
        size = max(map(cell_len, names))
        told = zip(names, by_state, strict=True)
        view += [f"{GAP}{name}{' ' * (size - cell_len(name))}{GAP}{state}" for name, state in told]
    return _cut(view, "lines", 3 * MOST)


def _files(part: Row) -> list[str]:
    of = f"{visible(part['value'])}: " if part["value"] else ""
    return [
        f"{of}{what}: {_few(names)}"
        for what, names in part["files_changed"].items()
        if not (what == "new" and len(names) == part["files"])
    ]


def _alike(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """Items with the same key together, in the order of the first of each."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _runs(
    items: Sequence[Item], key: Callable[[Item], object], *, apart: bool = False
) -> list[list[Item]]:
    """Items with the same key that follow each other together."""
    if apart:
        return [[item] for item in items]
    return [list(group) for _, group in groupby(items, key)]


def _functions(names: Sequence[str], n_all: int) -> str:
    if len(names) == n_all > 1:
        return f"all {whole(n_all)} functions"
    return names[0] if len(names) == 1 else f"{names[0]} and {whole(len(names) - 1)} more"


def _span(names: Sequence[str | None]) -> str:
    shown = [visible(name or "-") for name in names]
    if len(shown) <= 2:
        return ", ".join(shown)
    return f"{shown[0]} .. {shown[-1]} ({whole(len(shown))})"


def _few(names: Sequence[str]) -> str:
    more = f" and {whole(len(names) - 3)} more" if len(names) > 3 else ""
    return visible(", ".join(names[:3])) + more


def _cut(lines: Sequence[Any], what: str, most: int = MOST) -> list[Any]:
    """The first and last of many lines, and how many stand between them."""
    if len(lines) <= most + 1:
        return list(lines)
    left = f"... {whole(len(lines) - most)} more {what} (--json has all)"
    row = left if isinstance(lines[0], str) else [left, *[""] * (len(lines[0]) - 1)]
    return [*lines[: most // 2], row, *lines[-(most - most // 2) :]]
