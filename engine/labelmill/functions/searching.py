"""Votes of patterns: which texts need no second look, and what stands where in the others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.votes import Hits
from labelmill.text.scan import Overdue, Patience, Probe
from labelmill.text.scan.patience import SECONDS

Int32 = npt.NDArray[np.int32]
Find = Callable[[str], list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Search:
    """Texts in which something is found for a label, and the function that says where."""

    find: Find
    label: int
    docs: Int32


def overdue_on(batch: Batch, probes: Iterable[Probe]) -> set[int]:
    """The texts on which some of the probes ran out of time."""
    return {doc for probe in probes for doc in batch.overdue(probe)}


def note_labels(hits: Hits, searches: Sequence[Search], late: set[int]) -> list[Search]:
    """Note a hit where no second label is found, and give what is left: texts with several.

    Example:
        >>> hits = Hits()
        >>> some, same = np.array([0, 2], np.int32), np.array([2], np.int32)
        >>> left = note_labels(
        ...     hits, [Search(lambda text: [], 0, some), Search(len, 1, same)], set()
        ... )
        >>> hits.doc, hits.label, [search.docs.tolist() for search in left]
        ([0], [0], [[2], [2]])
    """
    if len({search.label for search in searches}) == 1 and not late:
        hits.add_texts(_union([search.docs for search in searches]), searches[0].label)
        return []
    by_label: dict[int, list[Int32]] = {}
    for search in searches:
        by_label.setdefault(search.label, []).append(search.docs)
    found = {label: _union(docs) for label, docs in by_label.items()}
    docs, counts = np.unique(np.concatenate([*found.values(), _none()]), return_counts=True)
    several = docs[counts > 1]
    unsure = np.union1d(several, sorted(late)) if late else several
    for label, texts in found.items():
        hits.add_texts(np.setdiff1d(texts, unsure, assume_unique=True), label)
    return [Search(s.find, s.label, np.intersect1d(s.docs, several)) for s in searches]


def note_places(hits: Hits, searches: Sequence[Search], batch: Batch, late: set[int]) -> None:
    """Note everything that is found, by place; a text on which time runs out has no hits at all.

    Args:
        hits: where it is noted.
        searches: what to look for, and in which texts.
        batch: the texts.
        late: texts on which time ran out before.
    """
    searches = [search for search in searches if len(search.docs)]
    if not searches and not late:
        return
    late = set(late)
    places = []
    with Patience() as patience:
        for search in searches:
            texts = batch.texts.take(pa.array(search.docs)).to_pylist()
            for doc, text in zip(search.docs.tolist(), texts, strict=True):
                try:
                    found = patience.within(search.find, text)
                except Overdue:
                    late.add(doc)
                else:
                    places += [(doc, start, end, search.label) for start, end in found]
    rows = np.array([row for row in places if row[0] not in late], dtype=np.int32).reshape(-1, 4)
    hits.add_all(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])
    for doc in sorted(late):
        hits.fail(doc, "timeout", f"a pattern took longer than {SECONDS:g} seconds")


def _union(docs: Sequence[Int32]) -> Int32:
    return docs[0] if len(docs) == 1 else np.unique(np.concatenate(docs))


def _none() -> Int32:
    return np.zeros(0, dtype=np.int32)
