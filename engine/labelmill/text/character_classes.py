"""Which characters some regular expressions cannot tell apart."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint16]
Chars = npt.NDArray[np.uint32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CharSet = tuple[tuple[int, int], ...]  # ranges of code points, both ends included, ascending

_N_CHARS = 0x110000
_ALL: CharSet = ((0, _N_CHARS - 1),)
_FEW_CHARS = 20
_MANY_SEQUENCES = 2000
_LONG_REPEAT = 4
_ONE_CHAR = (ops.LITERAL, ops.NOT_LITERAL, ops.IN)
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


class _Unreadable(Exception):
    """A regular expression whose matches are not decided by sets of characters alone."""


class _NotFixed(Exception):
    """A part of a regular expression that has no fixed, short width."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Classes of characters such that regular expressions match alike on texts of equal codes.

    A regular expression sees a text only through sets of characters. Characters that no set
    tells apart share a class. That alone would give nearly every Latin letter a class of its own,
    because units (`(?<=[0-9])km$`) and endings (`'s$`) name letters. But such an alternative
    matches only near a character that is no letter, its anchor. So letters have a fine class
    within the reach of an anchor, and a coarse class, made without those alternatives, elsewhere.
    Fine and coarse codes differ. Two texts without white space and with the same codes are
    then matched in the same places, and so are equal parts of the two.

    Attributes:
        coarse: class of each code point, [n_chars].
        fine: its class within the reach of an anchor, [n_chars].
        reached: pairs of a step (negative: to the left), and which coarse classes are anchors that
            reach as far as that.
    """

    coarse: Codes
    fine: Codes
    reached: tuple[tuple[int, Bools], ...]

    @classmethod
    def of(cls, patterns: Iterable[re.Pattern[str]]) -> "Alphabet | None":
        """Read regular expressions; None where one of them cannot be read in this way.

        Example:
            >>> alphabet = Alphabet.of([re.compile("(?<=[0-9])(?:km|kg)$|,$")])
            >>> one, two = (
            ...     alphabet.codes(chars_of(text), np.zeros(4)) for text in ("ab1,", "cd2,")
            ... )
            >>> one.tolist() == two.tolist()
            True
        """
        try:
            found = [_sets_of(alternative) for p in patterns for alternative in _alternatives(p)]
        except _Unreadable:
            return None
        everywhere = {chars for part in found for chars in part.everywhere}
        near = {chars for part in found for chars in part.near}
        coarse = _classes(everywhere)
        fine = _classes(everywhere | near)
        n_coarse, n_fine = int(coarse.max()) + 1, int(fine.max()) + 1
        if n_coarse + n_fine > np.iinfo(np.uint16).max:
            return None
        reaches = {reach for part in found for reach in part.reaches}
        return cls(
            coarse.astype(np.uint16), (fine + n_coarse).astype(np.uint16), _reached(coarse, reaches)
        )

    def codes(self, chars: Chars, owner: npt.NDArray[Any]) -> Codes:
        """The class of each character of some texts that stand one after the other.

        Args:
            chars: code points, [n_chars].
            owner: which text each of them belongs to, ascending, [n_chars].
        """
        codes = self.coarse[chars]
        near = np.zeros(len(chars), dtype=np.bool_)
        for step, members in self.reached:
            n = max(len(chars) - abs(step), 0)
            source = slice(max(-step, 0), max(-step, 0) + n)
            target = slice(max(step, 0), max(step, 0) + n)
            near[target] |= members[codes[source]] & (owner[source] == owner[target])
        return np.where(near, self.fine[chars], codes)

    def alone(self, char: str) -> bool:
        """Whether no other character shares the coarse class of this one."""
        return int(np.count_nonzero(self.coarse == self.coarse[ord(char)])) == 1


def chars_of(text: str) -> Chars:
    """The code points of a text, [n_chars]."""
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def must_hold(pattern: re.Pattern[str]) -> set[str]:
    """Characters that every match of a regular expression holds; perhaps not all of them.

    Example:
        >>> must_hold(re.compile(r"(?:www|[a-z]+://)?(?:[a-z]+[.])+(?:org|de)"))
        {'.'}
    """
    if pattern.flags & re.IGNORECASE:
        return set()
    return {chr(code) for code in _must_hold(parser.parse(pattern.pattern, pattern.flags))}


def _must_hold(items: Any) -> set[int]:
    held: set[int] = set()
    for op, value in items:
        if op is ops.LITERAL:
            held.add(value)
        elif op is ops.IN and len(value) == 1 and value[0][0] is ops.LITERAL:
            held.add(value[0][1])
        elif op is ops.BRANCH:
            held |= set.intersection(*(_must_hold(branch) for branch in value[1]))
        elif op is ops.SUBPATTERN and not (value[1] or value[2]):
            held |= _must_hold(value[3])
        elif op in _REPEATS and value[0] > 0:
            held |= _must_hold(value[2])
    return held


@dataclass(frozen=True, slots=True)
class _Sets:
    """Sets of characters that an alternative asks for."""

    everywhere: frozenset[CharSet]
    near: frozenset[CharSet] = frozenset()
    reaches: tuple[tuple[CharSet, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Test:
    """A set that is asked for at an offset; `must` where a match needs it."""

    offset: int
    chars: CharSet
    must: bool

    def moved(self, by: int, *, must: bool) -> "_Test":
        return _Test(self.offset + by, self.chars, self.must and must)


_Sequence = tuple[tuple[_Test, ...], int]  # tests, and the width of what is matched


def _alternatives(pattern: re.Pattern[str]) -> Iterator[list[Any]]:
    """The alternatives of a regular expression, its outermost `|` multiplied out."""
    if pattern.flags & (re.IGNORECASE | re.LOCALE | re.ASCII) or not pattern.flags & re.UNICODE:
        raise _Unreadable
    items = list(parser.parse(pattern.pattern, pattern.flags))
    for place, (op, value) in enumerate(items):
        if op is ops.BRANCH:
            for branch in value[1]:
                yield [*items[:place], *branch, *items[place + 1 :]]
            return
    yield items


def _sets_of(items: list[Any]) -> _Sets:
    """Sort the sets of an alternative into those asked for everywhere and those near an anchor."""
    all_sets = frozenset(_walk(items))
    if not any(map(_names_letters, all_sets)):
        return _Sets(all_sets)
    try:
        sequences = _expand(items)
    except _NotFixed:
        return _Sets(all_sets)
    everywhere: set[CharSet] = set()
    near: set[CharSet] = set()
    reaches = []
    for tests, _ in sequences:
        sets = {test.chars for test in tests}
        if not any(map(_names_letters, sets)):
            everywhere |= sets
            continue
        anchor = next((test for test in tests if test.must and not _has_letters(test.chars)), None)
        if anchor is None:
            return _Sets(all_sets)
        everywhere.add(anchor.chars)
        near |= sets
        steps = [test.offset - anchor.offset for test in tests]
        reaches.append((anchor.chars, min(steps), max(steps)))
    return _Sets(frozenset(everywhere), frozenset(near), tuple(sorted(set(reaches))))


def _walk(items: Iterable[Any]) -> Iterator[CharSet]:
    """Every set of characters in a part of a parsed regular expression."""
    for op, value in items:
        if op in _ONE_CHAR:
            yield _char_set(op, value)
        elif op is ops.AT:
            yield from [_category(ops.CATEGORY_WORD)] if _asks_for_words(value) else []
        else:
            for inner in _inner(op, value):
                yield from _walk(inner)


def _inner(op: Any, value: Any) -> Sequence[Any]:
    """The parts inside of a part."""
    if op is ops.ANY:
        return []
    if op is ops.BRANCH:
        return value[1]  # type: ignore[no-any-return]
    if op is ops.SUBPATTERN:
        if value[1] or value[2]:  # flags that hold for this part only
            raise _Unreadable
        return [value[3]]
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return [value[1]]
    if op in _REPEATS:
        return [value[2]]
    if op is ops.ATOMIC_GROUP:
        return [value]
    raise _Unreadable  # a group that is matched again, and what later versions may add


def _asks_for_words(at: Any) -> bool:
    return at in (ops.AT_BOUNDARY, ops.AT_NON_BOUNDARY)


def _expand(items: Iterable[Any]) -> list[_Sequence]:
    """All sequences of tests that a part stands for."""
    sequences: list[_Sequence] = [((), 0)]
    for op, value in items:
        steps = _steps(op, value)
        sequences = [
            (tests + tuple(test.moved(width, must=True) for test in more), width + wider)
            for tests, width in sequences
            for more, wider in steps
        ]
        if len(sequences) > _MANY_SEQUENCES:
            raise _NotFixed
    return sequences


def _steps(op: Any, value: Any) -> list[_Sequence]:
    """The sequences of one item."""
    if op in _ONE_CHAR:
        return [((_Test(0, _char_set(op, value), must=True),), 1)]
    if op is ops.ANY:
        return [((), 1)]
    if op is ops.AT:
        places = (-1, 0) if _asks_for_words(value) else ()
        words = _category(ops.CATEGORY_WORD) if places else ()
        return [(tuple(_Test(place, words, must=False) for place in places), 0)]
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return [
            (tuple(t.moved(-width if value[0] < 0 else 0, must=op is ops.ASSERT) for t in tests), 0)
            for tests, width in _expand(value[1])
        ]
    if op in _REPEATS:
        low, high, inner = value
        if high > _LONG_REPEAT:
            raise _NotFixed
        return [s for n in range(low, high + 1) for s in _expand([*inner] * n)]
    return [sequence for inner in _inner(op, value) for sequence in _expand(inner)]


def _char_set(op: Any, value: Any) -> CharSet:
    if op is ops.LITERAL:
        return ((value, value),)
    if op is ops.NOT_LITERAL:
        return _without(((value, value),))
    ranges: list[tuple[int, int]] = []
    for kind, what in value:
        if kind is ops.LITERAL:
            ranges.append((what, what))
        elif kind is ops.RANGE:
            ranges.append(what)
        elif kind is ops.CATEGORY:
            ranges += _category(what)
    joined = _joined(ranges)
    return _without(joined) if value[0][0] is ops.NEGATE else joined


def _joined(ranges: Iterable[tuple[int, int]]) -> CharSet:
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return tuple(joined)


def _without(chars: CharSet) -> CharSet:
    """All characters but these."""
    lows = [0, *(high + 1 for _, high in chars)]
    highs = [*(low - 1 for low, _ in chars), _N_CHARS - 1]
    return tuple((low, high) for low, high in zip(lows, highs, strict=True) if low <= high)


@cache
def _category(category: Any) -> CharSet:
    r"""A class such as `\w`; there is no white space in what is read."""
    classes = {
        ops.CATEGORY_DIGIT: r"\d+",
        ops.CATEGORY_NOT_DIGIT: r"\D+",
        ops.CATEGORY_WORD: r"\w+",
        ops.CATEGORY_NOT_WORD: r"\W+",
    }
    if category is ops.CATEGORY_SPACE:
        return ()
    if category is ops.CATEGORY_NOT_SPACE:
        return _ALL
    if category not in classes:
        raise _Unreadable
    every = "".join(map(chr, range(_N_CHARS)))
    runs = re.finditer(classes[category], every)
    return tuple((run.start(), run.end() - 1) for run in runs)


@cache
def _names_letters(chars: CharSet) -> bool:
    """Whether a set names letters one by one."""
    return sum(high - low + 1 for low, high in chars) < _FEW_CHARS and _has_letters(chars)


@cache
def _has_letters(chars: CharSet) -> bool:
    return any(chr(code).isalpha() for low, high in chars for code in range(low, high + 1))


def _classes(sets: set[CharSet]) -> Int64:
    """A number for each code point, such that no set holds one of two with the same number."""
    edges = {0} | {edge for chars in sets for low, high in chars for edge in (low, high + 1)}
    breaks = np.array(sorted(edges - {_N_CHARS}))
    held = np.zeros((len(breaks) + 1, len(sets)), dtype=np.int8)
    for column, chars in enumerate(sorted(sets)):
        ranges = np.array(chars, dtype=np.int64).reshape(-1, 2)
        held[np.searchsorted(breaks, ranges[:, 0]), column] += 1
        held[np.searchsorted(breaks, ranges[:, 1] + 1), column] -= 1
    rows = np.packbits(np.cumsum(held, axis=0)[:-1].astype(np.bool_), axis=1)
    _, numbers = np.unique(rows, axis=0, return_inverse=True)
    return np.repeat(numbers.reshape(-1), np.diff(np.append(breaks, _N_CHARS)))


def _reached(
    classes: Int64, reaches: Collection[tuple[CharSet, int, int]]
) -> tuple[tuple[int, Bools], ...]:
    """For each step, which classes are anchors that reach as far."""
    reached = []
    for step in (
        range(min(r[1] for r in reaches), max(r[2] for r in reaches) + 1) if reaches else ()
    ):
        members = np.zeros(int(classes.max()) + 1, dtype=np.bool_)
        for anchor, left, right in reaches:
            if left <= step <= right:
                for low, high in anchor:
                    members[classes[low : high + 1]] = True
        reached.append((step, members))
    return tuple(reached)
