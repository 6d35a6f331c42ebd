"""One scan for everything that the labeling functions of a job look for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat, zip_longest

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.texts import all_ascii
from labelmill.text.folding import fold
from labelmill.text.scan.automaton import hyperscan
from labelmill.text.scan.fused import Fused, Prepared
from labelmill.text.scan.joined import sections
from labelmill.text.scan.patience import SECONDS, Overdue, Patience
from labelmill.text.scan.sightings import Sightings, by_probe, keys_of

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

WORTHWHILE_BYTES = 1 << 17
"""With fewer bytes of text than this `re` is done before an automaton is compiled."""

SHORT_SECONDS = 0.5

SECTION_BYTES = 1 << 20
"""So many bytes of text are looked at together: little enough that all matches in them fit in
memory, whatever they are, and that they stay in the cache."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A pattern to look for in each text, or in the text as folded (`case: fold`)."""

    pattern: re.Pattern[str]
    folded: bool = False

    def __hash__(self) -> int:
        return hash((self.pattern.pattern, self.pattern.flags, self.folded))

    def stands_in(self, text: str) -> bool:
        """Whether it is found in a text: the meaning that a scan keeps."""
        return self.pattern.search(fold(text, "fold") if self.folded else text) is not None


@dataclass(frozen=True, slots=True)
class Found:
    """In which texts each probe stands.

    `docs` are exact and ascending. `overdue` has, for the probes that ran out of time, the texts
    of which nothing is known then.
    """

    docs: Mapping[Probe, Int32]
    overdue: Mapping[Probe, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in some of all texts; what `re` had no time for is under `maybe`."""

    seen: Sightings
    n_texts: int


@dataclass(frozen=True, slots=True)
class Kit:
    """A scan compiled by one process for others of this machine.

    `sought` says what it looks for, so that no other scan uses it.
    """

    sought: tuple[tuple[str, int, bool], ...]
    prepared: tuple[Prepared, ...]


def slow_here() -> str | None:
    """Why scans are slow on this system, in one line; None where they are not."""
    if hyperscan() is None:
        return "hyperscan is not installed here: patterns are read by `re`, which is slower"
    return None


class Scan:
    r"""Looks for many probes at once, and finds exactly what `re` finds.

    All patterns are compiled into automata that read the texts once. A pattern that an automaton
    cannot say exactly is looked for with a looser one, and `re` reads the texts that are left; a
    pattern of which nothing can be said is read by `re` alone. `re` gets five seconds for a text
    (in the main thread; see labelmill.text.scan.patience). One scan serves one thread.

    Example:
        >>> spam, link = Probe(re.compile(r"\bspam\b")), Probe(re.compile("https?://"))
        >>> found = Scan([spam, link]).search(pa.array(["spam!", "http://spam.org", "spams"]))
        >>> found.docs[spam].tolist(), found.docs[link].tolist()
        ([0, 1], [1])
    """

    def __init__(
        self,
        probes: Iterable[Probe],
        *,
        plain: bool = False,
        worthwhile_bytes: int = WORTHWHILE_BYTES,
        seconds: float = SECONDS,
        kit: Kit | None = None,
    ) -> None:
        """Take the probes; each is looked for once, however often it is named.

        Args:
            probes: what to look for.
            plain: let `re` do everything.
            worthwhile_bytes: compile automata once so many bytes of text were seen.
            seconds: how long `re` may look at one text.
            kit: of a scan for the same probes, which need not be compiled then.
        """
        self.probes = tuple(sorted(dict.fromkeys(probes), key=lambda probe: probe.folded))
        self.seconds = seconds
        self._plain = plain or hyperscan() is None
        fits = kit is not None and not self._plain and kit.sought == self._sought()
        self._left = 0 if fits else worthwhile_bytes
        ready: Sequence[Prepared | None] = kit.prepared if kit is not None and fits else ()
        n_plain = sum(not probe.folded for probe in self.probes)
        groups = (0, self.probes[:n_plain]), (n_plain, self.probes[n_plain:])
        self._groups = [
            (first, Fused([probe.pattern for probe in group], prepared))
            for (first, group), prepared in zip_longest([g for g in groups if g[1]], ready)
        ]

    def kit(self) -> Kit | None:
        """What other processes need to do without compiling; None where nothing is compiled."""
        if self._plain or not self.probes:
            return None
        return Kit(self._sought(), tuple(fused.prepared() for _, fused in self._groups))

    def _sought(self) -> tuple[tuple[str, int, bool], ...]:
        return tuple((p.pattern.pattern, p.pattern.flags, p.folded) for p in self.probes)

    def search(self, texts: pa.Array, *, only_ascii: bool = False) -> Found:
        """Look for every probe in every text.

        Args:
            texts: an array of strings in valid UTF-8.
            only_ascii: whether all are known to be ASCII, so that it need not be found out.
        """
        return self.found([self.look(texts, only_ascii=only_ascii)])

    def look(self, texts: pa.Array, *, only_ascii: bool = False) -> Look:
        """The same for some of all texts; `found` puts together what was seen."""
        texts = _strings(texts)
        seen = [
            self._seen(part, only_ascii=only_ascii).further(0, first)
            for first, part in sections(texts, SECTION_BYTES)
        ]
        return Look(Sightings.joined(seen), len(texts))

    def found(self, looks: Iterable[Look], kept: Int64 | None = None) -> Found:
        """What was seen in texts that follow each other.

        Where only some are `kept`, ascending, it is as if the others had not been there.
        """
        n_texts = 0
        seen = []
        for look in looks:
            seen.append(look.seen.further(0, n_texts))
            n_texts += look.n_texts
        whole = Sightings.joined(seen)
        if kept is not None:
            whole = whole.among(kept, n_texts)
        docs, late = by_probe(whole.sure), by_probe(whole.maybe)
        none = np.zeros(0, dtype=np.int32)
        return Found(
            {probe: docs.get(number, none) for number, probe in enumerate(self.probes)},
            {self.probes[number]: tuple(texts.tolist()) for number, texts in late.items()},
        )

    def _seen(self, texts: pa.Array, *, only_ascii: bool) -> Sightings:
        """Where each probe stands; where it may stand `re` ran out of time."""
        if not pa.types.is_string(texts.type):
            texts = texts.cast(pa.string())
        strings = _Strings(texts)
        if self._plain:
            return self._read_by_re(texts, strings, self.seconds)
        if self._left >= 0:
            self._left -= texts.nbytes
        if self._left >= 0:
            seen = self._read_by_re(texts, strings, min(self.seconds, SHORT_SECONDS))
            if not len(seen.maybe):
                return seen
            self._left = -1
        seen = Sightings.joined(
            [
                fused.search(
                    strings.folded_array() if self.probes[first].folded else texts,
                    only_ascii=only_ascii,
                ).further(first, 0)
                for first, fused in self._groups
            ]
        )
        if not len(seen.maybe):
            return seen
        settled = self._settled(by_probe(seen.maybe).items(), strings, self.seconds)
        return Sightings(np.concatenate([seen.sure, settled.sure]), settled.maybe)

    def _read_by_re(self, texts: pa.Array, strings: "_Strings", seconds: float) -> Sightings:
        every = np.arange(len(texts), dtype=np.int32)
        return self._settled(
            zip(range(len(self.probes)), repeat(every), strict=False), strings, seconds
        )

    def _settled(
        self, doubts: Iterable[tuple[int, Int32]], strings: "_Strings", seconds: float
    ) -> Sightings:
        """Let `re` look for probes in texts in which they may stand."""
        found, late = [keys_of(0, ())], [keys_of(0, ())]
        with Patience(seconds) as patience:
            for number, texts in doubts:
                probe = self.probes[number]
                stands, overdue = _confirmed(probe, texts, strings.of(probe, texts), patience)
                found.append(keys_of(number, stands))
                late.append(keys_of(number, overdue))
        return Sightings(np.concatenate(found), np.concatenate(late))


class _Strings:
    """The texts as Python strings and in folded form, made where they are asked for."""

    def __init__(self, texts: pa.Array) -> None:
        self._texts = texts
        self._strings: dict[int, str] = {}
        self._folded: pa.Array | None = None

    def folded_array(self) -> pa.Array:
        """All texts folded."""
        if self._folded is None:
            simple = pc.ascii_lower(self._texts)
            if not all_ascii(self._texts):
                plain = pc.string_is_ascii(self._texts)
                others = self._texts.filter(pc.invert(plain)).to_pylist()
                folded = pa.array([fold(text, "fold") for text in others], self._texts.type)
                simple = pc.replace_with_mask(simple, pc.invert(plain), folded)
            self._folded = simple
        return self._folded

    def of(self, probe: Probe, texts: Int32) -> list[str]:
        """Some texts as a probe reads them."""
        array = self.folded_array() if probe.folded else self._texts
        whole = len(texts) == len(array)
        return list((array if whole else array.take(pa.array(texts))).to_pylist())


def _confirmed(
    probe: Probe, texts: Int32, strings: list[str], patience: Patience
) -> tuple[list[int], list[int]]:
    """The texts in which `re` finds a probe, and those that took too long."""
    found: list[int] = []
    late: list[int] = []
    search = probe.pattern.search
    for doc, text in zip(texts.tolist(), strings, strict=True):
        try:
            if patience.within(search, text) is not None:
                found.append(doc)
        except Overdue:
            late.append(doc)
    return found, late


def _strings(texts: pa.Array) -> pa.Array:
    """Texts as an array of strings without nulls."""
    if texts.type == pa.string() and not texts.null_count:
        return texts
    if pa.types.is_dictionary(texts.type) or not (
        pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)
    ):
        texts = texts.cast(pa.large_string())
    return texts.fill_null("") if texts.null_count else texts
