"""Distinct chunks, cut by their shapes."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.text.affixes import AffixCutter, Bounds, Cut
from labelmill.text.character_classes import Alphabet, chars_of, must_hold
from labelmill.text.growing import GrowingTable
from labelmill.text.rolling import Rolling
from labelmill.text.special_cases import SpecialCases

Bits = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Chars = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Question = tuple[int, int, int]  # which characters of a chunk, and what to ask of them


class Ask(IntEnum):
    """What a part of a chunk must be asked for; its shape alone cannot tell."""

    TOKEN = 0  # is this one token a special case of several?
    TOKENS = 1  # are these tokens a special case?
    LEFT = 2  # does a special case over a space begin like this end of the chunk?
    RIGHT = 3  # does one go on like this beginning of the chunk?
    URL = 4  # would this part, which infixes cut, be a URL?


@dataclass(frozen=True, slots=True)
class Words:
    """Distinct chunks, ready to be cut.

    Attributes:
        text: the chunks, Arrow strings, [n_words].
        size: characters of each, [n_words].
        chars: the code points of all of them.
        first: where each begins among `chars`, [n_words + 1].
    """

    text: pa.Array
    size: Int32
    chars: Chars
    first: Int64

    @classmethod
    def of(cls, text: pa.Array, size: Int32) -> "Words":
        """Prepare some chunks of which the sizes are known."""
        first = np.zeros(len(size) + 1, dtype=np.int64)
        np.cumsum(size, out=first[1:])
        return cls(text, size, chars_of("".join(text.to_pylist())), first)

    def __len__(self) -> int:
        return len(self.size)

    def without(self, out: Bools) -> "Words":
        """These words, with an empty one in the place of each that is left out."""
        if not out.any():
            return self
        text = pc.if_else(pa.array(out), "", self.text)
        return Words.of(text, np.where(out, 0, self.size).astype(np.int32))


@dataclass(frozen=True, slots=True)
class Read:
    """What shapes tell of some words.

    Attributes:
        row: for each word the row of `Shapes.bounds` that holds its tokens, [n_words].
        changed: words of which the row does not tell the tokens, since a special case or a URL
            stands in them, [n_words].
        left: the tokens with which a special case that begins at the end of the word goes on
            after a space; a bit for each such token, [n_words, n_numbers].
        right: which of those tokens the word begins with, likewise.
    """

    row: Int64
    changed: Bools
    left: Bits
    right: Bits


@dataclass(frozen=True, slots=True)
class _Index:
    """Finds some texts by their hashes.

    Attributes:
        texts: the texts, in the order of their hashes.
        hashes: their hashes, ascending.
    """

    texts: tuple[str, ...]
    hashes: Hashes

    @classmethod
    def of(cls, texts: Iterable[str]) -> "_Index":
        ordered = sorted(texts)
        sizes = np.array([len(text) for text in ordered], dtype=np.int64)
        ends = np.cumsum(sizes)
        hashes = _rolling(chars_of("".join(ordered))).pieces(ends - sizes, ends)
        order = np.argsort(hashes)
        return cls(tuple(ordered[place] for place in order), hashes[order])

    def find(self, hashes: Hashes) -> Int64:
        """The place of the text with each hash, or -1."""
        if not self.texts:
            return np.full(len(hashes), -1)
        place = np.minimum(np.searchsorted(self.hashes, hashes), len(self.texts) - 1)
        return np.where(self.hashes[place] == hashes, place, -1)


@dataclass(slots=True)
class Shapes:
    """The shapes of chunks that were met, and what is known of each.

    A shape is a row of character classes (see `Alphabet`): chunks of one shape are cut alike, up
    to special cases and URLs. Where the regular expressions of a tokenizer cannot be read, each
    chunk is a shape of its own.
    """

    tokenizer: Any
    cases: SpecialCases
    bounds: GrowingTable = field(init=False)
    _alphabet: Alphabet | None = field(init=False)
    _cutter: AffixCutter = field(init=False)
    _known: dict[bytes, int] = field(init=False, default_factory=dict)
    _asks: GrowingTable = field(init=False)
    _forms: dict[Ask, frozenset[bytes]] = field(init=False)
    _index: dict[Ask, _Index] = field(init=False)
    _places: dict[str, int] = field(init=False)
    _bits: dict[Ask, Bits] = field(init=False)
    _url_needs: str = field(init=False)
    _longest: int = field(init=False)

    def __post_init__(self) -> None:
        """Read the tokenizer's regular expressions."""
        self._alphabet = _alphabet(self.tokenizer)
        self._cutter = AffixCutter(self.tokenizer)
        rights = sorted({token for after in self.cases.follow.values() for token in after})
        self._places = {token: place for place, token in enumerate(rights)}
        asked = _asked_for(self.cases, rights)
        self._forms = {ask: frozenset(self._forms_of(asked[ask])) for ask in asked}
        self._index = {ask: _Index.of(asked[ask]) for ask in asked}
        self._bits = {ask: self._bits_of(ask) for ask in (Ask.LEFT, Ask.RIGHT)}
        self._longest = max((len(text) for texts in asked.values() for text in texts), default=0)
        self._url_needs = self._needed(self.tokenizer.url_match)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._known.clear()
        self.bounds = GrowingTable(2)
        self._asks = GrowingTable(3)

    def __len__(self) -> int:
        return len(self._known)

    def read(self, words: Words) -> Read:
        """Find the shapes of words, learning new ones."""
        shapes = self._encoded(words).dictionary_encode()
        shape: Int64 = shapes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        example = np.zeros(len(shapes.dictionary), dtype=np.int64)
        example[shape[::-1]] = np.arange(len(words))[::-1]
        row = self._learned(shapes.dictionary.to_pylist(), words, example)[shape]
        return Read(row, *self._answers(words, row))

    def add(self, bounds: Sequence[Bounds], asks: Sequence[list[Question]]) -> list[int]:
        """Keep the tokens of some chunks, and say in which rows of `bounds` they are."""
        self._asks.add(asks)
        return self.bounds.add(bounds)

    def _learned(self, keys: list[bytes], words: Words, example: Int64) -> Int64:
        """The row of each shape; new ones are cut by the example of a word."""
        known = self._known
        new = [place for place, key in enumerate(keys) if key not in known]
        texts = words.text.take(pa.array(example[new])).to_pylist()
        cuts = [self._cutter.cut(text) for text in texts]
        asks = [
            self._questions(*one) for one in zip(texts, self._forms_of(texts), cuts, strict=True)
        ]
        rows = self.add([cut.bounds for cut in cuts], asks)
        known.update(zip([keys[place] for place in new], rows, strict=True))
        return np.array([known[key] for key in keys], dtype=np.int64)

    def _encoded(self, words: Words) -> pa.Array:
        """The code of each word as a row of bytes."""
        if self._alphabet is None:
            return words.text.cast(pa.binary())
        owner = np.repeat(np.arange(len(words), dtype=np.int32), words.size)
        codes = self._alphabet.codes(words.chars, owner)
        places = (words.first * codes.itemsize).astype(np.int32)
        buffers = [None, pa.py_buffer(places), pa.py_buffer(codes)]
        return pa.Array.from_buffers(pa.binary(), len(words), buffers)

    def _forms_of(self, texts: Collection[str]) -> Iterator[bytes]:
        """What two texts share if chunks of one shape can hold the one and the other."""
        chars = chars_of("".join(texts))
        codes = chars if self._alphabet is None else self._alphabet.coarse[chars]
        forms, step, low = codes.tobytes(), codes.itemsize, 0
        for text in texts:
            high = low + len(text) * step
            yield forms[low:high]
            low = high

    def _questions(self, text: str, form: bytes, cut: Cut) -> list[Question]:
        """What must be asked of every word of the shape that this one has."""
        step = len(form) // max(len(text), 1)
        asks: list[Question] = []
        for first, (low, _) in enumerate(cut.bounds):
            for last in range(first, len(cut.bounds)):
                high = cut.bounds[last][1]
                if high - low > self._longest:
                    break
                part = form[low * step : high * step]
                kinds = [Ask.TOKEN if first == last else Ask.TOKENS]
                kinds += [Ask.LEFT] if high == len(text) else []
                kinds += [Ask.RIGHT] if first == last == 0 else []
                asks += [(low, high, kind) for kind in kinds if part in self._forms[kind]]
        if cut.core and all(char in text[slice(*cut.core)] for char in self._url_needs):
            asks.append((*cut.core, Ask.URL))
        return asks

    def _needed(self, matches: Any) -> str:
        """Characters without which nothing is a URL, as far as the shape of a chunk shows them."""
        pattern = _pattern(matches)
        if pattern is None:
            return ""
        alphabet = self._alphabet
        return "".join(c for c in must_hold(pattern) if alphabet is None or alphabet.alone(c))

    def bits(self, tokens: Iterable[str]) -> Bits:
        """Some tokens as `Read.left` and `Read.right` hold them, [n_numbers]."""
        bits = np.zeros(len(self._places) // 64 + 1, dtype=np.uint64)
        for token in tokens:
            place = self._places.get(token)
            if place is not None:
                bits[place // 64] |= np.uint64(1 << place % 64)
        return bits

    def _answers(self, words: Words, row: Int64) -> tuple[Bools, Bits, Bits]:
        """Ask each word what its shape says it must be asked."""
        owner, asks = self._asks.rows(row)
        low, high, kind = asks.T
        base = words.first[owner]
        hashes = _rolling(words.chars).pieces(base + low, base + high)
        found = {ask: self._found(ask, kind, hashes) for ask in self._index}
        asked = [np.flatnonzero(kind == Ask.URL), found[Ask.TOKEN][0], found[Ask.TOKENS][0]]
        changed = np.zeros(len(words), dtype=np.bool_)
        place = np.concatenate(asked)
        word = owner[place]
        texts = words.text.take(pa.array(word)).to_pylist()
        bounds = self.bounds.lists(row[word])
        for which, *one in zip(word.tolist(), texts, bounds, asks[place].tolist(), strict=True):
            changed[which] |= self._is_changed(*one)
        left, right = (np.zeros((len(words), len(self.bits(()))), dtype=np.uint64) for _ in "ab")
        for side, bits in ((Ask.LEFT, left), (Ask.RIGHT, right)):
            at, which = found[side]
            np.bitwise_or.at(bits, owner[at], self._bits[side][which])
        return changed, left, right

    def _found(self, ask: Ask, kind: Int32, hashes: Hashes) -> tuple[Int64, Int64]:
        """Which questions of a kind are to be answered with yes, and for which text."""
        at = np.flatnonzero(kind == ask)
        which = self._index[ask].find(hashes[at])
        return at[which >= 0], which[which >= 0]

    def _is_changed(self, word: str, bounds: list[list[int]], ask: Question) -> bool:
        """Whether a URL or a special case gives a part of a word other tokens."""
        low, high, kind = ask
        if kind == Ask.URL:
            return bool(self.tokenizer.url_match and self.tokenizer.url_match(word[low:high]))
        inside = ((a - low, b - low) for a, b in bounds if low <= a and b <= high)
        return self.cases.is_other(word[low:high], inside)

    def _bits_of(self, side: Ask) -> Bits:
        texts = self._index[side].texts
        if side == Ask.RIGHT:
            tokens = {text: {text} for text in texts}
        else:
            tokens = {text: set() for text in texts}
            for run, after in self.cases.follow.items():
                tokens["".join(run)].update(after)
        rows = [self.bits(tokens[text]) for text in texts]
        return np.array(rows, dtype=np.uint64).reshape(len(texts), -1)


def _asked_for(cases: SpecialCases, rights: Iterable[str]) -> dict[Ask, set[str]]:
    """The texts that are looked for with each question."""
    return {
        Ask.TOKEN: {case for case, bounds in cases.bounds.items() if len(bounds) > 1},
        Ask.TOKENS: set(cases.bounds),
        Ask.LEFT: {"".join(run) for run in cases.follow},
        Ask.RIGHT: set(rights),
    }


def _alphabet(tokenizer: Any) -> Alphabet | None:
    searches = (
        tokenizer.prefix_search,
        tokenizer.suffix_search,
        tokenizer.infix_finditer,
        tokenizer.token_match,
    )
    patterns = [_pattern(search) for search in searches if search is not None]
    known = [pattern for pattern in patterns if pattern is not None]
    return Alphabet.of(known) if len(known) == len(patterns) else None


def _pattern(search: Callable[..., Any] | None) -> re.Pattern[str] | None:
    """The regular expression of which this is a bound method."""
    pattern = getattr(search, "__self__", None)
    return pattern if isinstance(pattern, re.Pattern) else None


def _rolling(chars: Chars) -> Rolling:
    return Rolling.of(chars)
