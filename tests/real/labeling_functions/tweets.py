"""Labeling functions that find names in tweets, which come with a space between tokens."""

from collections.abc import Iterator
from typing import Any

from labelmill import labeling_function

Found = Iterator[tuple[int, int, str]]

NO_SURNAME = frozenset(["RT", "The", "And", "Is", "In", "On", "At", "For", "To", "Was", "Of", "My"])
COMMON_WORDS = """
The A I My We You It Is This That Happy Good New Last Next First All One Day Night Just So No
Go RT On In What How Who Why When Can Do Get Big Monday Tuesday Wednesday Thursday Friday
Saturday Sunday January February March April May June July August September October November
December
"""
COMMON = frozenset(COMMON_WORDS.split())


@labeling_function(needs=["text", "tokens"])
def full_name(row: Any, *, first_names: Any) -> Found:
    """Find a known first name, with the word after it where that has a capital too."""
    bounds = bounds_of(row)
    words = [row.text[start:end] for start, end in bounds]
    for place, word in enumerate(words):
        if word not in first_names or not _is_title(word):
            continue
        end = place
        if place + 1 < len(words) and _is_surname(words[place + 1]):
            end = place + 1
        yield bounds[place][0], bounds[end][1], "person"


@labeling_function(needs=["text", "tokens"])
def listed_company(row: Any, *, companies: Any, first_names: Any, places: Any) -> Found:
    """Find companies of two words or more, which are no common word, first name or place."""
    for mention in companies.find(row.text, bounds_of(row)):
        words = row.text[mention.start : mention.end].split()
        plain = any(word in COMMON or word in first_names or word in places for word in words)
        if len(words) > 1 and all(map(_is_title, words)) and not plain:
            yield mention.start, mention.end, "corporation"


@labeling_function(needs=["text", "tokens"])
def listed_product(row: Any, *, products: Any) -> Found:
    """Find products that have a digit, or two words with capitals."""
    for mention in products.find(row.text, bounds_of(row)):
        text = row.text[mention.start : mention.end]
        words = text.split()
        named = len(words) > 1 and all(map(_is_title, words)) and not COMMON.intersection(words)
        if named or (any(map(str.isdigit, text)) and any(map(str.isupper, text))):
            yield mention.start, mention.end, "product"


def bounds_of(row: Any) -> list[tuple[int, int]]:
    """Bounds of the tokens, found one after the other."""
    bounds, place = [], 0
    for token in row.tokens:
        start = row.text.index(token, place)
        place = start + len(token)
        bounds.append((start, place))
    return bounds


def _is_title(word: str) -> bool:
    return word[:1].isupper() and word.isalnum()


def _is_surname(word: str) -> bool:
    return _is_title(word) and word[1:].islower() and word not in NO_SURNAME
