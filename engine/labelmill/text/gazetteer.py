"""Lists of terms, compiled so that their mentions are found in a text."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from labelmill.core.protocols import Mention
from labelmill.text.folding import begins_inside, fold
from labelmill.text.words import Case

_SPACE = re.compile(r"\s+")
_KNOWN_PIECES = 1 << 18


class Entry(NamedTuple):
    """One line of a gazetteer."""

    term: str
    label: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class GazetteerReport:
    """What became of the entries of a file.

    Two entries with one key are a duplicate where label and id agree, else a conflict, of which
    the first in the file is used: `conflicts` holds (used, left out).
    """

    entries: int
    duplicates: tuple[Entry, ...] = ()
    conflicts: tuple[tuple[Entry, Entry], ...] = ()
    too_short: tuple[Entry, ...] = ()
    stopped: tuple[Entry, ...] = ()

    @property
    def doubts(self) -> str:
        """Duplicates and conflicts in one sentence; empty where there are none.

        Example:
            >>> GazetteerReport(
            ...     1, conflicts=((Entry("Paris", "LOC"), Entry("Paris", "PER")),)
            ... ).doubts
            "1 term has two labels or ids (the first stands): 'Paris' LOC, not PER"
        """
        told = []
        if self.conflicts:
            used, left = self.conflicts[0]
            differ = "id" if used.label == left.label else "label"
            first = f"'{used.term}' {getattr(used, differ)}, not {getattr(left, differ)}"
            terms = (
                "1 term has" if len(self.conflicts) == 1 else f"{len(self.conflicts)} terms have"
            )
            told.append(f"{terms} two labels or ids (the first stands): {first}")
        if self.duplicates:
            count = len(self.duplicates)
            noun = "duplicate" if count == 1 else "duplicates"
            told.append(f"{count} {noun}, as '{self.duplicates[0].term}'")
        return "; ".join(told)


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
        self._key = key_of(case)
        labeled = (e if e.label is not None else Entry(e.term, label, e.id) for e in entries)
        stopped = frozenset(map(self._key, stop))
        kept, self.report = _sifted(labeled, self._key, min_length, stopped)
        self._entries = tuple(kept.values())
        keys = list(kept)
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = [keys[i] for i in order]
        self._order = array("l", order)
        self._known: dict[str, _Reading] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self._read(self._key(term), 0).is_key

    def terms(self, label: str | None = None) -> tuple[str, ...]:
        """The terms as written in the file, in file order; of one label where it is given."""
        return tuple(entry.term for entry in self._entries if label is None or entry.label == label)

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The labels that mentions may have, each once, None where an entry has none."""
        return tuple(dict.fromkeys(entry.label for entry in self._entries))

    def find(self, text: str, tokens: Iterable[tuple[int, int]]) -> list[Mention]:
        """Longest mentions on token bounds, left to right, without overlap."""
        bounds = list(tokens)
        if self.case == "fold" and not text.isascii():
            bounds = _glued(text, bounds)
        pieces = self._pieces(text, bounds)
        gaps = self._gaps(text, bounds)
        mentions, first = [], 0
        while first < len(pieces):
            last, place = self._longest(pieces, gaps, first)
            if last < 0:
                first += 1
                continue
            entry = self._entries[self._order[place]]
            mentions.append(Mention(bounds[first][0], bounds[last][1], entry.id, entry.label))
            first = last + 1
        return mentions

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
