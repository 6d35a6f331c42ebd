"""Many patterns at once: one automaton for ASCII texts, and one for all others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.texts import all_ascii
from labelmill.text.scan.alphabet import Alphabet
from labelmill.text.scan.automaton import Automaton
from labelmill.text.scan.databases import Compiled, Expression
from labelmill.text.scan.joined import Joined, joined, squeezed
from labelmill.text.scan.translate import Translation, translated, tree_of
from labelmill.text.scan.tree import Node, points_of

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The texts in which a pattern stands, and those in which it may stand; both ascending."""

    sure: Int32
    maybe: Int32

    @classmethod
    def of(cls, texts: Int32, *, exact: bool) -> "Candidates":
        """All of them sure, or none."""
        nothing = texts[:0]
        return cls(texts, nothing) if exact else cls(nothing, texts)

    def and_perhaps(self, texts: Int32) -> "Candidates":
        """These, and some texts (ascending) that have to be looked at."""
        if not len(texts):
            return self
        more = np.setdiff1d(texts, self.sure, assume_unique=True)
        return Candidates(self.sure, np.union1d(self.maybe, more))

    def placed(self, places: Int32, other: "Candidates", other_places: Int32) -> "Candidates":
        """Both of these, where the texts of each are some of all texts."""
        return Candidates(
            np.sort(np.concatenate([places[self.sure], other_places[other.sure]])),
            np.sort(np.concatenate([places[self.maybe], other_places[other.maybe]])),
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Patterns said in an alphabet and compiled, for other processes of this machine."""

    said: tuple[Translation, ...]
    compiled: Compiled


class Side:
    """The patterns in one alphabet, as one automaton."""

    def __init__(self, said: Sequence[Translation], compiled: Compiled | None = None) -> None:
        """Compile translated patterns, or take what came of it."""
        self._said = tuple(said)
        self.expressions = self._all("expressions")
        calm = self._all("single"), self._all("hints")
        self.automaton = Automaton(self.expressions, compiled, calm)

    def prepared(self) -> Prepared:
        """What another process needs to make the same."""
        return Prepared(self._said, self.automaton.compiled())

    def search(self, texts: Joined) -> list[Candidates]:
        """Where each pattern stands."""
        found = self.automaton.search(texts)
        every = np.arange(len(texts), dtype=np.int32)
        nothing, hint = every[:0], self.automaton.n_probes
        return [
            Candidates.of(every, exact=said.always and said.exact)
            if said.always or probe in self.automaton.refused
            else Candidates.of(found.get(probe, nothing), exact=said.exact).and_perhaps(
                found.get(probe + hint, nothing)
            )
            for probe, said in enumerate(self._said)
        ]

    def _all(self, name: Literal["expressions", "single", "hints"]) -> tuple[Expression, ...]:
        """What the translations say under a name, with the numbers of their probes."""
        texts = [(probe, getattr(said, name)) for probe, said in enumerate(self._said)]
        return tuple(Expression(text, probe) for probe, some in texts for text in some)


class Fused:
    """Patterns that are looked for together."""

    def __init__(
        self, patterns: Sequence[re.Pattern[str]], prepared: Prepared | None = None
    ) -> None:
        """Take the patterns; they are compiled for a kind of text when the first one comes.

        Args:
            patterns: what to look for.
            prepared: what `prepared` of the same patterns gave.
        """
        self._patterns = patterns
        self._prepared = prepared

    def prepared(self) -> Prepared:
        """What compiling for ASCII texts gives: nearly all jobs have some."""
        return self._ascii.prepared()

    @cached_property
    def _trees(self) -> list[Node | None]:
        return [tree_of(pattern) for pattern in self._patterns]

    @cached_property
    def _alphabet(self) -> Alphabet:
        return Alphabet(points for tree in self._trees if tree for points in points_of(tree))

    @cached_property
    def _ascii(self) -> Side:
        if self._prepared is not None:
            return Side(self._prepared.said, self._prepared.compiled)
        return Side(self._said(only_ascii=True))

    @cached_property
    def _wide(self) -> Side:
        return Side(self._said(only_ascii=False))

    def _said(self, *, only_ascii: bool) -> list[Translation]:
        return [translated(tree, self._alphabet, only_ascii=only_ascii) for tree in self._trees]

    def search(self, texts: pa.Array, *, only_ascii: bool = False) -> list[Candidates]:
        """Where each pattern may stand (texts without nulls, perhaps known to be ASCII)."""
        if only_ascii or all_ascii(texts):
            return self._ascii.search(joined(texts))
        plain = pc.string_is_ascii(texts)
        found = self._wide.search(squeezed(texts.filter(pc.invert(plain)), self._alphabet.table))
        mask = np.asarray(plain, dtype=np.bool_)
        if not mask.any():
            return found
        simple = self._ascii.search(joined(texts.filter(plain)))
        here, there = (np.flatnonzero(m).astype(np.int32) for m in (mask, ~mask))
        return [a.placed(here, b, there) for a, b in zip(simple, found, strict=True)]
