"""Dots on a linear axis, drawn as SVG: scores by set, and figures of many worlds in order."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor

from benchmarks.drawing import COLORS, rule, text_at

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 130, 190, 34, 44
ROW = 22
"""Height of a row before its dots, which stand below each other."""
APART = 7
HEIGHT = 360
STEPS = (1, 2, 5, 10, 20, 50, 100)
MOST_TICKS = 9
MORE_COLORS = (*COLORS, "#7a4fb5", "#4d4d4d", "#8a6d1f", "#1f8a8a")

Series = Mapping[str, Sequence[float | None]]


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
    parts = _frame(title, height)
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


def rank_chart(title: str, x_title: str, y_title: str, series: Series) -> str:
    """Draw figures of things in order, from left to right, a dot for each; None draws nothing.

    Example:
        >>> svg = rank_chart("Worlds", "worlds", "gain", {"ours": [-1, 2, 5], "true": [3, 4, 6]})
        >>> svg.count("<circle") - 2
        6
    """
    n = max(len(values) for values in series.values())
    ends = ticks([0.0, *(y for values in series.values() for y in values if y is not None)])
    bottom = HEIGHT - BOTTOM
    parts = _frame(title, HEIGHT)
    for tick in ends:
        y = _place(tick, ends, bottom, TOP)
        color = "#808080" if tick == 0 else "#d8d8d8"
        parts.append(rule(LEFT / 2, y, WIDTH - RIGHT, y, color))
        parts.append(text_at(LEFT / 2 - 6, y + 4, f"{tick:g}", anchor="end"))
    parts.append(text_at((LEFT / 2 + WIDTH - RIGHT) / 2, HEIGHT - 12, x_title))
    parts.append(f'<g transform="rotate(-90)">{text_at(-(TOP + bottom) / 2, 14, y_title)}</g>')
    for (name, values), color in zip(series.items(), _colors(series), strict=True):
        for place, value in enumerate(values):
            if value is not None:
                x = _place(place + 0.5, (0, n), LEFT / 2, WIDTH - RIGHT)
                y = _place(value, ends, bottom, TOP)
                parts.append(_dot(x, y, color, 2, f"{name}: {value:.1f}"))
    return "\n".join([*parts, *_legend(series), "</svg>\n"])


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


def _frame(title: str, height: float) -> list[str]:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">'
    )
    return [
        head,
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text_at((LEFT + WIDTH - RIGHT) / 2, 18, title, size=14),
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
