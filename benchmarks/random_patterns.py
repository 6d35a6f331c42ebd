"""Random regular expressions and texts, from the corners of Unicode and of `re`'s syntax."""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import TypeAlias

Choose: TypeAlias = Callable[[int], int]
"""Chooses a number below another; everything random here comes from it."""

NASTY = tuple(
    "aAbBkKsSiIzZ09_ \n\t\r-.,:'"
    "\x00\x01\x0b\x0c\x1c\x1d\x1e\x1f\x7f\x80\x85\xa0\xaa\xad\xb2\xb5\xbc\xdf\xe9\xff"
    "\u0130\u0131\u017f\u01c5\u0301\u0345\u0390\u03a3\u03c2\u03c3\u0660\u0966\u1680\u1e9e\u200b\u200d\u2028\u2029"
    "\u202f\u205f\u212a\u2160\u3000\u4e2d\u6587\uac00\ufb01\ufb05\ufb06\ufe0f\uff21\uff41\uff11\uffff"
    "\U00010400\U00010428\U0001d7d8\U0001f600\U0001f1e6\U00010ffff"[:-1]
)
CLASSES = (r"\d", r"\D", r"\s", r"\S", r"\w", r"\W")
PLACES = (
    "^",
    "$",
    r"\A",
    r"\Z",
    r"\b",
    r"\B",
    r"(?<!\w)",
    r"(?!\w)",
    r"(?<=\s)",
    r"(?!\S)",
    r"(?<!\S)",
)
TIMES = ("?", "*", "+", "{2}", "{1,2}", "{,2}", "{2,}", "{0}", "{0,3}")
FLAGS = (0, re.IGNORECASE, re.MULTILINE, re.DOTALL, re.ASCII, re.VERBOSE)


def random_alphabet(choose: Choose, size: int = 9) -> str:
    """Some characters, so few that random patterns match random texts now and then."""
    return "".join(random_character(choose) for _ in range(size))


def random_character(choose: Choose) -> str:
    """A nasty character, or now and then any that UTF-8 can write."""
    if choose(5):
        return NASTY[choose(len(NASTY))]
    point = choose(0x110000 - 0x800)
    return chr(point if point < 0xD800 else point + 0x800)


def random_text(choose: Choose, alphabet: str, longest: int = 10) -> str:
    """A short text."""
    return "".join(alphabet[choose(len(alphabet))] for _ in range(choose(longest + 1)))


def random_pattern(choose: Choose, alphabet: str) -> re.Pattern[str]:
    """A pattern that compiles."""
    while True:
        flags = FLAGS[choose(len(FLAGS))] | FLAGS[choose(len(FLAGS))]
        text = _Writer(choose, alphabet).branches(3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return re.compile(text, flags)
            except re.error:
                continue


class _Writer:
    """Writes one pattern."""

    def __init__(self, choose: Choose, alphabet: str) -> None:
        self.choose = choose
        self.alphabet = alphabet
        self.groups = 0

    def branches(self, depth: int) -> str:
        return "|".join(self.sequence(depth) for _ in range(1 + (self.choose(4) == 0)))

    def sequence(self, depth: int) -> str:
        return "".join(self.item(depth) for _ in range(self.choose(4) + (depth == 3)))

    def item(self, depth: int) -> str:
        kind = self.choose(20)
        if kind < 3:
            return PLACES[self.choose(len(PLACES))]
        atom = self.atom(depth)
        if kind < 12:
            return atom
        times = TIMES[self.choose(len(TIMES))]
        return atom + times + ("", "", "", "?", "+")[self.choose(5)]

    def atom(self, depth: int) -> str:
        kind = self.choose(16)
        if kind < 7:
            return self.literal()
        if kind < 9:
            return CLASSES[self.choose(6)]
        if kind < 11:
            return self.set()
        if kind < 12:
            return "."
        return self.group(depth - 1) if depth else self.literal()

    def literal(self) -> str:
        char = self.alphabet[self.choose(len(self.alphabet))]
        return re.escape(char)

    def set(self) -> str:
        parts = []
        for _ in range(1 + self.choose(3)):
            first, last = sorted((self.character(), self.character()))
            kinds = (first, f"{first}-{last}", CLASSES[self.choose(6)])
            parts.append(kinds[self.choose(3)])
        return "[" + ("^" if self.choose(3) == 0 else "") + "".join(parts) + "]"

    def character(self) -> str:
        char = self.alphabet[self.choose(len(self.alphabet))]
        return f"\\U{ord(char):08x}"

    def group(self, depth: int) -> str:
        kind = self.choose(16)
        if kind < 4:
            self.groups += 1
            return f"({self.branches(depth)})"
        if kind == 4 and self.groups:
            return f"(?({self.groups}){self.sequence(depth)}|{self.sequence(depth)})"
        if kind == 5 and self.groups:
            return f"\\{1 + self.choose(self.groups)}"
        openings: Sequence[str] = (
            *("(?:", "(?:", "(?:", "(?i:", "(?-i:", "(?s:", "(?m:", "(?a:", "(?u:", "(?>"),
            *("(?=", "(?!", "(?<=", "(?<!"),
        )
        return openings[self.choose(len(openings))] + self.branches(depth) + ")"
