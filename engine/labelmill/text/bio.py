"""Spans as tags on tokens, and back, in the schemes IO, BIO and BILUO."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal

from labelmill.core.spans import Span
from labelmill.errors import nearest

Scheme = Literal["IO", "BIO", "BILUO"]

OUTSIDE = "O"
_PREFIXES = {"IO": ("I",), "BIO": ("B", "I"), "BILUO": ("B", "I", "L", "U")}


def tag_names(labels: Iterable[str], scheme: Scheme) -> tuple[str, ...]:
    """All tags of a scheme, "O" first, then label by label.

    Example:
        >>> tag_names(["ORG", "LOC"], "BIO")
        ('O', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC')
    """
    prefixes = _PREFIXES[scheme]
    return (OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in prefixes))


def encode(tokens: Sequence[tuple[int, int]], spans: Iterable[Span], scheme: Scheme) -> list[str]:
    """Give every token its tag; a span covers all tokens that it touches.

    Under IO two spans of one label on neighbouring tokens cannot be told apart: decoded again they
    are one.

    Args:
        tokens: (start, end) of each token, in order.
        spans: places in the same text, in any order.
        scheme: IO, BIO or BILUO.

    Raises:
        ValueError: if two spans touch the same token, or a span touches none.

    Example:
        >>> encode([(0, 4), (5, 8), (9, 13)], [Span(0, 8, "ORG")], "BIO")
        ['B-ORG', 'I-ORG', 'O']
    """
    tags = [OUTSIDE] * len(tokens)
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    for span in sorted(spans):
        touched = range(bisect_right(ends, span.start), bisect_left(starts, span.end))
        if not touched:
            message = f"{span} touches no token"
            raise ValueError(message)
        for i in touched:
            if tags[i] != OUTSIDE:
                message = f"{span} overlaps another span, which has the token at {tokens[i]}"
                raise ValueError(message)
            tags[i] = f"{_prefix(i, touched[0], touched[-1], scheme)}-{span.label}"
    return tags


def decode(tags: Sequence[str], scheme: Scheme) -> list[tuple[int, int, str]]:
    """Read (first token, token after the last, label) from tags.

    Sequences that the scheme forbids are read all the same, as conlleval does: a tag with another
    label than the one before begins a span, whatever its prefix; `B` and `U` always begin one,
    `L` and `U` always end one.

    Raises:
        ValueError: if a tag is not of the scheme.

    Example:
        >>> decode(["I-ORG", "I-ORG", "B-ORG", "O", "I-LOC"], "BIO")
        [(0, 2, 'ORG'), (2, 3, 'ORG'), (4, 5, 'LOC')]
    """
    spans: list[tuple[int, int, str]] = []
    open_label: str | None = None
    for i, tag in enumerate(tags):
        prefix, label = _parts(tag, scheme)
        if label is None:
            open_label = None
            continue
        if label == open_label and prefix not in ("B", "U"):
            first, _, _ = spans[-1]
            spans[-1] = (first, i + 1, label)
        else:
            spans.append((i, i + 1, label))
        open_label = None if prefix in ("L", "U") else label
    return spans


def _prefix(token: int, first: int, last: int, scheme: Scheme) -> str:
    if scheme == "IO":
        return "I"
    if scheme == "BIO":
        return "B" if token == first else "I"
    if first == last:
        return "U"
    return {first: "B", last: "L"}.get(token, "I")


def _parts(tag: str, scheme: Scheme) -> tuple[str, str | None]:
    if tag == OUTSIDE:
        return OUTSIDE, None
    prefix, dash, label = tag.partition("-")
    if prefix not in _PREFIXES[scheme] or not dash or not label:
        known = [f"{known}-<label>" for known in _PREFIXES[scheme]]
        message = f"'{tag}' is no {scheme} tag{nearest(tag, [OUTSIDE, *known])}"
        raise ValueError(message)
    return prefix, label
