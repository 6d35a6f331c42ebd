"""Ways of reading case, with the way back to the characters of the original."""

from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, normalize

from labelmill.text.words import Case

Offsets = list[tuple[int, int]]
"""For each folded character the (start, end) of what it came from."""


def fold(text: str, case: Case) -> str:
    """Bring a text into the form in which it is compared.

    `exact` leaves it as it is, `ignore` makes each character lower case, `fold` takes Unicode's
    casefold between two NFKC normalisations, so that ligatures, full-width letters, ß and ss, and
    composed and decomposed accents are alike.

    Example:
        >>> fold("Straße ﬁn", "ignore"), fold("Straße ﬁn", "fold")
        ('straße ﬁn', 'strasse fin')
    """
    if case == "exact":
        return text
    if text.isascii():
        return text.lower()
    if case == "ignore":
        return "".join(map(str.lower, text))
    return _folded(text)


def fold_with_offsets(text: str, case: Case) -> tuple[str, Offsets]:
    """Fold a text and say where each folded character came from.

    A character and the combining marks after it are one unit: every folded character of a unit
    leads to the whole unit, so that no match can end inside of one.

    Example:
        >>> fold_with_offsets("ﬁn", "fold")
        ('fin', [(0, 1), (0, 1), (1, 2)])
    """
    if case == "exact" or text.isascii():
        return fold(text, case), [(i, i + 1) for i in range(len(text))]
    units = _singles(text) if case == "ignore" else combining_units(text)
    parts: list[str] = []
    offsets: Offsets = []
    for start, end in units:
        part = fold(text[start:end], case)
        parts.append(part)
        offsets += [(start, end)] * len(part)
    return "".join(parts), offsets


def combining_units(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of the pieces that Unicode normalisation never joins.

    Each is a character with the marks (and Hangul vowels and finals) that follow it, so the
    normal form of a text is that of its pieces, one after the other.

    Example:
        >>> list(combining_units("ae\u0301b"))
        [(0, 1), (1, 3), (3, 4)]
    """
    start = 0
    for i in range(1, len(text)):
        if not begins_inside(text[i]):
            yield start, i
            start = i
    if text:
        yield start, len(text)


def begins_inside(character: str) -> bool:
    """Whether a character belongs to the one before it: a mark, or a Hangul vowel or final.

    Example:
        >>> begins_inside("\u0301"), begins_inside("e")
        (True, False)
    """
    return character >= "\u0300" and _joins(character)


@lru_cache(maxsize=4096)
def _joins(character: str) -> bool:
    first = normalize("NFKD", character)[0]
    return category(first).startswith("M") or "\u1160" <= first <= "\u11ff"


def _singles(text: str) -> Iterator[tuple[int, int]]:
    return ((i, i + 1) for i in range(len(text)))


def _folded(text: str) -> str:
    return normalize("NFKC", normalize("NFKC", text).casefold())
