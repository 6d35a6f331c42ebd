"""A pattern of `re` as expressions over bytes, exact or a superset, never less.

Every expression is written here from Python's own reading of the pattern; nothing of the
pattern's text is passed on.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from labelmill.text.scan.alphabet import ASCII_MASK, SEPARATOR_MASK, Alphabet
from labelmill.text.scan.gaps import single_spaced
from labelmill.text.scan.pieces import (
    ALL,
    Piece,
    chain,
    either,
    gathered,
    shortest,
    skippable,
    then,
)
from labelmill.text.scan.points import NEWLINE, NONE, Points
from labelmill.text.scan.reading import Unreadable, read
from labelmill.text.scan.tree import (
    EMPTY,
    Alt,
    At,
    Bound,
    Byte,
    Char,
    Look,
    Loose,
    Node,
    Rep,
    Seq,
)
from labelmill.text.scan.writing import written

NO_GAP_IN_EMPTY_TEXT = re.search(r"\B", "") is None
"""Whether `\\B` refuses the empty text, as it does before Python 3.14."""

MOST_PIECES = 24
LONGEST_REPEAT = 64
MOST_STATES = 600
"""A pattern with more characters than this, repeats counted, is said more loosely."""


@dataclass(frozen=True, slots=True)
class Translation:
    """Expressions of which one matches where the pattern does.

    `exact` says that none matches elsewhere. `always` says that the pattern matches in every
    text; if it is not exact then, nothing is known. In texts without control characters the
    `single` ones match where `expressions` do, but perhaps not where a hint matches.
    """

    expressions: tuple[bytes, ...]
    exact: bool
    always: bool = False
    single: tuple[bytes, ...] = ()
    hints: tuple[bytes, ...] = ()


UNKNOWN = Translation((), exact=False, always=True)


def tree_of(pattern: re.Pattern[str]) -> Node | None:
    """The tree of a pattern with its edges opened, or None where it cannot be read."""
    try:
        return _opened(read(pattern))
    except (Unreadable, RecursionError):
        return None


def translated(tree: Node | None, alphabet: Alphabet, *, only_ascii: bool) -> Translation:
    r"""Say what a tree says in the bytes of an alphabet.

    Args:
        tree: what `tree_of` gives.
        alphabet: made of the sets of the tree, and others.
        only_ascii: leave out what ASCII texts never need.

    Example:
        >>> tree = tree_of(re.compile(r"\bsum$", re.ASCII))
        >>> for part in translated(tree, Alphabet([]), only_ascii=True).expressions:
        ...     print(part.decode())
        [\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\xff]\x73\x75\x6d\x0a?\xff
    """
    if tree is None:
        return UNKNOWN
    for most_states in (MOST_STATES, MOST_STATES // 10):
        speaker = _Speaker(alphabet, ASCII_MASK | SEPARATOR_MASK if only_ascii else ALL)
        try:
            pieces = speaker.pieces(tree)
            nodes = _wholes(pieces)
        except RecursionError:
            return UNKNOWN
        if sum(map(_states, nodes)) <= most_states:
            break
        tree = _looser(tree)
    else:
        return UNKNOWN
    if any(piece.bare and skippable(piece.core) for piece in pieces):
        return Translation((), speaker.exact, always=True)
    forms = (nodes, *single_spaced(nodes)) if only_ascii else (nodes, [], [])
    expressions, single, hints = (tuple(dict.fromkeys(map(written, form))) for form in forms)
    return Translation(expressions, speaker.exact, single=single, hints=hints)


def _wholes(pieces: Iterable[Piece]) -> list[Node]:
    """Pieces with their surroundings, as few expressions.

    The last byte of a match is one of the text or the separator after it.
    """
    rows: dict[tuple[Node, ...], int] = {}
    for piece in pieces:
        core = piece.core
        for item in core.items if isinstance(core, Alt) else (core,):
            before, *rest = _row(item, piece.before, piece.after)
            rows[tuple(rest)] = rows.get(tuple(rest), 0) | before
    by_start: dict[tuple[int, Node], list[tuple[Node, ...]]] = {}
    for row, before in rows.items():
        by_start.setdefault((before, row[0]), []).append(row)
    return [
        _with_start(before, node) for (before, _), same in by_start.items() for node in _ends(same)
    ]


def _row(item: Node, before: int, after: int) -> tuple[Any, ...]:
    """The bytes that may stand first, and then what follows, never empty."""
    last = () if after == ALL else (Byte(after),)
    part = item if last else shortest(item)
    part = part if before != ALL else shortest(part, backwards=True)
    items = part.items if isinstance(part, Seq) else (part,)
    head = items[0] if items else None
    if before == ALL and isinstance(head, Byte) and (items[1:] or last):
        before, items = head.mask, items[1:]
    return before, *(items or ()), *(last or (() if items else (Byte(ALL),)))


def _ends(rows: list[tuple[Node, ...]]) -> list[Node]:
    """Rows that begin alike as one, if they differ only in how they end."""
    common = 0
    while all(len(row) > common and row[common] == rows[0][common] for row in rows):
        common += 1
    if len(rows) == 1 or any(len(row) > common + 2 for row in rows):
        return [chain(*row) for row in rows]
    return [chain(*rows[0][:common], either(chain(*row[common:]) for row in rows))]


def _with_start(before: int, node: Node) -> Node:
    return node if before == ALL else chain(Byte(before), node)


class _Speaker:
    """Turns trees into pieces, and notes where it said more than the tree."""

    def __init__(self, alphabet: Alphabet, every: int) -> None:
        self.alphabet = alphabet
        self.every = every
        self.exact = True

    def mask(self, points: Points) -> int:
        """The bytes of a set, or of one that is a little larger."""
        mask, exact = self.alphabet.mask(points)
        if self.every == ALL:
            self.exact &= exact
        return mask & self.every & ~SEPARATOR_MASK

    def pieces(self, node: Node) -> list[Piece]:
        """The pieces of a tree."""
        return self._few(self._pieces(node))

    def _pieces(self, node: Node) -> list[Piece]:
        match node:
            case Seq(items):
                return self._sequence(items)
            case Alt(items):
                return gathered(piece for item in items for piece in self.pieces(item))
            case Rep(item, least, most):
                return self._repeat(item, least, most)
            case Loose(item):
                self.exact = False
                return self.pieces(item)
        return self._leaf(node)

    def _leaf(self, node: Node) -> list[Piece]:
        match node:
            case Char(points):
                mask = self.mask(points)
                return [Piece(Byte(mask))] if mask else []
            case At(place):
                return self._at(place)
            case Bound(word, inside):
                return self._bound(word, inside=inside)
            case Look():
                return self._look(node)
        raise TypeError(node)

    def _sequence(self, items: tuple[Node, ...]) -> list[Piece]:
        pieces = [Piece(EMPTY)]
        for item in items:
            pieces = self._few(then(pieces, self.pieces(item)))
        return pieces

    def _repeat(self, item: Node, least: int, most: int | None) -> list[Piece]:
        if most == 0:
            return [Piece(EMPTY)]
        pieces = self.pieces(item)
        if most == 1:
            return pieces if least else gathered([*pieces, Piece(EMPTY)])
        pieces = pieces if all(piece.bare for piece in pieces) else self._bared(pieces)
        if not pieces:
            return [] if least else [Piece(EMPTY)]
        least, most = self._moderate(least, most)
        core = pieces[0].core
        return [Piece(Rep(core, 0 if skippable(core) else least, most))]

    def _moderate(self, least: int, most: int | None) -> tuple[int, int | None]:
        """Bounds that an automaton can count to."""
        if least > LONGEST_REPEAT:
            least, most = LONGEST_REPEAT, None
            self.exact = False
        if most is not None and most > LONGEST_REPEAT:
            most = None
            self.exact = False
        return least, most

    def _few(self, pieces: list[Piece]) -> list[Piece]:
        return pieces if len(pieces) <= MOST_PIECES else self._bared(pieces)

    def _bared(self, pieces: list[Piece]) -> list[Piece]:
        """The same, whatever stands before and after."""
        self.exact &= all(piece.bare for piece in pieces)
        return gathered(Piece(piece.core) for piece in pieces)

    def _at(self, place: str) -> list[Piece]:
        lines = SEPARATOR_MASK | self.mask(NEWLINE)
        if place in ("start", "line_start"):
            return [Piece(EMPTY, before=SEPARATOR_MASK if place == "start" else lines)]
        if place == "last_line_end":
            self.exact = False
        return [Piece(EMPTY, after=SEPARATOR_MASK if place == "end" else lines)]

    def _bound(self, word: Points, *, inside: bool) -> list[Piece]:
        yes, no = self.mask(word), self.mask(~word) | SEPARATOR_MASK
        if not inside:
            return gathered([Piece(EMPTY, yes, no), Piece(EMPTY, no, yes)])
        other = no & ~SEPARATOR_MASK if NO_GAP_IN_EMPTY_TEXT else no
        pairs = ((yes, yes), (no, other), (other, no))
        return gathered(Piece(EMPTY, before, after) for before, after in pairs)

    def _look(self, node: Look) -> list[Piece]:
        if node.refused and node.item == EMPTY:
            return []
        single = _single(node.item, ahead=node.ahead)
        if single is None:
            self.exact = False
            return [Piece(EMPTY)]
        points, separator = single
        if node.refused:
            mask = self.mask(~points) | (0 if separator else SEPARATOR_MASK)
        else:
            mask = self.mask(points) | (SEPARATOR_MASK if separator else 0)
        piece = Piece(EMPTY, after=mask) if node.ahead else Piece(EMPTY, before=mask)
        return gathered([piece])


def _single(node: Node, *, ahead: bool) -> tuple[Points, bool] | None:
    """The one character that is looked for, and whether an end of the text will do."""
    ends = {At("end"): NONE, At("line_end"): NEWLINE}
    starts = {At("start"): NONE, At("line_start"): NEWLINE}
    match node:
        case Char(points):
            return points, False
        case At():
            points_or_none = (ends if ahead else starts).get(node)
            return None if points_or_none is None else (points_or_none, True)
        case Alt(items) if items:
            return _any_single([_single(item, ahead=ahead) for item in items])
    return None


def _any_single(found: list[tuple[Points, bool] | None]) -> tuple[Points, bool] | None:
    points, separator = NONE, False
    for single in found:
        if single is None:
            return None
        points, separator = points | single[0], separator or single[1]
    return points, separator


def _opened(node: Node) -> Node:
    """Take what a match only looks at, at its beginning or end, into the match."""
    return _open(_open(node, ahead=True), ahead=False)


def _open(node: Node, *, ahead: bool) -> Node:
    if node == At("last_line_end") and ahead:
        return Seq((Rep(Char(NEWLINE), 0, 1), At("end")))
    match node:
        case Look(item, direction, False) if direction is ahead:
            node = _open(item, ahead=ahead)
        case Rep(item, 1, _):
            node = _open(item, ahead=ahead)
        case Alt(items):
            node = Alt(tuple(_open(item, ahead=ahead) for item in items))
        case Loose(item):
            node = Loose(_open(item, ahead=ahead))
        case Seq(items):
            node = _open_sequence(items, ahead=ahead)
    return node


def _open_sequence(items: tuple[Node, ...], *, ahead: bool) -> Node:
    kept = list(items) if ahead else list(reversed(items))
    while len(kept) > 1 and isinstance(kept[-1], Rep) and kept[-1].least == 0:
        kept.pop()
    if kept:
        kept[-1] = _open(kept[-1], ahead=ahead)
    return Seq(tuple(kept if ahead else reversed(kept)))


def _states(node: Node) -> int:
    match node:
        case Seq(items) | Alt(items):
            return sum(map(_states, items))
        case Rep(item, least, most):
            return _states(item) * max(least, most or 1, 1)
    return 1


def _looser(node: Node) -> Node:
    """The same with repeats that need no counting."""
    match node:
        case Seq(items):
            return Seq(tuple(map(_looser, items)))
        case Alt(items):
            return Alt(tuple(map(_looser, items)))
        case Loose(item):
            return Loose(_looser(item))
        case Rep(item, least, most) if (least, most) not in {(0, 1), (0, None), (1, None)}:
            return Loose(Rep(_looser(item), min(least, 1), None))
        case Rep(item, least, most):
            return Rep(_looser(item), least, most)
    return node
