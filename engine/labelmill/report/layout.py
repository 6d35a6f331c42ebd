"""Plain tables for a terminal of any width."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

GAP = "  "

View = list[str | Text]
"""Lines to print, one after the other."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a column; numbers stand to the right."""

    title: str
    number: bool = False


def training_set(output: str, *, several: bool) -> str:
    """Where the training set lies.

    Example:
        >>> training_set("out", several=True)
        'Training set: out/current/*/train'
    """
    if "://" in output:
        return f"Training set: {output}/snapshots/*/train, as {output}/_CURRENT.json says"
    return f"Training set: {output}/current/{'*/' if several else ''}train"


def table(headings: Sequence[Heading], rows: Sequence[Sequence[str]], width: int) -> View:
    """A table, cut into several where it is too wide; each part begins with the first column.

    Example:
        >>> parts = table([Heading("LF"), Heading("Votes", number=True)], [["link", "3"]], 80)
        >>> [str(line) for line in parts]
        ['LF    Votes', 'link      3']
    """
    sizes = [
        max(cell_len(heading.title), *(cell_len(row[i]) for row in rows), 1)
        for i, heading in enumerate(headings)
    ]
    view: View = []
    for places in _parts(sizes, width):
        if view:
            view.append("")
        titles = [_padded(headings[i].title, sizes[i], headings[i]) for i in places]
        view.append(Text(GAP.join(titles).rstrip(), style="bold"))
        for row in rows:
            cells = [_padded(row[i], sizes[i], headings[i]) for i in places]
            view.append(GAP.join(cells).rstrip())
    return view


def heading(text: str) -> View:
    """A title with an empty line before it."""
    return ["", Text(text, style="bold underline")]


def indented(lines: Sequence[str], by: str = GAP) -> View:
    """Lines, each moved to the right."""
    return [by + line for line in lines]


def _parts(sizes: Sequence[int], width: int) -> list[list[int]]:
    """Which columns stand in which part, so that each part fits the width if it can."""
    parts = [[0]]
    used = sizes[0]
    for i in range(1, len(sizes)):
        needed = len(GAP) + sizes[i]
        if used + needed > width and len(parts[-1]) > 1:
            parts.append([0])
            used = sizes[0]
        parts[-1].append(i)
        used += needed
    return parts


def _padded(text: str, size: int, column: Heading) -> str:
    space = " " * (size - cell_len(text))
    return space + text if column.number else text + space
