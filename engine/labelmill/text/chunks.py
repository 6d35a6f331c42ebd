"""spaCy's tokens, cut once for each distinct chunk between white space."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.tokens import Tokens
from labelmill.text.affixes import AffixCutter
from labelmill.text.chunk_table import ChunkTable
from labelmill.text.shapes import Bits, Read, Shapes, Words
from labelmill.text.slices import ranges
from labelmill.text.special_cases import Chunk, SpecialCases

Bounds = list[tuple[int, int]]
Bools = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_LONG_CHUNK = 60  # characters; such a chunk seldom comes again
_KNOWN = 1 << 19  # tokens of shapes and of chunks, before all are forgotten


@dataclass(frozen=True, slots=True)
class ChunkCuts:
    """Texts of which each distinct chunk was cut once.

    Attributes:
        table: the chunks of the texts.
        first: the first token of each distinct chunk, [n_distinct + 1].
        low: where each token begins in its chunk, in characters, [n_tokens].
        high: where it ends, [n_tokens].
        whole: the few texts whose tokens are not those of their chunks, ascending.
        tokens_of_whole: the tokens of those texts.
    """

    table: ChunkTable
    first: Int64
    low: Int32
    high: Int32
    whole: Int64
    tokens_of_whole: Tokens

    def tokens(self) -> Tokens:
        """The tokens of every text."""
        table, alone = self.table, self.tokens_of_whole
        rows, start = self.first[table.code], table.start
        sizes = np.diff(self.first)[table.code]
        low, high = self.low, self.high
        if len(self.whole):
            # The first chunk of such a text gets all its tokens, the others none.
            sizes[ranges(table.bounds[self.whole], np.diff(table.bounds)[self.whole])] = 0
            places = table.bounds[self.whole]
            sizes[places] = np.diff(alone.starts)
            rows[places] = len(low) + alone.starts[:-1]
            start = start.copy()
            start[places] = 0
            low = np.concatenate([low, alone.start])
            high = np.concatenate([high, alone.end])
        row, base = ranges(rows, sizes), np.repeat(start, sizes)
        ends = np.concatenate([[0], np.cumsum(sizes)])
        return Tokens(ends[table.bounds], low[row] + base, high[row] + base)


@dataclass(slots=True)
class ChunkCutter:
    """Cuts texts into the tokens of a spaCy tokenizer, without its tokens of white space.

    spaCy cuts each chunk between white space by itself, so each distinct chunk is cut once, by
    its shape where that suffices. One thing reaches over chunks: a special case of several
    tokens, such as the emoticon `:o )`, is also looked for where a space stands inside of it. A
    text in which that may matter is given to spaCy whole. So the tokens are always those of spaCy.
    """

    tokenizer: Any
    _cases: SpecialCases = field(init=False, repr=False)
    _shapes: Shapes = field(init=False, repr=False)
    _changed: dict[str, "_Changed"] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare for a tokenizer of the class `spacy.tokenizer.Tokenizer` (see `can_cut`)."""
        self._cases = SpecialCases.of(self.tokenizer)
        self._shapes = Shapes(self.tokenizer, self._cases)

    @property
    def n_known(self) -> int:
        """How many tokens of shapes and chunks are kept in memory."""
        return self._shapes.bounds.n_values

    @property
    def n_shapes(self) -> int:
        """How many shapes were met."""
        return len(self._shapes)

    def cut(self, texts: pa.Array) -> Tokens:
        """The tokens of each text."""
        return self.cut_chunks(texts).tokens()

    def cut_chunks(self, texts: pa.Array) -> ChunkCuts:
        """The tokens of each distinct chunk, and those of texts that must be read as a whole."""
        if self.n_known > _KNOWN:
            self._shapes.forget()
            self._changed.clear()
        table = ChunkTable.of(texts)
        words = Words.of(table.distinct, table.size)
        read = self._read(words)
        _, bounds = self._shapes.bounds.rows(read.row)
        first = np.zeros(len(words) + 1, dtype=np.int64)
        np.cumsum(self._shapes.bounds.sizes(read.row), out=first[1:])
        whole = self._whole(table, read)
        strings = texts.take(pa.array(whole)).to_pylist()
        alone = Tokens.of([bounds_of(self.tokenizer(text)) for text in strings])
        for text in table.distinct.filter(pa.array(table.size > _LONG_CHUNK)).to_pylist():
            del self._changed[text]
        return ChunkCuts(table, first, bounds[:, 0], bounds[:, 1], whole, alone)

    def _read(self, words: Words) -> Read:
        """The tokens of each word: by its shape, or from spaCy where that does not tell them."""
        long = words.size > _LONG_CHUNK
        read = self._shapes.read(words.without(long))
        read.changed[long] = True
        changed = np.flatnonzero(read.changed)
        if len(changed):
            texts = words.text.take(pa.array(changed)).to_pylist()
            self._learn([text for text in texts if text not in self._changed])
            known = [self._changed[text] for text in texts]
            read.row[changed] = [one.row for one in known]
            read.left[changed] = [one.left for one in known]
            read.right[changed] = [one.right for one in known]
        return read

    def _learn(self, texts: Sequence[str]) -> None:
        """Let spaCy cut chunks that are long, or in which a special case or a URL stands."""
        rows = self._shapes.add(_cut_each(self.tokenizer, texts), [[] for _ in texts])
        for text, row in zip(texts, rows, strict=True):
            chunk = self._before_cases(text)
            left = self._shapes.bits(self._cases.rights_after(chunk))
            right = self._shapes.bits(self._cases.rights_in(chunk))
            self._changed[text] = _Changed(row, chunk, left, right)

    def _before_cases(self, text: str) -> Chunk:
        """What spaCy looks for special cases in; not found out for a long chunk."""
        if len(text) > _LONG_CHUNK:
            return Chunk(text, None, settled=False)
        bounds = AffixCutter(self.tokenizer, self._cases.bounds, urls=True).cut(text).bounds
        tokens = tuple(text[low:high] for low, high in bounds)
        return Chunk(text, tokens, settled=not self._cases.change(text, bounds))

    def _whole(self, table: ChunkTable, read: Read) -> Int64:
        """The texts in which a special case may reach over the space between two chunks."""
        may_end = np.asarray(read.left.any(axis=1))
        may_begin = np.asarray(read.right.any(axis=1))
        near = np.flatnonzero(table.spaced)
        near = near[may_end[table.code[near]] & may_begin[table.code[near + 1]]]
        left, right = table.code[near], table.code[near + 1]
        asked = (read.left[left] & read.right[right]).any(axis=1)
        near, pairs = near[asked], left[asked].astype(np.int64) << 32 | right[asked]
        distinct, which = np.unique(pairs, return_inverse=True)
        over = np.zeros(len(distinct), dtype=np.bool_)
        more = np.zeros((len(distinct), read.left.shape[1]), dtype=np.uint64)
        for place, pair in enumerate(distinct.tolist()):
            chunks = (self._chunk(table, read, word) for word in divmod(pair, 1 << 32))
            answer = self._cases.reach_over(*chunks)
            if isinstance(answer, bool):
                over[place] = answer
            else:
                more[place] = self._shapes.bits(answer)
        third = np.minimum(near + 2, len(table) - 1)
        goes_on = table.spaced[near + 1] & (more[which] & read.right[table.code[third]]).any(axis=1)
        return np.unique(table.text[near[over[which] | goes_on]]).astype(np.int64)

    def _chunk(self, table: ChunkTable, read: Read, word: int) -> Chunk:
        text = table.distinct[word].as_py()
        if read.changed[word]:
            return self._changed[text].chunk
        _, bounds = self._shapes.bounds.rows(read.row[word : word + 1])
        return Chunk(text, tuple(text[low:high] for low, high in bounds.tolist()), settled=True)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A chunk that spaCy itself has cut: its row of bounds, and what `Read` says of its sides."""

    row: int
    chunk: Chunk
    left: Bits
    right: Bits


@dataclass(frozen=True, slots=True)
class WholeCutter:
    """Cuts texts with any tokenizer of a spaCy pipeline, one text at a time."""

    tokenizer: Any

    def cut(self, texts: pa.Array) -> Tokens:
        """The tokens of each text."""
        return Tokens.of([bounds_of(self.tokenizer(text)) for text in texts.to_pylist()])


def can_cut(tokenizer: Any) -> bool:
    """Whether a tokenizer cuts chunk by chunk: of spaCy's own class, no case with odd spaces."""
    import spacy  # noqa: PLC0415 (heavy)

    own = spacy.language.Tokenizer  # type: ignore[attr-defined]
    return type(tokenizer) is own and all(
        rule.isspace() or rule == " ".join(rule.split()) for rule in tokenizer.rules
    )


def uncut(texts: pa.Array) -> ChunkCuts:
    """Texts in which each chunk between white space is a token."""
    table = ChunkTable.of(texts)
    n = len(table.distinct)
    nothing = np.zeros(0, dtype=np.int64)
    low = np.zeros(n, dtype=np.int32)
    return ChunkCuts(table, np.arange(n + 1), low, table.size, nothing, Tokens.of([]))


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
