"""Patterns as expressions over bytes: exact where that can be said."""

import re

import pytest

from labelmill.text.scan.alphabet import Alphabet
from labelmill.text.scan.translate import Translation, translated, tree_of
from labelmill.text.scan.tree import points_of

EXACT = (
    *(r"\bfoo\b", r"(?<!\w)check\s+out(?!\w)|my", "( |^)(thanks)[^\\w]*( |$)", r"^\s*$"),
    *("(?i)straße", r"\w+@\w+\.(com|org)", "(?m)^x$", "a(?=b)", "(?<=a)b", r"a{2,5}\b"),
    *(
        r"(?<!\S)a",
        r"\Bfoo",
        "(?s)a.b",
        "中文",
        "a*?b",
        r"(?:^|\W)foo(?:\W|$)",
        "[à-ÿ]+",
        "^(a+)+$",
    ),
)
LOOSE = (r"(a)\1", "(?>a+)b", "a++b", "a(?!bc)d", "(?=.*a)(?=.*b)", "x{100}y", "(a)?(?(1)b|c)d")


def said(pattern: str, *, only_ascii: bool) -> Translation:
    tree = tree_of(re.compile(pattern))
    assert tree is not None
    return translated(tree, Alphabet(points_of(tree)), only_ascii=only_ascii)


@pytest.mark.parametrize("pattern", EXACT)
@pytest.mark.parametrize("only_ascii", [True, False])
def test_common_patterns_need_no_second_look(pattern: str, only_ascii: bool) -> None:
    found = said(pattern, only_ascii=only_ascii)

    assert found.exact
    assert not found.always
    assert found.expressions or only_ascii


@pytest.mark.parametrize("pattern", LOOSE)
def test_what_an_automaton_cannot_say_is_said_loosely(pattern: str) -> None:
    found = said(pattern, only_ascii=True)

    assert not found.exact
    assert found.expressions


@pytest.mark.parametrize("pattern", ["a*", "", "x|", r"\w*?"])
def test_a_pattern_that_matches_the_empty_string_is_everywhere(pattern: str) -> None:
    assert said(pattern, only_ascii=False) == Translation((), exact=True, always=True)


def test_what_never_matches_has_no_expression() -> None:
    assert said(r"(?!)a|[^\s\S]|(?!\S)b", only_ascii=False) == Translation((), exact=True)


def test_what_may_be_left_out_at_the_ends_is_left_out() -> None:
    assert said(r"\w*foo\d*", only_ascii=True).expressions == (rb"\x66\x6f\x6f",)
    assert said(r"a+", only_ascii=True).expressions == (rb"\x61",)


def test_a_pattern_of_which_nothing_is_known_is_left_to_re() -> None:
    nested = "(?:" * 3000 + "a" + ")" * 3000
    tree = tree_of(re.compile("a"))

    assert translated(None, Alphabet([]), only_ascii=True).always
    assert tree is not None
    with pytest.raises(RecursionError):
        re.compile(nested)


def test_a_huge_pattern_is_said_more_loosely() -> None:
    found = said("(?:a{1,40}b{1,40}c){10}d", only_ascii=True)

    assert not found.exact
    assert sum(map(len, found.expressions)) < 2000
