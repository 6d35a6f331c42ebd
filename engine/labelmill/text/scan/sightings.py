"""In which texts probes stand, as numbers: the form in which a scan gathers them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

TEXT = 0xFFFFFFFF
"""The bits of a key that say which text; those above say which probe."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """Keys, each of a probe and a text in which it is found; in any order, some more than once.

    Where a pattern cannot be looked for exactly, a text in which it may stand is under `maybe`.
    """

    sure: Int64
    maybe: Int64

    @classmethod
    def joined(cls, parts: Sequence["Sightings"]) -> "Sightings":
        """All of some."""
        if len(parts) == 1:
            return parts[0]
        none = keys_of(0, ())
        return cls(
            np.concatenate([none, *(part.sure for part in parts)]),
            np.concatenate([none, *(part.maybe for part in parts)]),
        )

    def placed(self, places: Int64) -> "Sightings":
        """The same where the texts are some of all texts, which stand at these places."""
        return Sightings(_placed(self.sure, places), _placed(self.maybe, places))

    def among(self, kept: Int64, n_texts: int) -> "Sightings":
        """The same for some of the texts, ascending, as if there were no others."""
        places = np.full(n_texts, -1)
        places[kept] = np.arange(len(kept))
        sure, maybe = (keys[places[keys & TEXT] >= 0] for keys in (self.sure, self.maybe))
        return Sightings(sure, maybe).placed(places)

    def further(self, n_probes: int, n_texts: int) -> "Sightings":
        """The same where other probes and other texts come before these."""
        step = (n_probes << 32) + n_texts
        return Sightings(self.sure + step, self.maybe + step) if step else self


def keys_of(probe: int, texts: Iterable[int] | npt.NDArray[np.integer]) -> Int64:
    """The keys of a probe and some texts."""
    return np.asarray(texts, dtype=np.int64) | probe << 32


def by_probe(keys: Int64) -> dict[int, Int32]:
    """The texts of each probe, ascending and each once; a probe without any is left out.

    Example:
        >>> {probe: texts.tolist() for probe, texts in by_probe(keys_of(3, [7, 5, 7])).items()}
        {3: [5, 7]}
    """
    keys = _in_order(keys)
    keys = keys[np.diff(keys, prepend=-1) > 0]
    probes, texts = keys >> 32, (keys & TEXT).astype(np.int32)
    cuts = np.flatnonzero(np.diff(probes, prepend=-1, append=-1))
    names = probes[cuts[:-1]].tolist()
    bounds = pairwise(cuts.tolist())
    return {probe: texts[first:last] for probe, (first, last) in zip(names, bounds, strict=True)}


def _placed(keys: Int64, places: Int64) -> Int64:
    texts = keys & TEXT
    placed: Int64 = keys - texts + places[texts]
    return placed


def _in_order(keys: Int64) -> Int64:
    """Keys in ascending order; those of a probe mostly come so, and then it alone is sorted by."""
    probes = keys >> 32
    keys = keys[np.argsort(probes.astype(np.min_scalar_type(probes.max(initial=0))), kind="stable")]
    return keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys)
