"""How spaCy cuts prefixes, suffixes and infixes off a chunk."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Bounds = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Cut:
    """One chunk, cut.

    Attributes:
        bounds: its tokens; they leave no gap.
        core: what was left for infixes to cut, where they did.
    """

    bounds: Bounds
    core: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class AffixCutter:
    """Does what `spacy.tokenizer.Tokenizer` does to a chunk before it looks for special cases.

    The tokenizer itself tells neither this, nor which part of a chunk it takes for a URL or not.

    Attributes:
        tokenizer: gives the regular expressions.
        cases: bounds of the tokens of special cases, which end the cutting where they are met.
        urls: whether to leave URLs alone.
    """

    tokenizer: Any
    cases: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    urls: bool = False

    def cut(self, chunk: str) -> Cut:
        """Cut one chunk, which holds no white space."""
        lefts: Bounds = []
        rights: Bounds = []
        low, high, may_go_on, is_one_token = 0, len(chunk), True, False
        while low < high and may_go_on:
            text = chunk[low:high]
            is_one_token = self._is_one_token(text)
            if is_one_token or text in self.cases:
                break
            prefix, suffix, may_go_on = self._affixes(text)
            if prefix:
                lefts.append((low, low + prefix))
            if suffix:
                rights.append((high - suffix, high))
            low, high = low + prefix, high - suffix
        pieces = self._pieces(chunk[low:high], is_one_token=is_one_token)
        inner = [(low + start, low + end) for start, end in pieces if start < end]
        core = (low, high) if len(inner) > 1 else None
        return Cut([*lefts, *inner, *rights[::-1]], core)

    def _affixes(self, text: str) -> tuple[int, int, bool]:
        """Sizes of the prefix and the suffix, and whether to look for more."""
        prefix = self.tokenizer.find_prefix(text) or 0
        if prefix and text[prefix:] in self.cases:
            return prefix, 0, False
        suffix = self.tokenizer.find_suffix(text[prefix:]) or 0
        if suffix and text[:-suffix] in self.cases:
            return 0, suffix, False
        return prefix, suffix, bool(prefix or suffix)

    def _is_one_token(self, text: str) -> bool:
        match = self.tokenizer.token_match
        return match is not None and bool(match(text))

    def _is_url(self, text: str) -> bool:
        match = self.tokenizer.url_match
        return self.urls and match is not None and bool(match(text))

    def _pieces(self, core: str, *, is_one_token: bool) -> Iterable[tuple[int, int]]:
        """What is left without affixes, cut; a piece may be empty."""
        if core in self.cases:
            return self.cases[core]
        if is_one_token or self._is_url(core):
            return [(0, len(core))]
        return _between(core, self.tokenizer.find_infix(core) or ())


def _between(core: str, infixes: Any) -> Iterator[tuple[int, int]]:
    """Infixes and what stands between them; one at the very beginning counts for nothing."""
    start = 0
    for match in infixes:
        if match.start() > 0:
            yield start, match.start()
            yield match.span()
            start = match.end()
    yield start, len(core)
