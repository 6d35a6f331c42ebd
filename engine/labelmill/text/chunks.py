"""spaCy's tokens, cut once for each distinct chunk between white space."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Bounds = list[tuple[int, int]]

_CHUNK = re.compile(r"\S+")
_KNOWN_CHUNKS = 1 << 18
_LONG_CHUNK = 60  # characters; such a chunk seldom comes again
_MANY_TOKENS = 12
_NOTHING: frozenset[str] = frozenset()


class ChunkCutter:
    """Cuts texts into the tokens of a spaCy tokenizer, without its tokens of white space.

    spaCy cuts each chunk between white space by itself, with one exception: a special case of
    several tokens, such as the emoticon `:o )`, is also found where a space stands inside of it.
    A text that may hold one of those is given to spaCy whole; everywhere else the tokens of a
    chunk are looked up. So the tokens are always those of spaCy.

    Where a special case can be broken is known from its tokens: a *seam* is a run of tokens that a
    chunk ends with and the token that the next chunk begins with.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Prepare for one tokenizer of the class `spacy.tokenizer.Tokenizer` (see `can_cut`)."""
        self._tokenizer = tokenizer
        self._rules = frozenset(tokenizer.rules)
        self._seams = _seams(self._rules, _without_special_cases(tokenizer))
        self._lefts = {"".join(left): rights for left, rights in self._seams.items()}
        self._rights = frozenset(right for rights in self._seams.values() for right in rights)
        self._any_left, self._any_right = tuple(self._lefts), tuple(self._rights)
        self._known: dict[str, Bounds] = {}
        self._ends: dict[str, frozenset[str]] = {}
        self._starts: dict[str, frozenset[str]] = {}

    def cut(self, texts: Sequence[str]) -> list[Bounds]:
        """Bounds of the tokens of each text."""
        if len(self._known) > _KNOWN_CHUNKS:
            for table in (self._known, self._ends, self._starts):
                table.clear()
        split = [text.split() for text in texts]
        met = {chunk for chunks in split for chunk in chunks if len(chunk) <= _LONG_CHUNK}
        self._learn(met - self._known.keys())
        return [
            bounds_of(self._tokenizer(text))
            if max(map(len, chunks), default=0) > _LONG_CHUNK or self._has_seam(chunks)
            else self._joined(text, chunks)
            for text, chunks in zip(texts, split, strict=True)
        ]

    def _learn(self, chunks: Iterable[str]) -> None:
        """Cut chunks that were never met."""
        ordered = sorted(chunks)
        for chunk, bounds in zip(ordered, _cut_each(self._tokenizer, ordered), strict=True):
            self._known[chunk] = bounds
            tokens = [chunk[start:end] for start, end in bounds]
            may_be_special = self._may_be_special(tokens)
            ends, starts = self._by_text(chunk) if may_be_special else self._by_tokens(tokens)
            if ends:
                self._ends[chunk] = frozenset(ends)
            if starts:
                self._starts[chunk] = frozenset(starts)

    def _may_be_special(self, tokens: Sequence[str]) -> bool:
        """Whether a special case may have made some of these tokens.

        If it did, then neighbouring tokens together are that case. If not, these are the tokens
        that spaCy looks for special cases in.
        """
        n = len(tokens)
        if n == 1:
            return tokens[0] in self._rules
        return n > _MANY_TOKENS or any(
            "".join(tokens[low:high]) in self._rules
            for low in range(n)
            for high in range(low + 1, n + 1)
        )

    def _by_tokens(self, tokens: Sequence[str]) -> tuple[set[str], set[str]]:
        """What a seam after this chunk begins with, and what this chunk begins with."""
        ends: set[str] = set()
        for k in range(1, len(tokens) + 1):
            ends |= self._seams.get(tuple(tokens[-k:]), _NOTHING)
        return ends, {tokens[0]} & self._rights

    def _by_text(self, chunk: str) -> tuple[set[str], set[str]]:
        """The same where the tokens before special cases are not known: all that may be."""
        ends: set[str] = set()
        if chunk.endswith(self._any_left):
            lefts = (left for left in self._any_left if chunk.endswith(left))
            ends = ends.union(*(self._lefts[left] for left in lefts))
        if not chunk.startswith(self._any_right):
            return ends, set()
        return ends, {right for right in self._any_right if chunk.startswith(right)}

    def _has_seam(self, chunks: Sequence[str]) -> bool:
        """Whether a special case may reach over the space between two chunks."""
        if self._ends.keys().isdisjoint(chunks):
            return False
        return any(
            left in self._ends
            and right in self._starts
            and not self._ends[left].isdisjoint(self._starts[right])
            for left, right in pairwise(chunks)
        )

    def _joined(self, text: str, chunks: Sequence[str]) -> Bounds:
        bounds: Bounds = []
        add = bounds.append
        known = self._known
        for chunk, start in zip(chunks, _places(text, chunks), strict=True):
            for low, high in known[chunk]:
                add((start + low, start + high))
        return bounds


@dataclass(frozen=True, slots=True)
class WholeCutter:
    """Cuts texts with any tokenizer of a spaCy pipeline, one text at a time."""

    tokenizer: Any

    def cut(self, texts: Sequence[str]) -> list[Bounds]:
        """Bounds of the tokens of each text."""
        return [bounds_of(self.tokenizer(text)) for text in texts]


def can_cut(tokenizer: Any) -> bool:
    """Whether a tokenizer cuts chunk by chunk: of spaCy's own class, no case with odd spaces."""
    return type(tokenizer) is _tokenizer_class() and all(
        rule.isspace() or rule == " ".join(rule.split()) for rule in tokenizer.rules
    )


