"""How spaCy cuts prefixes, suffixes and infixes off a chunk."""

from collections.abc import Iterator, Mapping
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
        low, high = 0, len(chunk)
        while low < high and (step := self._affixes(chunk[low:high])):
            prefix, suffix, may_go_on = step
            if prefix:
                lefts.append((low, low + prefix))
            if suffix:
                rights.append((high - suffix, high))
            low, high = low + prefix, high - suffix
            if not may_go_on:
                break
        inner = self._inner(chunk[low:high], low)
        core = (low, high) if len(inner) > 1 else None
        return Cut([*lefts, *inner, *rights[::-1]], core)

    def _affixes(self, text: str) -> tuple[int, int, bool] | None:
        """Sizes of the prefix and the suffix, and whether to look for more; None if none is."""
        if text in self.cases or self._is_one_token(text):
            return None
        prefix = self.tokenizer.find_prefix(text) or 0
        if prefix and text[prefix:] in self.cases:
            return prefix, 0, False
        suffix = self.tokenizer.find_suffix(text[prefix:]) or 0
        if suffix and text[:-suffix] in self.cases:
            return 0, suffix, False
        return (prefix, suffix, True) if prefix or suffix else None

    def _is_one_token(self, text: str) -> bool:
        match = self.tokenizer.token_match
        return match is not None and bool(match(text))

    def _is_url(self, text: str) -> bool:
        match = self.tokenizer.url_match
        return self.urls and match is not None and bool(match(text))

    def _inner(self, core: str, low: int) -> Bounds:
        if core in self.cases:
            pieces = iter(self.cases[core])
        elif self._is_one_token(core) or self._is_url(core):
            pieces = iter([(0, len(core))])
        else:
            pieces = _between(core, self.tokenizer.find_infix(core) or ())
        return [(low + start, low + end) for start, end in pieces if start < end]


def _between(core: str, infixes: Any) -> Iterator[tuple[int, int]]:
    """Infixes and what stands between them; one at the very beginning counts for nothing."""
    start = 0
    for match in infixes:
        if match.start() > 0:
            yield start, match.start()
            yield match.span()
            start = match.end()
    yield start, len(core)
