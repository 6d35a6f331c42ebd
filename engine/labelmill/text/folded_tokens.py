"""The tokens of many texts, folded and hashed, those of equal chunks once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.texts import string_bytes
from labelmill.core.tokens import Tokens
from labelmill.text.chunk_table import ChunkTable
from labelmill.text.folding import begins_inside, fold
from labelmill.text.rolling import Bytes, Hashes, Rolling, power
from labelmill.text.slices import gathered
from labelmill.text.word_cuts import words_of_chunks
from labelmill.text.words import Case

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEW_TEXT, SPACE, TIGHT = 0, 1, 2
"""What stands before a chunk: the beginning of its text, white space, nothing."""

_LOWER = bytes(range(256)).lower()
_FIRST_MARK = 0xCC  # the first byte of U+0300


@dataclass(frozen=True, slots=True)
class Pieces:
    """Texts as chunks of tokens; tokens inside of a chunk touch each other.

    Attributes:
        text: the text of each chunk, ascending, [n_chunks].
        start: where each chunk begins in its text, in characters, [n_chunks].
        gap: what stands before each chunk, [n_chunks].
        code: which distinct chunk each one is, [n_chunks].
        first: the first token of each distinct chunk, [n_distinct + 1].
        low: where each token begins in its chunk, in characters, [n_tokens].
        high: where it ends, [n_tokens].
        data: the bytes of folded tokens.
        at: where the bytes of each token begin in `data`, [n_tokens].
        size: how many they are, [n_tokens].
        hash: their hash, [n_tokens].
        power: what makes room for them in the hash of what stands before, [n_tokens].
    """

    text: Int32
    start: Int32
    gap: npt.NDArray[np.uint8]
    code: Int32
    first: Int64
    low: Int32
    high: Int32
    data: Bytes
    at: Int64
    size: Int64
    hash: Hashes
    power: Hashes


@dataclass(frozen=True, slots=True)
class Part:
    """The pieces of some texts of a batch; `without` are texts that they do not speak for."""

    pieces: Pieces
    without: Int32


@dataclass(frozen=True, slots=True)
class Reading:
    """The pieces of a batch in parts; no text is in two of them, `others` are in none."""

    n_texts: int
    parts: tuple[Part, ...]
    others: Int32


def pieces_of(batch: Batch, case: Case) -> Reading:
    """Read the texts of a batch, chunk by chunk where they are cut so."""
    cuts = batch.cuts
    if cuts is None:
        pieces, odd = pieces_of_tokens(batch.texts, batch.tokens, case)
        return Reading(len(batch), (Part(pieces, odd),), odd)
    of_chunks = pieces_of_chunks(cuts.table, (cuts.first, cuts.low, cuts.high), case)
    whole = cuts.whole.astype(np.int32)
    if not len(whole):
        return Reading(len(batch), (Part(of_chunks, whole),), whole)
    texts = batch.texts.take(pa.array(whole))
    pieces, odd = pieces_of_tokens(texts, cuts.tokens_of_whole, case)
    of_whole = replace(pieces, text=whole[pieces.text])
    parts = (Part(of_chunks, whole), Part(of_whole, whole[odd]))
    return Reading(len(batch), parts, whole[odd])


def pieces_of_words(batch: Batch, case: Case) -> Reading:
    """Read the texts of a batch by the words and signs in them, whatever their language."""
    table = batch.kept("chunks", lambda: ChunkTable.of(batch.texts))
    pieces = pieces_of_chunks(table, words_of_chunks(table), case)
    nothing = np.zeros(0, dtype=np.int32)
    return Reading(len(batch), (Part(pieces, nothing),), nothing)


class _Chunks(NamedTuple):
    """The first fields of `Pieces`."""

    text: Int32
    start: Int32
    gap: npt.NDArray[np.uint8]
    code: Int32
    first: Int64


class _Spans(NamedTuple):
    """Tokens in a buffer: what they belong to, their characters there, and their bytes."""

    owner: Int64
    low: Int32
    high: Int32
    begin: Int64
    end: Int64


def pieces_of_chunks(table: ChunkTable, bounds: tuple[Int64, Int32, Int32], case: Case) -> Pieces:
    """The pieces of texts of which each distinct chunk was cut by itself.

    Args:
        table: the chunks.
        bounds: the first token of each distinct chunk, and where its tokens begin and end.
        case: how they are folded.
    """
    first, low, high = bounds
    n_distinct = len(table.distinct)
    owner = np.repeat(np.arange(n_distinct), np.diff(first))
    data, spans = _spans(table.distinct, owner, low, high)
    spans = _glued(data, spans, case)
    gap = np.full(len(table), SPACE, dtype=np.uint8)
    gap[1:][table.text[1:] != table.text[:-1]] = NEW_TEXT
    gap[:1] = NEW_TEXT
    first = np.searchsorted(spans.owner, np.arange(n_distinct + 1))
    return _hashed(data, spans, case, _Chunks(table.text, table.start, gap, table.code, first))


def pieces_of_tokens(texts: pa.Array, tokens: Tokens, case: Case) -> tuple[Pieces, Int32]:
    """The pieces of texts cut in any way, each token a chunk of its own.

    Returns:
        The pieces, and the texts in which something else than white space stands between tokens.
    """
    owner = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    data, spans = _spans(texts, owner, tokens.start, tokens.end)
    spans = _glued(data, spans, case)
    gap, odd = _gaps(data, spans)
    n = len(spans.owner)
    numbers = np.arange(n + 1)
    text = spans.owner.astype(np.int32)
    pieces = _hashed(
        data, spans, case, _Chunks(text, spans.low, gap, numbers[:-1].astype(np.int32), numbers)
    )
    return replace(pieces, low=np.zeros_like(spans.low), high=spans.high - spans.low), odd


def _hashed(data: Bytes, spans: _Spans, case: Case, chunks: _Chunks) -> Pieces:
    data, at, size = _folded(data, spans.begin, spans.end, case)
    hashes = Rolling.of(data).pieces(at, at + size)
    return Pieces(
        **chunks._asdict(),
        low=spans.low,
        high=spans.high,
        data=data,
        at=at,
        size=size,
        hash=hashes,
        power=power(size),
    )


def _spans(strings: pa.Array, owner: Int64, low: Int32, high: Int32) -> tuple[Bytes, _Spans]:
    """Spans of some strings, with their place in the bytes of all strings."""
    data, offsets = string_bytes(strings)
    if _is_ascii(data):
        base = offsets[owner]
        return data, _Spans(owner, low, high, base + low, base + high)
    leads = np.flatnonzero((data & 0xC0) != 0x80)
    base = np.searchsorted(leads, offsets)[owner]
    place = np.append(leads, len(data))
    return data, _Spans(owner, low, high, place[base + low], place[base + high])


def _glued(data: Bytes, spans: _Spans, case: Case) -> _Spans:
    """Join a token to the one before it where its first character is a mark on that one's last."""
    if case != "fold" or _is_ascii(data):
        return spans
    inner = np.zeros(len(spans.owner), dtype=np.bool_)
    inner[1:] = (spans.begin[1:] == spans.end[:-1]) & (spans.owner[1:] == spans.owner[:-1])
    asked = np.flatnonzero(inner)
    asked = asked[data[spans.begin[asked]] >= _FIRST_MARK]
    inner[:] = False
    inner[asked] = _for_each(data, spans.begin[asked], spans.begin[asked] + 4, _is_mark)
    if not inner.any():
        return spans
    begins, ends = ~inner, ~np.append(inner[1:], False)
    return _Spans(
        spans.owner[begins],
        spans.low[begins],
        spans.high[ends],
        spans.begin[begins],
        spans.end[ends],
    )


