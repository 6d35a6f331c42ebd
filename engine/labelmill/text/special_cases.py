"""spaCy's special cases: what they ask for inside of a chunk, and over a space."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelmill.text.affixes import AffixCutter

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk as spaCy sees it when it looks for special cases.

    Attributes:
        text: the whole chunk.
        tokens: the texts of its tokens; None where they were not found out.
        settled: whether no special case inside of it changes them any more.
    """

    text: str
    tokens: Texts | None
    settled: bool


@dataclass(frozen=True, slots=True)
class SpecialCases:
    """The special cases of a tokenizer.

    Wherever neighbouring tokens of a chunk, cut without special cases, are together the text of a
    case, spaCy may put the case's tokens in their place. It also looks for the tokens of a case
    over a single space. There it changes nothing, unless the case itself holds that space; but the
    match may keep a case inside of a chunk from being found: `x:o )` has the tokens x, :, o and ),
    though `x:o` alone has x and :o.

    Attributes:
        bounds: the tokens of each case without a space.
        follow: for each run of tokens that a case begins with, the token that comes next, and
            with it all that the case still asks for, and whether the case holds a space.
        longest: the most tokens in such a run.
    """

    bounds: Mapping[str, tuple[tuple[int, int], ...]]
    follow: Mapping[Texts, Mapping[str, tuple[tuple[Texts, bool], ...]]]
    longest: int

    @classmethod
    def of(cls, tokenizer: Any) -> "SpecialCases":
        """Read the special cases of a tokenizer."""
        cutter = AffixCutter(tokenizer)
        bounds = {}
        follow: dict[Texts, dict[str, tuple[tuple[Texts, bool], ...]]] = {}
        for case, parts in tokenizer.rules.items():
            if case.isspace():
                continue
            tokens = [
                word[low:high] for word in case.split(" ") for low, high in cutter.cut(word).bounds
            ]
            has_space = " " in case
            if not has_space:
                bounds[case] = _bounds(parts)
            for k in range(1, len(tokens)):
                after = follow.setdefault(tuple(tokens[:k]), {})
                rest = (tuple(tokens[k:]), has_space)
                after[tokens[k]] = (*after.get(tokens[k], ()), rest)
        return cls(bounds, follow, max(map(len, follow), default=0))

    def change(self, text: str, bounds: Sequence[tuple[int, int]]) -> bool:
        """Whether a case gives other tokens to some part of a text that is cut into tokens."""
        return any(
            self.is_other(text[low:high], ((a - low, b - low) for a, b in bounds[first : last + 1]))
            for first, (low, _) in enumerate(bounds)
            for last, (_, high) in enumerate(bounds)
            if first <= last
        )

    def is_other(self, text: str, bounds: Iterable[tuple[int, int]]) -> bool:
        """Whether a whole text is a special case with other tokens than these."""
        return text in self.bounds and self.bounds[text] != tuple(bounds)

    def rights_after(self, chunk: Chunk) -> set[str]:
        """Tokens with which a case that begins at the end of this chunk goes on after a space."""
        if chunk.tokens is None:
            runs = [run for run in self.follow if chunk.text.endswith("".join(run))]
        else:
            sizes = range(1, min(self.longest, len(chunk.tokens)) + 1)
            runs = [chunk.tokens[-size:] for size in sizes]
        return {token for run in runs for token in self.follow.get(run, ())}

    def rights_in(self, chunk: Chunk) -> set[str]:
        """Tokens that this chunk begins with."""
        if chunk.tokens is not None:
            return set(chunk.tokens[:1])
        rights = {token for after in self.follow.values() for token in after}
        return {token for token in rights if chunk.text.startswith(token)}

    def reach_over(self, left: Chunk, right: Chunk) -> bool | set[str]:
        """Whether a case may stand over the space between two chunks and change tokens there.

        Both must have one of `rights_after` the left one and `rights_in` the right one in common.

        Returns:
            The answer; or, if it hangs on the chunk after the two, the tokens with which that one
            would have to begin for a yes.
        """
        if left.tokens is None or right.tokens is None:
            return True
        more: set[str] = set()
        n = len(right.tokens)
        for k in range(1, min(self.longest, len(left.tokens)) + 1):
            rests = self.follow.get(left.tokens[-k:], {}).get(right.tokens[0], ())
            if rests and not (left.settled and right.settled):
                return True
            for rest, has_space in rests:
                if has_space:
                    return True
                if len(rest) > n and rest[:n] == right.tokens:
                    more.add(rest[n])
        return more or False


def _bounds(parts: Sequence[Mapping[Any, Any]]) -> tuple[tuple[int, int], ...]:
    from spacy.attrs import intify_attrs  # type: ignore[import-not-found]  # noqa: PLC0415 (heavy)
    from spacy.symbols import ORTH  # type: ignore[import-not-found]  # noqa: PLC0415 (heavy)

    bounds, low = [], 0
    for part in parts:
        high = low + len(intify_attrs(part)[ORTH])
        bounds.append((low, high))
        low = high
    return tuple(bounds)
