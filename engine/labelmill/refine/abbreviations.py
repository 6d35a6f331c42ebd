"""Abbreviations that a text introduces, as in "hidden Markov model (HMM)", and where they stand.

The algorithm is that of Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (2003), section 3: going backwards, each letter of the short form
must be found in the words before the bracket, and its first letter at the start of a word.
"""

import re
from dataclasses import dataclass

LONGEST_SHORT_FORM = 10
MOST_WORDS = 2
_BRACKETED = re.compile(r"[(\[]\s*([^()\[\]]{2,60}?)\s*[)\]]")
_FIRST_PART = re.compile(r"[^,;:]*")
_NEW_SENTENCE = re.compile(r"[.;!?]\s|[()\[\]]")


@dataclass(frozen=True, slots=True)
class Definition:
    """A short form, and the place of the long form that it stands for, start to end."""

    short: str
    start: int
    end: int


def definitions(text: str) -> list[Definition]:
    """Find the abbreviations that a text introduces, in their order.

    Example:
        >>> text = "Von Willebrand disease (VWD) is rare (see above). VWD runs in families."
        >>> found = definitions(text)
        >>> [(one.short, text[one.start : one.end]) for one in found]
        [('VWD', 'Von Willebrand disease')]
    """
    found = []
    for bracket in _BRACKETED.finditer(text):
        short = _FIRST_PART.match(bracket[1])[0].strip()  # type: ignore[index]
        if not is_short_form(short):
            continue
        before = text[: bracket.start()].rstrip()
        window = _window(before, short)
        start = long_form(short, window)
        if start is not None:
            shift = len(before) - len(window)
            found.append(Definition(short, shift + start, len(before)))
    return found


def is_short_form(text: str) -> bool:
    """Whether something in brackets can be an abbreviation.

    Example:
        >>> [is_short_form(each) for each in ("DM", "A-T", "1998", "see above", "n")]
        [True, True, False, False, False]
    """
    return (
        2 <= len(text) <= LONGEST_SHORT_FORM
        and len(text.split()) <= MOST_WORDS
        and text[0].isalnum()
        and any(letter.isupper() for letter in text)
    )


def long_form(short: str, words: str) -> int | None:
    """Where the long form begins in the words before a bracket; None if it is not there.

    Example:
        >>> long_form("HMM", "we fit a hidden Markov model"), long_form("HMM", "we fit a model")
        (9, None)
    """
    place = len(words)
    lower = words.lower()
    for number in range(len(short) - 1, -1, -1):
        letter = short[number].lower()
        if not letter.isalnum():
            continue
        place -= 1
        while place >= 0 and not _fits(lower, place, letter, first=number == 0):
            place -= 1
        if place < 0:
            return None
    start = words.rfind(" ", 0, place) + 1
    return start if len(words) - start > len(short) else None


def occurrences(text: str, short: str) -> list[tuple[int, int]]:
    """Where a short form stands as a word of its own, start to end.

    Example:
        >>> occurrences("DM and DM-kinase (DM)", "DM")
        [(0, 2), (18, 20)]
    """
    found = re.finditer(rf"(?<![\w/-]){re.escape(short)}(?![\w/-])", text)
    return [match.span() for match in found]


def _window(before: str, short: str) -> str:
    """The words that may hold the long form: at most min(n + 5, 2n), in one sentence."""
    breaks = list(_NEW_SENTENCE.finditer(before))
    sentence = before[breaks[-1].end() :].lstrip() if breaks else before
    most = min(len(short) + 5, 2 * len(short))
    return " ".join(sentence.rsplit(" ", most)[-most:])


def _fits(words: str, place: int, letter: str, *, first: bool) -> bool:
    if words[place] != letter:
        return False
    return not first or place == 0 or not words[place - 1].isalnum()
