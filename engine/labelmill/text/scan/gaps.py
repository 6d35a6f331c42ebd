r"""Runs of spaces inside a pattern, said more cheaply for texts without control characters.

An automaton is slow at `good\s+film`: from each `good` on it has to wait for the end of the run.
`good film`, which is nearly always what stands there, is a plain string. Where nothing below the
space occurs, a run of one character is a space; and a longer one ends with two spaces, so the two
and what comes after them say where to look again: that is a hint, not a match.
"""

from collections.abc import Iterable

from labelmill.text.scan.alphabet import SEPARATOR_MASK
from labelmill.text.scan.pieces import ALL, chain
from labelmill.text.scan.tree import Byte, Node, Rep, Seq

SPACE = 0x20
CALM_MASK = ALL & ~((1 << SPACE) - 1) & ~SEPARATOR_MASK
"""All bytes but control characters and the separator."""


def single_spaced(nodes: Iterable[Node]) -> tuple[list[Node], list[Node]]:
    r"""Expressions with one space for each run of them, and hints at longer runs.

    In a text without control characters one of `nodes` matches where one of the first list does,
    and nowhere else but perhaps where a hint matches.

    Example:
        >>> from labelmill.text.scan.writing import written
        >>> run = Rep(Byte(1 << 9 | 1 << SPACE), 1, None)
        >>> single, hints = single_spaced([Seq((Byte(1 << 97), run, Byte(1 << 98)))])
        >>> [written(node).decode() for node in (*single, *hints)]
        ['\\x61\\x20\\x62', '\\x20\\x20\\x62']
    """
    single: list[Node] = []
    hints: list[Node] = []
    for node in nodes:
        items = node.items if isinstance(node, Seq) else (node,)
        runs = [place for place in range(1, len(items) - 1) if _is_run(items[place])]
        ends = [*runs[1:], len(items)] if runs else []
        if any(end - run == 1 for run, end in zip(runs, ends, strict=True)):
            runs, ends = [], []  # two runs side by side
        space = Byte(1 << SPACE)
        single.append(chain(*(space if at in runs else item for at, item in enumerate(items))))
        for run, end in zip(runs, ends, strict=True):
            hints.append(chain(space, space, *items[run + 1 : end]))
    return single, hints


def _is_run(node: Node) -> bool:
    if not isinstance(node, Rep) or not isinstance(node.item, Byte):
        return False
    return (node.least, node.most) == (1, None) and node.item.mask & CALM_MASK == 1 << SPACE
