"""Words of an example: where they stand, how many to change, and how to take them out."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from labelmill.core.spans import Edit, Example, Span

Bounds = tuple[int, int]

_CHUNK = re.compile(r"\S+")
_SIGN = re.compile(r"\w")


def tokens_of(example: Example) -> tuple[Bounds, ...]:
    """Bounds of the tokens; an example without tokens is cut at white space.

    Example:
        >>> tokens_of(Example("1", "a  film"))
        ((0, 1), (3, 7))
    """
    return example.tokens or tuple(match.span() for match in _CHUNK.finditer(example.text))


def recut(text: str, cuts: Iterable[int]) -> tuple[Bounds, ...]:
    """Tokens of a text that was edited: white-space chunks, cut again where old tokens met.

    Example:
        >>> recut("good film!", [4, 9])
        ((0, 4), (5, 9), (9, 10))
    """
    places = sorted(set(cuts))
    tokens: list[Bounds] = []
    for match in _CHUNK.finditer(text):
        low, high = match.span()
        inner = places[bisect_right(places, low) : bisect_left(places, high)]
        tokens += zip([low, *inner], [*inner, high], strict=True)
    return tuple(tokens)


def is_word(text: str, bounds: Bounds) -> bool:
    """Whether a token has a letter or a digit; `!` and `:)` have none."""
    return _SIGN.search(text, *bounds) is not None


def share(rate: float, n: int, limit: int | None = None) -> int:
    """How many of `n` things a rate means: rounded, at least one, at most `limit` and `n`.

    Example:
        >>> share(0.3, 10), share(0.01, 10), share(0.5, 10, limit=2), share(0.5, 0)
        (3, 1, 2, 0)
    """
    return min(max(1, round(rate * n)), n if limit is None else limit, n)


def phrase_key(words: str) -> str:
    r"""A phrase as it is looked up: runs of white space collapsed, case folded.

    Example:
        >>> phrase_key("New\n  York")
        'new york'
    """
    return " ".join(words.split()).casefold()


def find_phrases(
    text: str,
    tokens: Sequence[Bounds],
    known: Callable[[str], bool],
    longest: int,
    key: Callable[[str], str] = phrase_key,
) -> Iterator[tuple[int, int, str]]:
    """Find known phrases on token bounds: the longest from the left, without overlap.

    Args:
        text: where to look.
        tokens: bounds of its tokens.
        known: whether a key is that of a phrase.
        longest: characters in the longest key.
        key: makes a key from a part of the text.

    Yields:
        First token, last token (exclusive) and key of each phrase.

    Example:
        >>> text = "in New  York now"
        >>> tokens = [(0, 2), (3, 6), (8, 12), (13, 16)]
        >>> list(find_phrases(text, tokens, {"new york", "new"}.__contains__, 8))
        [(1, 3, 'new york')]
    """
    first = 0
    while first < len(tokens):
        found = None
        for last in range(first, len(tokens)):
            phrase = key(text[tokens[first][0] : tokens[last][1]])
            if len(phrase) > longest:
                break
            if known(phrase):
                found = (first, last + 1, phrase)
        if found is not None:
            yield found
        first = first + 1 if found is None else found[1]


def shaped_like(word: str, model: str) -> str:
    """Give a word the case of another: all capitals, a first capital, or as it is.

    Example:
        >>> [shaped_like("fine", model) for model in ("GOOD", "Good", "good", "I", "iPad")]
        ['FINE', 'Fine', 'fine', 'Fine', 'fine']
    """
    if len(model) > 1 and model.isupper():
        return word.upper()
    if model[:1].isupper() and model[1:] == model[1:].lower():
        return word[:1].upper() + word[1:]
    return word


def removals(
    text: str, tokens: Sequence[Bounds], dropped: Iterable[int], spans: Iterable[Span] = ()
) -> list[Edit]:
    """Take tokens out, each with one run of white space beside it, so that no gap is doubled.

    Of the runs around neighbours that all go, one stays: one that keeps words apart, if possible
    one that leaves every span whole, rather none at all beside punctuation that had none, and
    rather a line break than a blank.

    Args:
        text: the text.
        tokens: bounds of its tokens.
        dropped: indices of the tokens to take out.
        spans: places whose bounds no edit should reach over.

    Example:
        >>> removals("a very  bad film", [(0, 1), (2, 6), (8, 11), (12, 16)], [1])
        [Edit(start=2, end=8, replacement='')]
        >>> removals("bad film.", [(0, 3), (4, 8), (8, 9)], [1])
        [Edit(start=3, end=8, replacement='')]
    """
    places = tuple(spans)
    edits: list[Edit] = []
    for first, last in _runs(sorted(set(dropped))):
        edits += _removal(text, tokens, first, last, places)
    return edits


def touch(left: str, right: str) -> bool:
    """Whether two texts, put side by side, would run into one word.

    Example:
        >>> touch("a film", "was"), touch("film", ".")
        (True, False)
    """
    return _SIGN.match(left[-1:]) is not None and _SIGN.match(right[:1]) is not None


def crossed(bounds: Sequence[int], start: int, end: int) -> int:
    """How many of some sorted places lie strictly between start and end."""
    return max(0, bisect_left(bounds, end) - bisect_right(bounds, start))


def _runs(indices: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for i in range(1, len(indices) + 1):
        if i == len(indices) or indices[i] != indices[i - 1] + 1:
            yield indices[start], indices[i - 1] + 1
            start = i


def _removal(
    text: str, tokens: Sequence[Bounds], first: int, last: int, spans: Sequence[Span]
) -> list[Edit]:
    """Edits for neighbours `first` to `last`; tokens before `kept` take the run to their left."""
    gaps = [_gap(text, tokens, i) for i in range(first, last + 1)]
    left = [Edit(gap[0], tokens[first + i][1], "") for i, gap in enumerate(gaps[:-1])]
    right = [Edit(tokens[first + i][0], gap[1], "") for i, gap in enumerate(gaps[1:])]
    if first == 0 or last == len(tokens):
        kept = 0 if first == 0 else last - first
        return left[:kept] + right[kept:]
    bounds = sorted(bound for span in spans for bound in (span.start, span.end))
    costs_left = accumulate((crossed(bounds, e.start, e.end) for e in left), initial=0)
    costs_right = accumulate((crossed(bounds, e.start, e.end) for e in right[::-1]), initial=0)
    costs = [a + b for a, b in zip(costs_left, reversed(list(costs_right)), strict=True)]
    region = tokens[first][0], tokens[last - 1][1]
    glued = touch(text[slice(*tokens[first - 1])], text[slice(*tokens[last])])

    def worth(i: int) -> tuple[bool, int, bool, bool, int]:
        empty, inner = gaps[i][0] == gaps[i][1], 0 < i < len(gaps) - 1
        cost = costs[i] + _dangles(gaps[i], region, spans)
        return empty and (glued or inner), cost, not empty, not _breaks(text, gaps[i]), i

    kept = min(range(len(gaps)), key=worth)
    return left[:kept] + right[kept:]


def _dangles(gap: Bounds, region: Bounds, spans: Sequence[Span]) -> int:
    """How many spans would begin or end with a gap, as all their words to one side of it go."""
    return sum(
        span.start <= gap[0] < gap[1] <= span.end
        and not (span.start < region[0] and region[1] < span.end)
        for span in spans
    )


def _gap(text: str, tokens: Sequence[Bounds], i: int) -> Bounds:
    """The white space right before token `i` (or after the last), as far as it is only that."""
    if i == len(tokens):
        low = tokens[i - 1][1]
        rest = text[low:]
        return low, low + len(rest) - len(rest.lstrip())
    low, high = tokens[i - 1][1] if i else 0, tokens[i][0]
    if text[low:high].isspace():
        return low, high
    return high, high


def _breaks(text: str, gap: Bounds) -> bool:
    return len(f"{text[slice(*gap)]}.".splitlines()) > 1
