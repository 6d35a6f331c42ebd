"""Measures of a text: one number each, for expressions and for Python labeling functions."""

import re
from collections.abc import Callable
from unicodedata import category

_URL = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_LINE = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]")


def n_chars(text: str) -> int:
    """Characters (code points).

    Example:
        >>> n_chars("Hi 🎉")
        4
    """
    return len(text)


def n_words(text: str) -> int:
    """Pieces between white space.

    Example:
        >>> n_words(" well, well ")
        2
    """
    return len(text.split())


def n_lines(text: str) -> int:
    r"""Lines; an empty text has none, and a line end at the very end begins no line.

    Example:
        >>> n_lines("a\nb"), n_lines("a\n"), n_lines("")
        (2, 1, 0)
    """
    ends = list(_LINE.finditer(text))
    closed = bool(ends) and ends[-1].end() == len(text)
    return len(ends) + (0 if closed or not text else 1)


def n_urls(text: str) -> int:
    """Web addresses that begin with http://, https:// or www.

    Example:
        >>> n_urls("see https://a.org/b and www.c.com")
        2
    """
    return len(_URL.findall(text))


def n_emoji(text: str) -> int:
    """Pictographs, counted by code point (a flag has two).

    Example:
        >>> n_emoji("yes 🎉🎉 ☀")
        3
    """
    return len(_EMOJI.findall(text))


def n_exclamations(text: str) -> int:
    """Exclamation marks, full-width ones too.

    Example:
        >>> n_exclamations("No!!")
        2
    """
    return text.count("!") + text.count("！")


def n_questions(text: str) -> int:
    """Question marks, full-width ones too.

    Example:
        >>> n_questions("Why? When?")
        2
    """
    return text.count("?") + text.count("？")


def n_digits(text: str) -> int:
    """Digits of any script.

    Example:
        >>> n_digits("call 555")
        3
    """
    return sum(map(str.isdigit, text))


def n_letters(text: str) -> int:
    """Letters of any script.

    Example:
        >>> n_letters("a1 é!")
        2
    """
    return sum(map(str.isalpha, text))


def n_capitals(text: str) -> int:
    """Upper-case letters.

    Example:
        >>> n_capitals("Buy NOW")
        4
    """
    return sum(character.isupper() and character.isalpha() for character in text)


def n_punctuation(text: str) -> int:
    """Punctuation marks and symbols.

    Example:
        >>> n_punctuation("$5, ok?")
        3
    """
    return sum(category(character)[0] in "PS" for character in text)


def upper_ratio(text: str) -> float:
    """Share of the letters that are upper case; 0 where there is no letter.

    Example:
        >>> upper_ratio("BUY it"), upper_ratio("123")
        (0.6, 0.0)
    """
    return _share(n_capitals(text), n_letters(text))


def digit_ratio(text: str) -> float:
    """Share of the characters that are digits; 0 for an empty text.

    Example:
        >>> digit_ratio("a123")
        0.75
    """
    return _share(n_digits(text), len(text))


def punctuation_ratio(text: str) -> float:
    """Share of the characters that are punctuation or symbols; 0 for an empty text.

    Example:
        >>> punctuation_ratio("no!!")
        0.5
    """
    return _share(n_punctuation(text), len(text))


def mean_word_length(text: str) -> float:
    """Mean length of the pieces between white space; 0 where there is none.

    Example:
        >>> mean_word_length("to be or")
        2.0
    """
    words = text.split()
    return _share(sum(map(len, words)), len(words))


def longest_word(text: str) -> int:
    """Length of the longest piece between white space; 0 where there is none.

    Example:
        >>> longest_word("a fine film")
        4
    """
    return max(map(len, text.split()), default=0)


def unique_word_ratio(text: str) -> float:
    """Distinct words, without regard to case, as a share of all; 0 where there is none.

    Example:
        >>> unique_word_ratio("Go go away now")
        0.75
    """
    words = text.lower().split()
    return _share(len(set(words)), len(words))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


MEASURES: dict[str, Callable[[str], float]] = {
    measure.__name__: measure
    for measure in (
        n_chars,
        n_words,
        n_lines,
        n_urls,
        n_emoji,
        n_exclamations,
        n_questions,
        n_digits,
        n_letters,
        n_capitals,
        n_punctuation,
        upper_ratio,
        digit_ratio,
        punctuation_ratio,
        mean_word_length,
        longest_word,
        unique_word_ratio,
    )
}
"""Every measure under the name that expressions use."""
