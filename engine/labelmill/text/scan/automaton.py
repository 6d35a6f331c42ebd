"""Expressions compiled into one automaton, and the texts in which each is found."""

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.text.scan.calm import CalmAutomaton
from labelmill.text.scan.databases import (
    Compiled,
    Expression,
    compiled_of,
    dumped,
    flags_of,
    loaded,
)
from labelmill.text.scan.joined import Joined, Section

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

SECTION_BYTES = 1 << 20
"""So much is scanned at once: little enough that all matches in it fit in memory, whatever they
are, and that it stays in the cache."""

GIANT_BYTES = 1 << 22
"""A text of this size is read by itself, and each probe told once."""

SECONDS_PER_MATCH = 2e-7
SECONDS_PER_TEXT = 1.5e-6
SECONDS_PER_BYTE = 1e-9
"""Rough costs: of being told of a match, of a text read by itself, and of its bytes."""


@dataclass(slots=True)
class Waste:
    """What was told again and again of probes that stand in a text more than once."""

    matches: Int64
    texts: int = 0
    bytes: int = 0

    @property
    def seconds(self) -> float:
        """The time that it took."""
        return float(self.matches.sum()) * SECONDS_PER_MATCH

    @property
    def outweighs_reading(self) -> bool:
        """Whether reading text by text would have been quicker."""
        reading = self.texts * SECONDS_PER_TEXT + self.bytes * SECONDS_PER_BYTE
        return self.seconds > 2 * reading

    def worst(self) -> frozenset[int]:
        """The probes that took most of it."""
        least = self.matches.sum() / 20
        return frozenset(np.flatnonzero(self.matches > least).tolist())


