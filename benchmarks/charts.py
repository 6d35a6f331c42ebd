"""Dots on a linear axis, drawn as SVG: scores by set, and figures of many worlds."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor

from benchmarks.drawing import COLORS, rule, text_at

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 130, 190, 34, 44
ROW = 22
"""Height of a row before its dots, which stand below each other."""
APART = 7
PANELS = 3
"""So many panels stand beside each other."""
PANEL, MARGIN = 240, 58
GRID, ZERO = "#e4e4e4", "#707070"
STEPS = (1, 2, 5, 10, 20, 50, 100)
MOST_TICKS = 9
MORE_COLORS = (*COLORS, "#7a4fb5", "#4d4d4d", "#8a6d1f", "#1f8a8a")

Series = Mapping[str, Sequence[float | None]]
Points = Sequence[tuple[float, float]]


def dot_chart(title: str, x_title: str, rows: Sequence[str], series: Series) -> str:
    """Draw a line of dots for each row, one of each series; None draws nothing.

    Example:
        >>> svg = dot_chart("Sets", "percent", ["a", "b"], {"ours": [80, 90], "peer": [70, None]})
        >>> svg.count("<circle") - 2  # two stand in the legend
        3
    """
    row_height = ROW + APART * len(series)
    height = max(TOP + row_height * len(rows), TOP + 18 * len(series)) + BOTTOM
    ends = ticks([x for values in series.values() for x in values if x is not None])
    bottom = TOP + row_height * len(rows)
    parts = _frame(title, height, (LEFT + WIDTH - RIGHT) / 2)
    for tick in ends:
        x = _place(tick, ends, LEFT, WIDTH - RIGHT)
        parts += [rule(x, TOP, x, bottom), text_at(x, bottom + 16, f"{tick:g}")]
    parts.append(text_at((LEFT + WIDTH - RIGHT) / 2, bottom + 34, x_title))
    for row, name in enumerate(rows):
        y = TOP + row_height * row
        parts.append(rule(LEFT, y, WIDTH - RIGHT, y))
        parts.append(text_at(LEFT - 8, y + row_height / 2 + 4, name, anchor="end"))
    for place, (name, values) in enumerate(series.items()):
        color = MORE_COLORS[place % len(MORE_COLORS)]
        for row, value in enumerate(values):
            if value is not None:
                x = _place(value, ends, LEFT, WIDTH - RIGHT)
                middle = TOP + row_height * row + ROW / 2 + APART * (place + 0.5)
                parts.append(_dot(x, middle, color, 4, f"{name}: {value:.1f}"))
    return "\n".join([*parts, *_legend(series), "</svg>\n"])


def panel_chart(title: str, x_title: str, y_title: str, panels: Mapping[str, Points]) -> str:
    """Draw points of one kind of thing in a panel for each series, all on the same axes.

    A grey line stands where y is 0, and one where it is as large as x.

    Example:
        >>> svg = panel_chart(
        ...     "Worlds", "most", "gain", {"ours": [(3, 1), (4, 2)], "peer": [(3, -1)]}
        ... )
        >>> svg.count("h0"), svg.count("<path")
        (3, 2)
    """
    every = [point for points in panels.values() for point in points]
    across = ticks([0.0, *(max(x, 0.0) for x, _ in every)])
    up = ticks([0.0, *(y for _, y in every)])
    n_rows = ceil(len(panels) / PANELS)
    height = TOP + PANEL * n_rows + BOTTOM
    parts = _frame(title, height, WIDTH / 2)
    for place, (name, points) in enumerate(panels.items()):
        row, column = divmod(place, PANELS)
        box = (MARGIN + column * (WIDTH - MARGIN) / PANELS, TOP + PANEL * row)
        parts += _panel(name, points, (across, up), box)
    parts.append(text_at((MARGIN + WIDTH) / 2, height - 12, x_title))
    middle = -(TOP + PANEL * n_rows / 2)
    parts.append(f'<g transform="rotate(-90)">{text_at(middle, 14, y_title)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def _panel(
    name: str,
    points: Points,
    ends: tuple[Sequence[float], Sequence[float]],
    box: tuple[float, float],
) -> list[str]:
    """A panel: its name, its axes, and its points as one path."""
    left, right = box[0], box[0] + (WIDTH - MARGIN) / PANELS - 40
    top, bottom = box[1] + 26, box[1] + PANEL - 22
    parts = [text_at((left + right) / 2, top - 8, name)]
    for tick in ends[1]:
        y = _place(tick, ends[1], bottom, top)
        parts.append(rule(left, y, right, y, ZERO if tick == 0 else GRID))
        parts.append(text_at(left - 4, y + 4, f"{tick:g}", anchor="end"))
    places = [(_place(tick, ends[0], left, right), f"{tick:g}") for tick in ends[0]]
    parts += [text_at(x, bottom + 15, told) for x, told in places]
    low, high = max(ends[0][0], ends[1][0]), min(ends[0][-1], ends[1][-1])
    line = [
        (_place(value, ends[0], left, right), _place(value, ends[1], bottom, top))
        for value in (low, high)
    ]
    parts.append(rule(*line[0], *line[1], ZERO))
    dots = "".join(
        f"M{_place(x, ends[0], left, right):.1f} {_place(y, ends[1], bottom, top):.1f}h0"
        for x, y in points
    )
    style = f'stroke="{COLORS[0]}" stroke-width="3" stroke-linecap="round" stroke-opacity="0.5"'
    return [*parts, f'<path d="{dots}" fill="none" {style}/>']


def ticks(values: Sequence[float]) -> list[float]:
    """Round numbers, evenly apart, around some values.

    Example:
        >>> ticks([61.2, 83.4]), ticks([-3, 12])
        ([60, 65, 70, 75, 80, 85], [-5, 0, 5, 10, 15])
    """
    low, high = min(values), max(values)
    step = next((s for s in STEPS if (high - low) / s <= MOST_TICKS - 2), STEPS[-1])
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    return [place * step for place in range(first, last + 1)]


def _frame(title: str, height: float, middle: float) -> list[str]:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">'
    )
    return [
        head,
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text_at(middle, 18, title, size=14),
    ]


def _legend(series: Series) -> list[str]:
    parts = []
    for place, (name, color) in enumerate(zip(series, _colors(series), strict=True)):
        y = TOP + 14 + 18 * place
        parts.append(_dot(WIDTH - RIGHT + 18, y - 4, color, 5, name))
        parts.append(text_at(WIDTH - RIGHT + 30, y, name, anchor="start"))
    return parts


def _colors(series: Series) -> list[str]:
    return [MORE_COLORS[place % len(MORE_COLORS)] for place in range(len(series))]


def _dot(x: float, y: float, color: str, radius: int, told: str) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{color}" fill-opacity="0.75">'
        f"<title>{escape(told)}</title></circle>"
    )


def _place(value: float, ends: Sequence[float], low: float, high: float) -> float:
    return low + (value - ends[0]) / (ends[-1] - ends[0]) * (high - low)
