"""Finding words and phrases in texts, under each way of reading case."""

import re
from collections.abc import Iterable
from typing import Literal

Case = Literal["exact", "ignore", "fold"]


def one_or_many(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """A lone string as a tuple of one.

    Example:
        >>> one_or_many("a"), one_or_many(("a", "b"))
        (('a',), ('a', 'b'))
    """
    return (value,) if isinstance(value, str) else tuple(value)


def phrase_pattern(
    phrases: Iterable[str], *, whole_words: bool, ignore_case: bool
) -> re.Pattern[str]:
    r"""One pattern that finds any of some phrases, the longest first.

    White space inside a phrase matches any run of white space. With `whole_words` a phrase may
    not begin or end inside a word; an end that is not a word character needs no such bound, so
    `C++` and `:)` can be found.

    Example:
        >>> pattern = phrase_pattern(["my", "check out"], whole_words=True, ignore_case=True)
        >>> [m.span() for m in pattern.finditer("Check\n out mystery and my film")]
        [(0, 10), (23, 25)]
    """
    parts = []
    for phrase in sorted(set(phrases), key=lambda p: (-len(p), p)):
        body = r"\s+".join(re.escape(word) for word in phrase.split())
        if whole_words:
            body = _bounded(body, phrase.strip())
        parts.append(body)
    return re.compile("|".join(parts), re.IGNORECASE if ignore_case else 0)


def needles(phrases: Iterable[str], *, ignore_case: bool) -> tuple[str, ...]:
    """For each phrase a word of it that stands in every text in which the phrase stands.

    With `ignore_case` that holds for ASCII texts in lower case (the sign of Kelvin, say, is a k
    to a pattern that ignores case). Nothing can be said, and there are none, where a phrase holds
    other characters then.

    Example:
        >>> needles(["Check out", "my"], ignore_case=True)
        ('check', 'my')
        >>> needles(["Straße", "my"], ignore_case=True)
        ()
    """
    longest = [max(phrase.split(), key=len, default="") for phrase in phrases]
    if not ignore_case:
        return tuple(dict.fromkeys(longest))
    if not all(word.isascii() for word in longest):
        return ()
    return tuple(dict.fromkeys(word.lower() for word in longest))


def _bounded(body: str, phrase: str) -> str:
    left = r"(?<!\w)" if re.match(r"\w", phrase) else ""
    right = r"(?!\w)" if re.match(r"\w", phrase[-1:]) else ""
    return f"{left}{body}{right}"
