"""Edit lists: apply them, carry spans through them, find and chain them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from labelmill.core.spans import Edit, Span

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")


def checked(edits: Iterable[Edit], text: str) -> tuple[Edit, ...]:
    """Sort edits by place and make sure that they fit the text and do not overlap.

    Inserts at one place keep the order in which they were given, and stand before an edit that
    replaces from there on.

    Raises:
        ValueError: if an edit lies outside the text, or two edits overlap.

    Example:
        >>> checked([Edit(2, 3, "c"), Edit(0, 1, "a")], "xyz")
        (Edit(start=0, end=1, replacement='a'), Edit(start=2, end=3, replacement='c'))
    """
    ordered = tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))
    low = 0
    for edit in ordered:
        if not 0 <= edit.start <= edit.end <= len(text):
            message = f"the edit {edit} lies outside a text of {len(text)} characters"
            raise ValueError(message)
        if edit.start < low:
            message = f"the edit {edit} overlaps the one before it, which ends at {low}"
            raise ValueError(message)
        low = edit.end
    return ordered


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Make a text's edits; they are sorted and do not overlap (see `checked`).

    Example:
        >>> apply("a bad film", [Edit(2, 5, "good"), Edit(10, 10, "!")])
        'a good film!'
    """
    parts, low = [], 0
    for edit in edits:
        parts += [text[low : edit.start], edit.replacement]
        low = edit.end
    return "".join([*parts, text[low:]])


def project(spans: Iterable[Span], edits: Sequence[Edit]) -> list[Span | None]:
    """Carry spans of the old text over to the new one; None where a span does not survive.

    An edit inside a span stretches or shrinks it; an insert exactly at its bounds stays outside.
    A span does not survive an edit that reaches over one of its bounds, nor being emptied.

    Args:
        spans: places in the old text.
        edits: sorted and without overlap.

    Example:
        >>> project([Span(2, 5, "X"), Span(4, 8, "Y")], [Edit(2, 5, "good"), Edit(10, 10, "!")])
        [Span(start=2, end=6, label='X'), None]
    """
    starts = [edit.start for edit in edits]
    ends = [edit.end for edit in edits]
    shifts = [0, *accumulate(len(e.replacement) - (e.end - e.start) for e in edits)]

    def carried(span: Span) -> Span | None:
        before, upto = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if before < len(edits) and starts[before] < span.start:
            return None
        if upto > 0 and ends[upto - 1] > span.end:
            return None
        start, end = span.start + shifts[before], span.end + shifts[max(before, upto)]
        return Span(start, end, span.label) if start < end else None

    return [carried(span) if span.start < span.end else None for span in spans]


def diff(old: str, new: str) -> tuple[Edit, ...]:
    """Edits from one text to another, in whole words, runs of white space and single signs.

    What the texts share is left alone, so spans outside the changed words survive `project`.

    Example:
        >>> diff("a bad film", "a good film!")
        (Edit(start=2, end=5, replacement='good'), Edit(start=10, end=10, replacement='!'))
        >>> diff("same", "same")
        ()
    """
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    before, after = before[head : len(before) - tail], after[head : len(after) - tail]
    offset = len("".join(_PIECE.findall(old)[:head])) if head else 0
    places = [offset, *accumulate((len(piece) for piece in before), initial=offset)][1:]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        Edit(places[low], places[high], "".join(after[left:right]))
        for tag, low, high, left, right in matcher.get_opcodes()
        if tag != "equal"
    )


def compose(first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """One edit list that does what two do, one after the other.

    `apply(text, compose(a, b)) == apply(apply(text, a), b)`. Edits of the two that overlap become
    one; those that only touch stay apart.

    Args:
        first: edits of the old text, sorted and without overlap.
        second: edits of the text that `first` makes, sorted and without overlap.

    Example:
        >>> compose([Edit(2, 5, "good")], [Edit(0, 1, "the"), Edit(2, 6, "great")])
        (Edit(start=0, end=1, replacement='the'), Edit(start=2, end=5, replacement='great'))
    """
    composed, shift = [], 0
    for group in _overlapping(_placed(first, second)):
        low, high = group[0][0], max(end for _, end, _, _ in group)
        grown = sum(
            len(edit.replacement) - (edit.end - edit.start)
            for _, _, later, edit in group
            if not later
        )
        composed.append(Edit(low - shift, high - shift - grown, _text_of(group)))
        shift += grown
    return tuple(edit for edit in composed if edit.start < edit.end or edit.replacement)


_Placed = tuple[int, int, bool, Edit]
"""Start and end in the text between the two lists, whether of the second, and the edit."""


def _placed(first: Sequence[Edit], second: Sequence[Edit]) -> list[_Placed]:
    placed: list[_Placed] = [(edit.start, edit.end, True, edit) for edit in second]
    shift = 0
    for edit in first:
        start = edit.start + shift
        placed.append((start, start + len(edit.replacement), False, edit))
        shift += len(edit.replacement) - (edit.end - edit.start)
    return sorted(placed, key=lambda item: item[:3])


def _overlapping(placed: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    group: list[_Placed] = []
    high = 0
    for item in placed:
        if group and item[0] >= high:
            yield group
            group = []
        high = max(high, item[1]) if group else item[1]
        group.append(item)
    if group:
        yield group


def _text_of(group: list[_Placed]) -> str:
    """What stands in place of a group; what no second edit replaces is text of a first one."""
    middle = [(start, end, edit) for start, end, later, edit in group if not later]
    parts, low = [], group[0][0]

    def kept(high: int) -> str:
        return "".join(
            edit.replacement[max(low, start) - start : max(0, min(high, end) - start)]
            for start, end, edit in middle
            if start < high and end > low
        )

    for start, end, later, edit in group:
        if later:
            parts += [kept(start), edit.replacement]
            low = end
    return "".join([*parts, kept(max(end for _, end, _, _ in group))])


def _shared(left: list[str], right: list[str]) -> int:
    pairs = zip(left, right, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
