"""Lines on two logarithmic axes, drawn as SVG."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 560, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 34, 48
COLORS = ("#3366cc", "#dc7612", "#2a9d5c", "#b03060")


def log_chart(title: str, x_title: str, y_title: str, lines: Mapping[str, Points]) -> str:
    """Draw lines by name; all coordinates are above 0.

    Example:
        >>> svg = log_chart("Cost", "rows", "seconds", {"ours": [(10, 1), (1000, 20)]})
        >>> svg.startswith("<svg"), svg.count("<circle"), "1,000" in svg
        (True, 2, True)
    """
    x_ends = _decades([x for points in lines.values() for x, _ in points])
    y_ends = _decades([y for points in lines.values() for _, y in points])

    def across(x: float) -> float:
        return LEFT + _share(x, x_ends) * (WIDTH - LEFT - RIGHT)

    def up(y: float) -> float:
        return HEIGHT - BOTTOM - _share(y, y_ends) * (HEIGHT - TOP - BOTTOM)

    middle = (LEFT + WIDTH - RIGHT) / 2
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">'
    )
    parts = [
        head,
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        text_at(middle, 18, title, size=14),
        text_at(middle, HEIGHT - 10, x_title),
        f'<g transform="rotate(-90)">{text_at(-(TOP + HEIGHT - BOTTOM) / 2, 14, y_title)}</g>',
    ]
    for exponent in range(x_ends[0], x_ends[1] + 1):
        x = across(10.0**exponent)
        parts.append(rule(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(text_at(x, HEIGHT - BOTTOM + 16, _number(exponent)))
    for exponent in range(y_ends[0], y_ends[1] + 1):
        y = up(10.0**exponent)
        parts.append(rule(LEFT, y, WIDTH - RIGHT, y))
        parts.append(text_at(LEFT - 6, y + 4, _number(exponent), anchor="end"))
    for place, (name, points) in enumerate(lines.items()):
        color = COLORS[place % len(COLORS)]
        dots = [(round(across(x), 1), round(up(y), 1)) for x, y in points]
        path = " ".join(f"{x},{y}" for x, y in dots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>' for x, y in dots]
        y = TOP + 14 + 20 * place
        parts.append(rule(WIDTH - RIGHT + 10, y - 4, WIDTH - RIGHT + 28, y - 4, color, 2))
        parts.append(text_at(WIDTH - RIGHT + 33, y, name, anchor="start"))
    return "\n".join([*parts, "</svg>\n"])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _share(value: float, ends: tuple[int, int]) -> float:
    return (log10(value) - ends[0]) / (ends[1] - ends[0])


def _number(exponent: int) -> str:
    return f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:g}"


def text_at(x: float, y: float, text: str, *, size: int = 12, anchor: str = "middle") -> str:
    """A text at a place."""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place} fill="#202020">{escape(text)}</text>'


def rule(
    x: float, y: float, to_x: float, to_y: float, color: str = "#d8d8d8", width: int = 1
) -> str:
    """A straight line."""
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
    return f'<line {ends} stroke="{color}" stroke-width="{width}"/>'