def bounds_of(doc: Any) -> Bounds:
    """Bounds of the tokens of a spaCy Doc that are not white space."""
    table = doc.to_array(["SPACY", "LENGTH", "IS_SPACE"]).astype(np.int64)
    ends = np.cumsum(table[:, 0] + table[:, 1]) - table[:, 0]
    words = table[:, 2] == 0
    ends = ends[words]
    return list(zip((ends - table[words, 1]).tolist(), ends.tolist(), strict=True))


def _cut_each(tokenizer: Any, chunks: Sequence[str]) -> list[Bounds]:
    """Cut chunks in one go; the line ends between them keep them apart."""
    cuts: list[Bounds] = [[] for _ in chunks]
    tokens = iter(bounds_of(tokenizer("\n".join(chunks))))
    low = 0
    for chunk, bounds in zip(chunks, cuts, strict=True):
        while not bounds or bounds[-1][1] < len(chunk):
            start, end = next(tokens)
            bounds.append((start - low, end - low))
        low += len(chunk) + 1
    return cuts


def _places(text: str, chunks: Sequence[str]) -> Iterable[int]:
    """Where each chunk begins."""
    if len(text) != sum(map(len, chunks)) + len(chunks) - 1:
        return [match.start() for match in _CHUNK.finditer(text)]
    places, start = [], 0
    for chunk in chunks:
        places.append(start)
        start += len(chunk) + 1
    return places


def _seams(rules: Iterable[str], plain: Any) -> dict[tuple[str, ...], set[str]]:
    """For each run of tokens that a special case begins with, the tokens that may come next."""
    seams: dict[tuple[str, ...], set[str]] = {}
    for rule in rules:
        tokens = [token.text for token in plain(rule)]
        for k in range(1, len(tokens)):
            seams.setdefault(tuple(tokens[:k]), set()).add(tokens[k])
    return seams


def _without_special_cases(tokenizer: Any) -> Any:
    return _tokenizer_class()(
        tokenizer.vocab,
        rules={},
        prefix_search=tokenizer.prefix_search,
        suffix_search=tokenizer.suffix_search,
        infix_finditer=tokenizer.infix_finditer,
        token_match=tokenizer.token_match,
        url_match=tokenizer.url_match,
    )


def _tokenizer_class() -> Any:
    import spacy  # noqa: PLC0415 (heavy)

    return spacy.language.Tokenizer  # type: ignore[attr-defined]
