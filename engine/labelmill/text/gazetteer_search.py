"""Finding the terms of a table in many texts at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelmill.text.folded_tokens import NEW_TEXT, SPACE, TIGHT, Pieces
from labelmill.text.gazetteer_table import GazetteerTable, key_bytes
from labelmill.text.rolling import Bytes, Hashes, joined, spaced
from labelmill.text.slices import all_of, ranges

Gaps = npt.NDArray[np.uint8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """Mentions in some texts, in order: characters start to end of text `doc`, and the key."""

    doc: Int32
    start: Int32
    end: Int32
    key: Int32

    def without(self, docs: Int32) -> "Found":
        """Only the mentions in other texts than these."""
        if not len(docs):
            return self
        return self._of(~np.isin(self.doc, docs))

    @classmethod
    def joined(cls, parts: Sequence["Found"]) -> "Found":
        """Mentions of several parts in the order of the texts; no text is in two parts."""
        parts = [part for part in parts if len(part.doc)]
        if len(parts) == 1:
            return parts[0]
        nothing = np.zeros(0, dtype=np.int32)
        columns = zip(*((part.doc, part.start, part.end, part.key) for part in parts), strict=True)
        found = cls(*map(np.concatenate, columns)) if parts else cls(*[nothing] * 4)
        return found._of(np.argsort(found.doc, kind="stable"))

    def _of(self, chosen: Int64 | Bools) -> "Found":
        return Found(self.doc[chosen], self.start[chosen], self.end[chosen], self.key[chosen])


def search(table: GazetteerTable, pieces: Pieces) -> tuple[Found, Int32]:
    """Find the longest mentions, left to right, without overlap.

    A hash says where a term may stand; the bytes of what is then taken are compared.

    Returns:
        The mentions, and the texts in which a hash was wrong: their mentions mean nothing.
    """
    runs = _without_overlap(_longest(table, pieces))
    doc = pieces.text[runs.first.chunk]
    start = pieces.start[runs.first.chunk] + pieces.low[runs.first.token]
    end = pieces.start[runs.last.chunk] + pieces.high[runs.last.token]
    right = _is_right(table, pieces, runs)
    return Found(doc, start, end, runs.key), np.unique(doc[~right])


class _Tokens(NamedTuple):
    """Tokens in texts: the chunk that each stands in, and which token of distinct chunks it is."""

    chunk: Int64
    token: Int64

    def of(self, chosen: Int64 | Bools) -> "_Tokens":
        return _Tokens(self.chunk[chosen], self.token[chosen])

    @property
    def order(self) -> Int64:
        """Numbers that ascend with the place in the texts."""
        return self.chunk << 32 | self.token


class _Runs(NamedTuple):
    """Runs of tokens, and the key that each has as far as hashes tell."""

    first: _Tokens
    last: _Tokens
    key: Int32

    def of(self, chosen: Int64 | Bools) -> "_Runs":
        return _Runs(self.first.of(chosen), self.last.of(chosen), self.key[chosen])


class _Walk(NamedTuple):
    """Pieces, and which tokens are the last of their chunk."""

    pieces: Pieces
    is_last: Bools

    @classmethod
    def over(cls, pieces: Pieces) -> "_Walk":
        is_last = np.zeros(len(pieces.low), dtype=np.bool_)
        is_last[pieces.first[1:] - 1] = True
        return cls(pieces, is_last)

    def gap_after(self, tokens: _Tokens) -> Gaps:
        """What stands after each token."""
        following = np.append(self.pieces.gap[1:], np.uint8(NEW_TEXT))
        return np.where(self.is_last[tokens.token], following[tokens.chunk], np.uint8(TIGHT))

    def after(self, tokens: _Tokens) -> _Tokens:
        """The next token of each; there must be one."""
        is_last = self.is_last[tokens.token]
        chunk = tokens.chunk + is_last
        first = self.pieces.first[self.pieces.code[chunk]]
        return _Tokens(chunk, np.where(is_last, first, tokens.token + 1))


def _longest(table: GazetteerTable, pieces: Pieces) -> _Runs:
    """The longest run from each token from which there is one, in order."""
    walk = _Walk.over(pieces)
    of_token = table.find(pieces.hash)
    first = _chosen(pieces, (of_token >= 0) | _may_go_on(table, walk))
    key, last = of_token[first.token], _Tokens(first.chunk.copy(), first.token.copy())
    run, tokens, hashes = np.arange(len(key)), first, pieces.hash[first.token]
    while len(run):
        going, tokens, hashes = _extended(table, walk, tokens, hashes)
        run = run[going]
        found = table.find(hashes)
        hit = np.flatnonzero(found >= 0)
        key[run[hit]] = found[hit]
        last.chunk[run[hit]], last.token[run[hit]] = tokens.of(hit)
    return _Runs(first, last, key).of(key >= 0)


def _may_go_on(table: GazetteerTable, walk: _Walk) -> Bools:
    """Whether a key may begin with each token of a distinct chunk and what stands after it."""
    pieces = walk.pieces
    goes_on = walk.is_last & table.begins(spaced(pieces.hash))
    if TIGHT in pieces.gap:
        goes_on |= walk.is_last & table.begins(pieces.hash)
    inner = np.flatnonzero(~walk.is_last)
    pairs = joined(pieces.hash[inner], pieces.hash[inner + 1], pieces.power[inner + 1])
    goes_on[inner] = table.begins(pairs)
    return goes_on


def _chosen(pieces: Pieces, chosen: Bools) -> _Tokens:
    """All places in the texts of the tokens of distinct chunks that are chosen."""
    tokens = np.flatnonzero(chosen)
    first = np.searchsorted(tokens, pieces.first)
    count = np.diff(first)
    chunks = np.flatnonzero((count > 0)[pieces.code])
    codes = pieces.code[chunks]
    return _Tokens(np.repeat(chunks, count[codes]), tokens[ranges(first[codes], count[codes])])


def _extended(
    table: GazetteerTable, walk: _Walk, tokens: _Tokens, hashes: Hashes
) -> tuple[Int64, _Tokens, Hashes]:
    """Runs with one more token, as far as a key may begin with them.

    Args:
        table: the terms.
        walk: the texts.
        tokens: the last token of each run.
        hashes: of what each run has.

    Returns:
        Which runs go on, their last tokens now, and their hashes now.
    """
    gap = walk.gap_after(tokens)
    is_spaced = gap == SPACE
    hashes = np.where(is_spaced, spaced(hashes), hashes)
    goes_on = gap == TIGHT
    goes_on[is_spaced] = table.begins(hashes[is_spaced])
    going = np.flatnonzero(goes_on)
    tokens = walk.after(tokens.of(going))
    pieces = walk.pieces
    hashes = joined(hashes[going], pieces.hash[tokens.token], pieces.power[tokens.token])
    still = np.flatnonzero(table.begins(hashes))
    return going[still], tokens.of(still), hashes[still]


def _without_overlap(runs: _Runs) -> _Runs:
    """From the left, every run that begins after the last one taken; runs are in order."""
    start, end = runs.first.order, runs.last.order
    reach = np.maximum.accumulate(end)
    begins_anew = np.append(True, start[1:] > reach[:-1])[: len(start)]
    crowd = np.cumsum(begins_anew)
    crowded = np.flatnonzero((np.bincount(crowd, minlength=1) > 1)[crowd])
    taken = np.ones(len(start), dtype=np.bool_)
    taken[crowded] = False
    reached = -1
    for place in crowded.tolist():
        if start[place] > reached:
            taken[place] = True
            reached = end[place]
    return runs.of(taken)


def _is_right(table: GazetteerTable, pieces: Pieces, runs: _Runs) -> Bools:
    """Whether the bytes of each run are those of its key."""
    walk = _Walk.over(pieces)
    offsets, keys = key_bytes(table.keys)
    at, stop = offsets[runs.key].astype(np.int64), offsets[runs.key + 1].astype(np.int64)
    right = np.zeros(len(at), dtype=np.bool_)
    asked, tokens, last = np.arange(len(at)), runs.first, runs.last.order
    while len(asked):
        size = pieces.size[tokens.token]
        same = at + size <= stop
        same[same] = _is_same(keys, at[same], pieces, tokens.of(same))
        at = at + size
        done = tokens.order == last
        right[asked[done & same]] = (at == stop)[done & same]
        on = np.flatnonzero(same & ~done & (at < stop))
        asked, tokens, last, at, stop = asked[on], tokens.of(on), last[on], at[on], stop[on]
        is_spaced = walk.gap_after(tokens) == SPACE
        on = np.flatnonzero(~is_spaced | (keys[at] == ord(" ")))
        at = at + is_spaced
        asked, last, at, stop = asked[on], last[on], at[on], stop[on]
        tokens = walk.after(tokens.of(on))
    return right


def _is_same(keys: Bytes, at: Int64, pieces: Pieces, tokens: _Tokens) -> Bools:
    """Whether each token's bytes stand in the keys at a place."""
    size = pieces.size[tokens.token]
    here = keys[ranges(at, size)]
    return all_of(here == pieces.data[ranges(pieces.at[tokens.token], size)], size)
