"""Lists of terms, compiled so that their mentions are found in a text."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.mentions import Mention, Mentions
from labelmill.text.entries import Entries, Entry, GazetteerReport
from labelmill.text.folded_tokens import Reading, pieces_of
from labelmill.text.folding import begins_inside, fold
from labelmill.text.gazetteer_search import Found, search
from labelmill.text.gazetteer_table import GazetteerTable
from labelmill.text.words import Case

__all__ = ["CompiledGazetteer", "Entry", "GazetteerReport", "key_of"]

TextOf = Callable[[int], tuple[str, Iterable[tuple[int, int]]]]

_SPACE = re.compile(r"\s+")
_KNOWN_PIECES = 1 << 18


class _Reading(NamedTuple):
    """What is known of a piece of text: where it sorts, whether it is a key, or begins a longer."""

    place: int
    is_key: bool
    goes_on: bool


class CompiledGazetteer:
    """Terms in a sorted table; fulfils `labelmill.core.protocols.Gazetteer`.

    A mention is a run of tokens whose text has the key of a term. A key is the text folded as
    `case` says, with every run of white space as one space; so it never matters how a term itself
    would be cut into tokens. Mentions are taken from the left, the longest first, without overlap.
    Where case is folded and a token begins with a mark that belongs to the character before it,
    the two tokens count as one.

    `find` is the meaning, for one text; `find_all` gives the same for many, by hashes.

    Example:
        >>> gazetteer = CompiledGazetteer([Entry("New York", "LOC"), Entry("York")], label="CITY")
        >>> gazetteer.find("In New  York", [(0, 2), (3, 6), (8, 12)])
        [Mention(start=3, end=12, entry=None, label='LOC')]
        >>> "York" in gazetteer, gazetteer.terms("CITY")
        (True, ('York',))
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        label: str | None = None,
        case: Case = "exact",
        min_length: int = 1,
        stop: Iterable[str] = (),
    ) -> None:
        """Compile entries.

        Args:
            entries: in the order of the file.
            label: of entries without one.
            case: how upper and lower case are read.
            min_length: terms whose key has fewer characters are left out.
            stop: terms to leave out; compared by key.
        """
        self.case: Case = case
        key = key_of(case)
        labeled = (e if e.label is not None else Entry(e.term, label, e.id) for e in entries)
        kept, report = _sifted(labeled, key, min_length, frozenset(map(key, stop)))
        keys = list(kept)
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys: Sequence[str] = [keys[i] for i in order]
        self._order = np.array(order, dtype=np.int32)
        self._entries: Sequence[Entry] = tuple(kept.values())
        self._report: GazetteerReport | None = report
        self._known: dict[str, _Reading] = {}

    @classmethod
    def of_table(cls, table: GazetteerTable, case: Case) -> "CompiledGazetteer":
        """Look terms up in a table that was made before; nothing is copied."""
        gazetteer = cls((), case=case)
        gazetteer._keys = table.keys
        gazetteer._order = table.order
        gazetteer._entries = table.entries
        gazetteer._report = None
        gazetteer.__dict__["table"] = table
        return gazetteer

    @cached_property
    def table(self) -> GazetteerTable:
        """The terms as arrays."""
        return GazetteerTable.of(self._keys, self._order, self._entries, self.report)

    @property
    def report(self) -> GazetteerReport:
        """What became of the entries of the file."""
        return self.table.report if self._report is None else self._report

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self._read(key_of(self.case)(term), 0).is_key

    def terms(self, label: str | None = None) -> tuple[str, ...]:
        """The terms as written in the file, in file order; of one label where it is given."""
        entries = self._entries
        if isinstance(entries, Entries):
            return entries.terms(label)
        return tuple(entry.term for entry in entries if label is None or entry.label == label)

    @cached_property
    def labels(self) -> tuple[str | None, ...]:
        """The labels that mentions may have, each once, None where an entry has none."""
        if isinstance(self._entries, Entries):
            return self._entries.labels
        return tuple(dict.fromkeys(entry.label for entry in self._entries))

    def find(self, text: str, tokens: Iterable[tuple[int, int]]) -> list[Mention]:
        """Longest mentions on token bounds, left to right, without overlap."""
        mentions = []
        for start, end, place in self._places(text, tokens):
            entry = self._entries[self._order[place]]
            mentions.append(Mention(start, end, entry.id, entry.label))
        return mentions

    def find_all(self, batch: Batch) -> Mentions:
        """The mentions that `find` gives for each text of a batch, cut as the batch is."""
        reading = batch.kept(("pieces", self.case), lambda: pieces_of(batch, self.case))
        found = self.search(reading, lambda doc: (batch.strings[doc], batch.tokens.bounds(doc)))
        entry = self.table.order[found.key]
        ids = self.table.entries.id.take(pa.array(entry))
        return Mentions(found.doc, found.start, found.end, self.table.entries.label[entry], ids)

    def search(self, reading: Reading, text_of: TextOf) -> Found:
        """The mentions in some texts, with the place of the key of each.

        Args:
            reading: the texts as pieces.
            text_of: gives a text and its tokens, for the few texts where hashes do not tell.
        """
        if not self.table.is_sure:
            return self._one_by_one(range(reading.n_texts), text_of)
        parts = []
        for part in reading.parts:
            found, doubtful = search(self.table, part.pieces)
            doubtful = np.setdiff1d(doubtful, part.without)
            parts += [
                found.without(part.without).without(doubtful),
                self._one_by_one(doubtful.tolist(), text_of),
            ]
        parts.append(self._one_by_one(reading.others.tolist(), text_of))
        return Found.joined(parts)

    def _one_by_one(self, docs: Iterable[int], text_of: TextOf) -> Found:
        rows = [(doc, *found) for doc in docs for found in self._places(*text_of(doc))]
        return Found(*np.array(rows, dtype=np.int32).reshape(-1, 4).T)

    def _places(
        self, text: str, tokens: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[int, int, int]]:
        """Start and end of each mention, and the place of its key."""
        bounds = list(tokens)
        if self.case == "fold" and not text.isascii():
            bounds = _glued(text, bounds)
        pieces = self._pieces(text, bounds)
        gaps = self._gaps(text, bounds)
        first = 0
        while first < len(pieces):
            last, place = self._longest(pieces, gaps, first)
            if last >= 0:
                yield bounds[first][0], bounds[last][1], place
            first = max(first, last) + 1

    def _pieces(self, text: str, bounds: Sequence[tuple[int, int]]) -> list[str]:
        if self.case == "exact" or text.isascii():
            folded = fold(text, self.case)
            return [folded[start:end] for start, end in bounds]
        return [fold(text[start:end], self.case) for start, end in bounds]

    def _gaps(self, text: str, bounds: Sequence[tuple[int, int]]) -> list[str]:
        """What stands before each token in a key: nothing, a space, or text that is no token."""
        gaps = [
            "" if end == start else self._gap(text[end:start])
            for (_, end), (start, _) in pairwise(bounds)
        ]
        return ["", *gaps]

    def _gap(self, between: str) -> str:
        return " " if between.isspace() else fold(_SPACE.sub(" ", between), self.case)

    def _longest(self, pieces: Sequence[str], gaps: Sequence[str], first: int) -> tuple[int, int]:
        """Last token and place of the longest key that begins at a token; (-1, -1) if none."""
        piece, last = pieces[first], first
        reading = self._read(piece, 0)
        found = (-1, -1)
        while True:
            if reading.is_key:
                found = (last, reading.place)
            last += 1
            if not reading.goes_on or last == len(pieces):
                return found
            piece += gaps[last] + pieces[last]
            reading = self._read(piece, reading.place)

    def _read(self, piece: str, low: int) -> _Reading:
        reading = self._known.get(piece)
        if reading is None:
            if len(self._known) >= _KNOWN_PIECES:
                self._known.clear()
            reading = self._known[piece] = self._looked_up(piece, low)
        return reading

    def _looked_up(self, piece: str, low: int) -> _Reading:
        keys = self._keys
        place = bisect_left(keys, piece, low)
        if place == len(keys):
            return _Reading(place, is_key=False, goes_on=False)
        is_key = keys[place] == piece
        following = place + is_key
        goes_on = following < len(keys) and keys[following].startswith(piece)
        return _Reading(place, is_key, goes_on)