class Automaton:
    """Finds the texts in which some expressions match.

    All texts are read at once, and every match is told. Where a probe matches many times in a
    text, that takes long. So the time is watched, and once it comes to more than making a second
    automaton takes, the worst probes are moved there: it reads text by text and tells each probe
    once. What is found is the same. Sections without control characters can be read by a quicker
    one.
    """

    def __init__(
        self,
        expressions: Sequence[Expression],
        compiled: Compiled | None = None,
        calm: tuple[Sequence[Expression], Sequence[Expression]] = ((), ()),
    ) -> None:
        """Compile the expressions; `refused` are the probes for which that is not possible.

        Args:
            expressions: what to look for.
            compiled: what `compiled` of an automaton of the same expressions gave.
            calm: the same expressions for texts without control characters, and hints at where
                these miss something.
        """
        started = time.perf_counter()
        if compiled is None:
            self._together, self.refused = compiled_of(expressions, flags_of())
            self._seconds = time.perf_counter() - started
        else:
            self._together, self.refused = loaded(compiled.database), compiled.refused
            self._seconds = compiled.seconds
        self._kept = tuple(e for e in expressions if e.probe not in self.refused)
        self._alone: dict[frozenset[int], Any] = {}
        self._moved: frozenset[int] = frozenset()
        self.n_probes = max((e.probe for e in expressions), default=-1) + 1
        self._waste = self._no_waste()
        singles, hints = ([e for e in some if e.probe not in self.refused] for some in calm)
        self._calm = CalmAutomaton(singles, hints, self.n_probes, self._seconds)

    def compiled(self) -> Compiled:
        """What came of compiling, if no probe was moved yet."""
        return Compiled(dumped(self._together), self.refused, self._seconds)

    def search(self, texts: Joined) -> dict[int, Int32]:
        """The texts in which each probe is found, ascending; a probe that is not is left out.

        Under the number of a probe plus `n_probes` stand texts that have to be looked at for it.
        """
        found: list[Int64] = []
        giants: list[int] = []
        for section in texts.sections(SECTION_BYTES):
            if len(section.data) > GIANT_BYTES:
                giants.append(section.text)
                continue
            probes, ends = self._found_in(section)
            self._watch(probes, section)
            if self._move():
                return self.search(texts)
            # A match of the separator before a text is one of the text before it, or, where there
            # is none, of a probe that stands at the end of every text.
            first = max(section.text - 1, 0)
            separators = texts.ends[first : section.text + section.n_texts]
            places = np.searchsorted(separators, ends + (section.start - 1)) + first
            found.append(probes << 32 | places)
        found.append(self._one_by_one(texts, giants, self._everything()))
        found.append(self._one_by_one(texts, range(len(texts)), self._moved))
        return _by_probe(np.concatenate(found))

    def _found_in(self, section: Section) -> tuple[Int64, Int64]:
        """Probe and end of every match in a section."""
        if self._moved or not self._calm.takes(section.data):
            return self._matches(section.data, self._together)
        probes, ends = self._matches(section.data, self._calm.database)
        self._calm.watch(probes, len(section.data))
        return probes, ends

    def _matches(self, data: Any, database: Any) -> tuple[Int64, Int64]:
        """Probe and end of every match; `struct` is quicker than numpy at reading a list."""
        told: list[int] = []
        if database is not None:
            database.scan(data, match_event_handler=_note, context=told)
        pairs = np.frombuffer(struct.pack(f"{len(told)}q", *told), dtype=np.int64)
        return pairs[0::2], pairs[1::2]

    def _one_by_one(self, texts: Joined, which: Sequence[int], probes: frozenset[int]) -> Int64:
        """Keys of the probes that are found in some texts, each of which is told once."""
        database = self._single(probes) if which and probes else None
        if database is None:
            return np.zeros(0, dtype=np.int64)
        told: list[int] = []
        counts: list[int] = []
        for text in which:
            database.scan(texts.part(text), match_event_handler=_note, context=told)
            counts.append(len(told))
        places = np.repeat(np.array(which, dtype=np.int64), np.diff(counts, prepend=0) // 2)
        return np.array(told[0::2], dtype=np.int64) << 32 | places

    def _single(self, probes: frozenset[int]) -> Any:
        if probes not in self._alone:
            chosen = [e for e in self._kept if e.probe in probes]
            self._alone[probes] = compiled_of(chosen, flags_of("HS_FLAG_SINGLEMATCH"))[0]
        return self._alone[probes]

    def _watch(self, probes: Int64, section: Section) -> None:
        """Count what was surely told more than once."""
        counts = np.bincount(probes % max(self.n_probes, 1), minlength=self.n_probes)
        self._waste.matches += np.maximum(counts - section.n_texts, 0)
        self._waste.bytes += len(section.data)
        self._waste.texts += section.n_texts

    def _move(self) -> bool:
        """Move the worst probes, if that pays."""
        waste = self._waste
        if waste.seconds < 2 * self._seconds or not waste.outweighs_reading:
            return False
        self._moved |= waste.worst()
        rest = [e for e in self._kept if e.probe not in self._moved]
        self._together = compiled_of(rest, flags_of())[0]
        self._waste = self._no_waste()
        return True

    def _no_waste(self) -> Waste:
        return Waste(np.zeros(self.n_probes, dtype=np.int64))

    def _everything(self) -> frozenset[int]:
        return frozenset(e.probe for e in self._kept) - self._moved


def _note(probe: int, start: int, end: int, flags: int, told: list[int]) -> None:  # noqa: ARG001
    """Note a match; `append` of a list that is an argument is the quickest way that was found."""
    told.append(probe)
    told.append(end)


def _by_probe(keys: Int64) -> dict[int, Int32]:
    """The texts of each probe, ascending and each once; a key is a probe and then a text."""
    keys = _in_order(keys)
    keys = keys[np.diff(keys, prepend=-1) > 0]
    probes, texts = keys >> 32, (keys & 0xFFFFFFFF).astype(np.int32)
    cuts = np.flatnonzero(np.diff(probes, prepend=-1, append=-1))
    names = probes[cuts[:-1]].tolist()
    bounds = pairwise(cuts.tolist())
    return {probe: texts[first:last] for probe, (first, last) in zip(names, bounds, strict=True)}


def _in_order(keys: Int64) -> Int64:
    """Keys in ascending order; those of a probe mostly come so, and then it alone is sorted by."""
    probes = keys >> 32
    keys = keys[np.argsort(probes.astype(np.min_scalar_type(probes.max(initial=0))), kind="stable")]
    return keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys)
