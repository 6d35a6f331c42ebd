"""One scan for everything that the labeling functions of a job look for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.texts import all_ascii
from labelmill.text.folding import fold
from labelmill.text.scan.databases import hyperscan
from labelmill.text.scan.fused import Candidates, Fused, Prepared
from labelmill.text.scan.patience import SECONDS, Overdue, Patience

Int32 = npt.NDArray[np.int32]

WORTHWHILE_BYTES = 1 << 17
"""With fewer bytes of text than this `re` is done before an automaton is compiled."""

SHORT_SECONDS = 0.5

JOINED_BYTES = 1 << 30
"""So many bytes of text are joined at most."""


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
        self.probes = tuple(dict.fromkeys(probes))
        self.seconds = seconds
        self._plain = plain or hyperscan() is None
        fits = kit is not None and not self._plain and kit.sought == self._sought()
        self._left = 0 if fits else worthwhile_bytes
        ready: Sequence[Prepared | None] = kit.prepared if kit is not None and fits else ()
        groups = [[p for p in self.probes if p.folded is folded] for folded in (False, True)]
        self._groups = [
            (group, Fused([p.pattern for p in group], prepared))
            for group, prepared in zip_longest(filter(None, groups), ready)
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
        texts = _strings(texts)
        half = len(texts) // 2
        if texts.nbytes > JOINED_BYTES and half:
            first = self.search(texts[:half], only_ascii=only_ascii)
            return _one_after_the_other(
                first, self.search(texts[half:], only_ascii=only_ascii), half
            )
        texts = texts.cast(pa.string())
        if self._plain:
            return self._searched_by_re(texts, self.seconds)
        self._left -= texts.nbytes
        if self._left >= 0:
            found = self._searched_by_re(texts, min(self.seconds, SHORT_SECONDS))
            if not found.overdue:
                return found
            self._left = -1
        return self._scanned(texts, only_ascii=only_ascii)

    def _searched_by_re(self, texts: pa.Array, seconds: float) -> Found:
        every = np.arange(len(texts), dtype=np.int32)
        candidates = {probe: Candidates.of(every, exact=False) for probe in self.probes}
        return _settled(candidates, _Strings(texts), seconds)

    def _scanned(self, texts: pa.Array, *, only_ascii: bool) -> Found:
        strings = _Strings(texts)
        candidates: dict[Probe, Candidates] = {}
        for group, fused in self._groups:
            seen = strings.folded_array() if group[0].folded else texts
            candidates.update(zip(group, fused.search(seen, only_ascii=only_ascii), strict=True))
        return _settled({p: candidates[p] for p in self.probes}, strings, self.seconds)


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


def _settled(candidates: Mapping[Probe, Candidates], strings: _Strings, seconds: float) -> Found:
    """Let `re` look at the texts in which a probe may stand."""
    docs = {probe: some.sure for probe, some in candidates.items()}
    overdue: dict[Probe, tuple[int, ...]] = {}
    unsure = [(probe, some.maybe) for probe, some in candidates.items() if len(some.maybe)]
    if not unsure:
        return Found(docs, overdue)
    with Patience(seconds) as patience:
        for probe, texts in unsure:
            confirmed, late = _confirmed(probe, texts, strings, patience)
            docs[probe] = np.sort(np.concatenate([docs[probe], confirmed]))
            overdue |= {probe: late} if late else {}
    return Found(docs, overdue)


def _confirmed(
    probe: Probe, texts: Int32, strings: _Strings, patience: Patience
) -> tuple[Int32, tuple[int, ...]]:
    found: list[int] = []
    late: list[int] = []
    search = probe.pattern.search
    for doc, text in zip(texts.tolist(), strings.of(probe, texts), strict=True):
        try:
            if patience.within(search, text) is not None:
                found.append(doc)
        except Overdue:
            late.append(doc)
    return np.array(found, dtype=np.int32), tuple(late)


def _one_after_the_other(first: Found, second: Found, n_first: int) -> Found:
    """What was found in some texts and in those after them."""
    docs = {
        probe: np.concatenate([found, second.docs[probe] + np.int32(n_first)])
        for probe, found in first.docs.items()
    }
    late = {
        probe: (
            *first.overdue.get(probe, ()),
            *(n_first + d for d in second.overdue.get(probe, ())),
        )
        for probe in {**first.overdue, **second.overdue}
    }
    return Found(docs, late)


def _strings(texts: pa.Array) -> pa.Array:
    """Texts as an array of strings without nulls."""
    if pa.types.is_dictionary(texts.type) or not (
        pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)
    ):
        texts = texts.cast(pa.large_string())
    return texts.fill_null("") if texts.null_count else texts