def _is_mark(data: bytes) -> bool:
    return begins_inside(data.decode("utf-8", "ignore")[0])


def _folded(data: Bytes, begin: Int64, end: Int64, case: Case) -> tuple[Bytes, Int64, Int64]:
    """Fold pieces of a buffer: the bytes of the folded ones, where each begins, and its size."""
    at, size = begin, end - begin
    if case == "exact":
        return data, at, size
    lowered = np.frombuffer(data.tobytes().translate(_LOWER), np.uint8)
    if _is_ascii(data):
        return lowered, at, size
    high = np.zeros(len(data) + 1, dtype=np.int64)
    np.cumsum(data >= 0x80, out=high[1:])
    wide = np.flatnonzero(high[end] > high[begin])
    distinct, code = _distinct(data, begin[wide], end[wide])
    parts = _fold_each(distinct, case)
    sizes = np.array([len(part) for part in parts], dtype=np.int64)
    places = len(data) + np.cumsum(sizes) - sizes
    at, size = at.copy(), size.copy()
    at[wide], size[wide] = places[code], sizes[code]
    return np.concatenate([lowered, np.frombuffer(b"".join(parts), np.uint8)]), at, size


def _fold_each(pieces: list[bytes], case: Case) -> list[bytes]:
    """Fold many pieces in one go: nothing is ever joined to the line ends between them."""
    parts = fold(b"\n".join(pieces).decode(), case).encode().split(b"\n")
    if len(parts) == len(pieces):
        return parts
    return [fold(piece.decode(), case).encode() for piece in pieces]


def _for_each(data: Bytes, begin: Int64, end: Int64, says: Callable[[bytes], bool]) -> Bools:
    """What a function says of pieces of a buffer; equal ones are asked for once."""
    distinct, code = _distinct(data, begin, np.minimum(end, len(data)))
    return np.array([says(piece) for piece in distinct], dtype=np.bool_)[code]


def _distinct(data: Bytes, begin: Int64, end: Int64) -> tuple[list[bytes], Int32]:
    """Pieces of a buffer, equal ones once, and which of them each one is."""
    offsets = np.zeros(len(begin) + 1, dtype=np.int64)
    np.cumsum(end - begin, out=offsets[1:])
    places, packed = pa.py_buffer(offsets), pa.py_buffer(gathered(data, begin, end - begin))
    array = pa.Array.from_buffers(pa.large_binary(), len(begin), [None, places, packed])
    encoded = array.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)


def _gaps(data: Bytes, spans: _Spans) -> tuple[npt.NDArray[np.uint8], Int32]:
    """What stands before each span, and the owners with something that is not white space."""
    n = len(spans.owner)
    gap = np.full(n, NEW_TEXT, dtype=np.uint8)
    same = spans.owner[1:] == spans.owner[:-1]
    begin, end = spans.end[:-1], spans.begin[1:]
    gap[1:] = np.where(same, np.where(begin == end, TIGHT, SPACE), NEW_TEXT)
    asked = np.flatnonzero(same & (begin != end))
    white = _for_each(data, begin[asked], end[asked], lambda piece: piece.decode().isspace())
    return gap, np.unique(spans.owner[1:][asked[~white]]).astype(np.int32)


def _is_ascii(data: Bytes) -> bool:
    return not len(data) or int(data.max()) < 0x80
