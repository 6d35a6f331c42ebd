"""Hits of a labeling function become its votes: one for a text, or spans without overlap."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.tokens import Tokens
from labelmill.core.votes import HitArrays, Hits, Texts, Votes

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


def settle_documents(hits: Hits, function: int, lengths: Int32 | Sequence[int]) -> Votes:
    """One vote for each text: the label set with most hits wins, equal means abstain.

    The vote spans the whole text; its entry is that of the first hit for the winner.

    Args:
        hits: what the function found.
        function: index of the function.
        lengths: characters in each text, [n_texts].

    Example:
        >>> hits = Hits()
        >>> for doc, label in [(0, 1), (0, 1), (0, 0), (1, 0), (1, 1)]:
        ...     hits.add(doc, 0, 1, label)
        >>> votes = settle_documents(hits, 4, [9, 9])
        >>> votes.doc.tolist(), votes.label.tolist(), votes.end.tolist()
        ([0], [1], [9])
    """
    texts = hits.texts()
    if texts is not None:
        return _votes_on([(function, texts)], lengths)
    found = hits.arrays()
    if (found.doc[1:] > found.doc[:-1]).all():
        doc, label, entry = found.doc, found.label, found.entry
    else:
        first = _winners(found)
        doc, label, entry = found.doc[first], found.label[first], found.entry.take(first)
    n = len(doc)
    return Votes(
        doc,
        np.full(n, function, dtype=np.int32),
        label,
        np.zeros(n, dtype=np.int32),
        np.asarray(lengths, dtype=np.int32)[doc],
        entry,
    )


def settle_statements(hits: Hits, function: int, lengths: Int32 | Sequence[int]) -> Votes:
    """A vote for each label set that has a hit in a text, where a text can have several labels.

    The vote spans the whole text; its entry is that of the first hit for the set.

    Example:
        >>> hits = Hits()
        >>> for doc, label in [(0, 1), (0, 1), (0, 0), (1, 0)]:
        ...     hits.add(doc, 0, 1, label)
        >>> votes = settle_statements(hits, 4, [9, 9])
        >>> votes.doc.tolist(), votes.label.tolist()
        ([0, 0, 1], [0, 1, 0])
    """
    texts = hits.texts()
    if texts is not None:
        return _votes_on([(function, texts)], lengths)
    found = hits.arrays()
    _, first = np.unique(found.doc.astype(np.int64) << 32 | found.label, return_index=True)
    doc, n = found.doc[first], len(first)
    return Votes(
        doc,
        np.full(n, function, dtype=np.int32),
        found.label[first],
        np.zeros(n, dtype=np.int32),
        np.asarray(lengths, dtype=np.int32)[doc],
        found.entry.take(pa.array(first)),
    )


def settle_all_documents(
    found: Sequence[tuple[int, Hits]], lengths: Int32 | Sequence[int]
) -> Votes:
    """The votes of several functions (index and hits of each), in the order given.

    Each settles as by `settle_documents`; those that noted texts as a whole settle together.
    """
    parts: list[Votes] = []
    together: list[tuple[int, Texts]] = []
    for function, hits in found:
        texts = hits.texts()
        if texts is None:
            parts += [_votes_on(together, lengths), settle_documents(hits, function, lengths)]
            together = []
        else:
            together.append((function, texts))
    return Votes.joined([*parts, _votes_on(together, lengths)])


def _votes_on(noted: Sequence[tuple[int, Texts]], lengths: Int32 | Sequence[int]) -> Votes:
    """A vote for every text that was noted as a whole by some functions, one after the other."""
    if not noted:
        return Votes.none()
    sizes = [len(texts) for _, texts in noted]
    functions = np.array([function for function, _ in noted], dtype=np.int32)
    labels = np.array([texts.label for _, texts in noted], dtype=np.int32)
    doc = np.concatenate([texts.doc for _, texts in noted])
    return Votes(
        doc,
        functions.repeat(sizes),
        labels.repeat(sizes),
        np.zeros(len(doc), dtype=np.int32),
        np.asarray(lengths, dtype=np.int32)[doc],
        pa.nulls(len(doc), pa.string()),
    )


def _winners(found: HitArrays) -> Int64:
    """The first hit for the winning label set of each text that has one, by text."""
    keys = found.doc.astype(np.int64) << 32 | found.label
    keys, first, counts = np.unique(keys, return_index=True, return_counts=True)
    _, starts, sizes = np.unique(keys >> 32, return_index=True, return_counts=True)
    winning = counts == np.repeat(np.maximum.reduceat(counts, starts), sizes)
    alone = np.add.reduceat(winning.astype(np.int64), starts) == 1
    return np.asarray(first[winning & np.repeat(alone, sizes)], dtype=np.int64)


def settle_spans(hits: Hits, function: int, tokens: Tokens, *, first: bool = False) -> Votes:
    """Votes on spans: each hit is widened to token bounds, then overlaps are settled.

    Of overlapping hits of one function the longest stands; of equally long ones the first, then
    the one whose label stands first. A hit that touches no token (only white space) is no vote.
    With `first` the one that starts first stands, then the longest.

    Args:
        hits: what the function found.
        function: index of the function.
        tokens: token bounds of every text of the batch.
        first: let the first of overlapping hits stand, not the longest.

    Example:
        >>> hits = Hits()
        >>> hits.add(0, 1, 2, 0)
        >>> hits.add(0, 0, 7, 1)
        >>> votes = settle_spans(hits, 0, Tokens.of([[(0, 3), (4, 7), (8, 9)]]))
        >>> votes.start.tolist(), votes.end.tolist(), votes.label.tolist()
        ([0], [7], [1])
    """
    found = hits.arrays()
    places = (a.astype(np.int64) for a in (found.doc, found.start, found.end))
    start, end, touched = tokens.aligned(*places)
    order = np.lexsort((found.label, end, start, found.doc))
    order = order[touched[order]]
    doc = found.doc[order]
    crossing = (doc[1:] == doc[:-1]) & (start[order[1:]] < end[order[:-1]])
    kept = np.ones(len(order), dtype=np.bool_)
    for low, high in _runs(doc, crossing):
        spans = [
            (int(start[i]), int(end[i]), int(found.label[i]), place)
            for place, i in enumerate(order[low:high].tolist(), low)
        ]
        kept[low:high] = False
        kept[_standing(spans, first=first)] = True
    order = order[kept]
    return Votes(
        found.doc[order],
        np.full(len(order), function, dtype=np.int32),
        found.label[order],
        start[order].astype(np.int32),
        end[order].astype(np.int32),
        found.entry.take(pa.array(order)),
    )


def _runs(doc: Int32, crossing: npt.NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """Bounds of the hits of each text in which any two neighbours overlap; `doc` is ascending."""
    texts = np.unique(doc[:-1][crossing])
    lows = np.searchsorted(doc, texts, side="left").tolist()
    highs = np.searchsorted(doc, texts, side="right").tolist()
    return zip(lows, highs, strict=True)


def _standing(spans: list[tuple[int, int, int, int]], *, first: bool) -> list[int]:
    """Places of the spans (start, end, label, place) that stand, of those of one text."""
    if first:
        spans.sort(key=lambda span: (span[0], -span[1], span[2], span[3]))
    else:
        spans.sort(key=lambda span: (span[0] - span[1], span[0], span[2], span[3]))
    return [place for *_, place in _without_overlap(spans)]


def _without_overlap(spans: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The spans that overlap none before them; starts are kept sorted, so each costs a bisect."""
    kept: list[tuple[int, int, int, int]] = []
    bounds: list[tuple[int, int]] = []
    for span in spans:
        place = bisect_left(bounds, (span[0], span[1]))
        clear_left = place == 0 or bounds[place - 1][1] <= span[0]
        clear_right = place == len(bounds) or bounds[place][0] >= span[1]
        if clear_left and clear_right:
            bounds.insert(place, (span[0], span[1]))
            kept.append(span)
    return kept