def key_of(case: Case) -> Callable[[str], str]:
    r"""The function that gives a text's key.

    Example:
        >>> key_of("ignore")(" New\n YORK ")
        'new york'
    """

    def key(text: str) -> str:
        return fold(" ".join(text.split()), case)

    return key


def _sifted(
    entries: Iterable[Entry],
    key_of_term: Callable[[str], str],
    min_length: int,
    stop: frozenset[str],
) -> tuple[dict[str, Entry], GazetteerReport]:
    kept: dict[str, Entry] = {}
    duplicates, conflicts, too_short, stopped = [], [], [], []
    for entry in entries:
        key = key_of_term(entry.term)
        used = kept.setdefault(key, entry)
        if len(key) < max(1, min_length):
            too_short.append(entry)
            del kept[key]
        elif key in stop:
            stopped.append(entry)
            del kept[key]
        elif used is not entry:
            if used[1:] == entry[1:]:
                duplicates.append(entry)
            else:
                conflicts.append((used, entry))
    report = GazetteerReport(
        len(kept), tuple(duplicates), tuple(conflicts), tuple(too_short), tuple(stopped)
    )
    return kept, report


def _glued(text: str, bounds: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join a token to the one before it where its first character is a mark on that one's last."""
    glued: list[tuple[int, int]] = []
    for start, end in bounds:
        if glued and glued[-1][1] == start and begins_inside(text[start]):
            glued[-1] = (glued[-1][0], end)
        else:
            glued.append((start, end))
    return glued
