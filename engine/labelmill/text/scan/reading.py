"""Python's own reading of a pattern, taken into a tree over sets of code points.

The meaning is that of `re.Pattern.search`: is there a match anywhere. So greedy and lazy repeats
are alike. What a tree cannot say is said more loosely, never more tightly.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from labelmill.text.scan.points import EVERY, NEWLINE, NONE, Points, cased, category
from labelmill.text.scan.tree import (
    NEVER,
    Alt,
    At,
    Bound,
    Char,
    Look,
    Loose,
    Node,
    Rep,
    Seq,
)

CATEGORIES: Mapping[Any, str] = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
KIND_FLAGS = re.ASCII | re.LOCALE | re.UNICODE
ANYTHING = Loose(Rep(Char(EVERY), 0, None))


class Unreadable(Exception):
    """A part of a pattern that is not known here; such a pattern is left to `re`."""


def read(pattern: re.Pattern[str]) -> Node:
    """Read a compiled pattern.

    Raises:
        Unreadable: if Python's reading has a part that is not known here.

    Example:
        >>> read(re.compile("a|b")) == Char(Points.only(97, 98))
        True
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = parser.parse(pattern.pattern, pattern.flags)
    try:
        return _sequence(parsed, parsed.state.flags | pattern.flags)
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error


def _sequence(parsed: Iterable[tuple[Any, Any]], flags: int) -> Node:
    items = tuple(_node(kind, value, flags) for kind, value in parsed)
    return items[0] if len(items) == 1 else Seq(items)


def _node(kind: Any, value: Any, flags: int) -> Node:
    reader = READERS.get(kind)
    if reader is None:
        raise Unreadable(str(kind))
    return reader(value, flags)


def _literal(value: int, flags: int) -> Node:
    return Char(_set(((sre.LITERAL, value),), flags))


def _not_literal(value: int, flags: int) -> Node:
    return Char(_set(((sre.NEGATE, None), (sre.LITERAL, value)), flags))


def _in(value: Any, flags: int) -> Node:
    return Char(_set(tuple(value), flags))


def _any(value: Any, flags: int) -> Node:  # noqa: ARG001 (all readers are alike)
    return Char(EVERY if flags & re.DOTALL else ~NEWLINE)


def _branch(value: Any, flags: int) -> Node:
    branches = [_sequence(branch, flags) for branch in value[1]]
    if all(isinstance(branch, Char) for branch in branches):
        points = NONE
        for branch in branches:
            points |= branch.points if isinstance(branch, Char) else NONE
        return Char(points)
    return Alt(tuple(branches))


def _group(value: Any, flags: int) -> Node:
    _, added, removed, parsed = value
    kept = flags & ~KIND_FLAGS if added & KIND_FLAGS else flags
    inside = (kept | added) & ~removed
    node = _sequence(parsed, inside)
    # A search looks for the first character under the outer flags, even where these do not hold:
    # re.search(r"(?a:\W)a", "éa") finds nothing. So there is more to match than it finds.
    return Loose(node) if (inside ^ flags) & KIND_FLAGS else node


def _repeat(value: Any, flags: int) -> Node:
    least, most, parsed = value
    most = None if most is sre.MAXREPEAT else most
    return Rep(_sequence(parsed, flags), int(least), None if most is None else int(most))


def _loose_repeat(value: Any, flags: int) -> Node:
    return Loose(_repeat(value, flags))


def _atomic(value: Any, flags: int) -> Node:
    return Loose(_sequence(value, flags))


def _at(value: Any, flags: int) -> Node:
    if value in (sre.AT_BOUNDARY, sre.AT_NON_BOUNDARY):
        word = category(r"\w", only_ascii=bool(flags & re.ASCII))
        return Bound(word, value is sre.AT_NON_BOUNDARY)
    lines = bool(flags & re.MULTILINE)
    if value is sre.AT_BEGINNING:
        return At("line_start" if lines else "start")
    if value is sre.AT_END:
        return At("line_end" if lines else "last_line_end")
    if value in (sre.AT_BEGINNING_STRING, sre.AT_END_STRING):
        return At("start" if value is sre.AT_BEGINNING_STRING else "end")
    raise Unreadable(str(value))


def _look(value: Any, flags: int) -> Node:
    direction, parsed = value
    return Look(_sequence(parsed, flags), direction > 0, refused=False)


def _look_refused(value: Any, flags: int) -> Node:
    direction, parsed = value
    return Look(_sequence(parsed, flags), direction > 0, refused=True)


def _same_again(value: Any, flags: int) -> Node:  # noqa: ARG001 (all readers are alike)
    return ANYTHING


def _if_group(value: Any, flags: int) -> Node:
    _, matched, otherwise = value
    branches = [_sequence(matched, flags), _sequence(otherwise or (), flags)]
    return Loose(Alt(tuple(branches)))


def _never(value: Any, flags: int) -> Node:  # noqa: ARG001 (all readers are alike)
    return NEVER


READERS: Mapping[Any, Callable[[Any, int], Node]] = {
    sre.LITERAL: _literal,
    sre.NOT_LITERAL: _not_literal,
    sre.IN: _in,
    sre.ANY: _any,
    sre.BRANCH: _branch,
    sre.SUBPATTERN: _group,
    sre.MAX_REPEAT: _repeat,
    sre.MIN_REPEAT: _repeat,
    sre.POSSESSIVE_REPEAT: _loose_repeat,
    sre.ATOMIC_GROUP: _atomic,
    sre.AT: _at,
    sre.ASSERT: _look,
    sre.ASSERT_NOT: _look_refused,
    sre.GROUPREF: _same_again,
    sre.GROUPREF_EXISTS: _if_group,
    sre.FAILURE: _never,
}


def _set(items: tuple[tuple[Any, Any], ...], flags: int) -> Points:
    if flags & re.LOCALE:
        raise Unreadable("a pattern that depends on the locale")
    return _points(items, flags & (re.IGNORECASE | re.ASCII))


@lru_cache(maxsize=65536)
def _points(items: tuple[tuple[Any, Any], ...], flags: int) -> Points:
    """The characters that an item of a pattern matches; where case plays a part `re` is asked."""
    points = NONE
    for kind, value in items:
        points |= _plain(kind, value, flags)
    negated = items[0][0] is sre.NEGATE
    points = ~points if negated else points
    if not flags & re.IGNORECASE:
        return points
    chars, known = cased()
    if not negated and len(items) == 1 and not len((points & known).bounds):
        return points
    asked = re.compile(_written(items), flags)
    return (points & ~known) | Points.only(*(ord(match[0]) for match in asked.finditer(chars)))


def _plain(kind: Any, value: Any, flags: int) -> Points:
    if kind is sre.LITERAL:
        return Points.only(value)
    if kind is sre.RANGE:
        return Points.of([(value[0], value[1] + 1)])
    if kind is sre.CATEGORY:
        return category(CATEGORIES[value], only_ascii=bool(flags & re.ASCII))
    if kind is sre.NEGATE:
        return NONE
    raise Unreadable(str(kind))


def _written(items: tuple[tuple[Any, Any], ...]) -> str:
    """An item of a parsed pattern as a pattern of its own."""
    parts: Mapping[Any, Callable[[Any], str]] = {
        sre.LITERAL: _escaped,
        sre.RANGE: lambda value: f"{_escaped(value[0])}-{_escaped(value[1])}",
        sre.CATEGORY: lambda value: CATEGORIES[value],
        sre.NEGATE: lambda _: "^",
    }
    return "[" + "".join(parts[kind](value) for kind, value in items) + "]"


def _escaped(point: int) -> str:
    return f"\\U{point:08x}"
