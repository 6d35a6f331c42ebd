"""Counting what labeling functions do, shard by shard, and the table that the counts make.

The columns follow snorkel's `LFAnalysis.lf_summary` (Ratner et al., 2017): polarity, coverage,
overlaps and conflicts as shares of the texts, and with gold the correct and incorrect votes. A
vote for a label set is correct where the set holds the gold label, and two votes conflict where
their sets have no label in common. In ner two votes meet on a token, and a span is correct where
gold has exactly its bounds and label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.labels import LabelSpace
from labelmill.core.votes import Votes

Ints = npt.NDArray[np.int64]
ITEMS_AT_ONCE = 1 << 14
GoldSpans = Sequence[set[tuple[int, int, int]]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts that add up over shards; all arrays are [n_functions] unless they say otherwise."""

    texts: int
    votes: Ints
    covered: Ints
    overlapping: Ints
    conflicting: Ints
    correct: Ints
    incorrect: Ints
    errors: Ints
    polarity: Ints  # [n_functions, n_sets] votes for each label set
    conflicts: Ints  # [n_functions, n_functions] items on which two functions conflict
    gold: Ints  # [n_labels] gold texts (in ner gold spans) of each label

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where votes meet: parallel arrays, a row for each (vote, item) pair.

    Where an item is one label of a text, `kind` says what each vote says of it, as a place in
    STANCES; elsewhere votes conflict by their label sets.
    """

    vote: Ints
    item: Ints
    n_items: int
    kind: Ints | None = None


STANCES = ("no", "maybe", "yes")
"""What a vote can say of a label where a text can have several."""


def statements_meet(votes: Votes, space: LabelSpace, n_texts: int) -> Meeting:
    """Votes of a multi-label task meet on the labels of a text that they speak of."""
    vote, label = np.nonzero(space.membership()[votes.label])
    item = votes.doc[vote].astype(np.int64) * len(space) + label
    stance = space.stances()[votes.label[vote], label].astype(np.int64)
    return Meeting(vote, item, n_texts * len(space), stance + STANCES.index("maybe"))


def count(
    votes: Votes,
    meeting: Meeting,
    space: LabelSpace,
    n_texts: int,
    errors: Sequence[int],
) -> Counts:
    """Count the votes on some texts, without gold.

    Args:
        votes: the votes of all functions.
        meeting: the items that each vote touches: its text, or in ner its tokens.
        space: the labels and label sets.
        n_texts: how many texts there are.
        errors: rows on which each function failed, [n_functions].
    """
    n_functions, n_sets = len(errors), len(space.sets)
    kind, disjoint = _kinds(votes, meeting, space)
    touched = _touched(votes, meeting, kind, disjoint)
    cells = votes.function.astype(np.int64) * n_sets + votes.label
    polarity = np.bincount(cells, minlength=n_functions * n_sets).reshape(n_functions, n_sets)
    zeros = np.zeros(n_functions, dtype=np.int64)
    return Counts(
        texts=n_texts,
        votes=np.bincount(votes.function, minlength=n_functions).astype(np.int64),
        covered=_texts(votes, np.ones(len(votes), dtype=np.bool_), n_functions),
        overlapping=_texts(votes, touched[0], n_functions),
        conflicting=_texts(votes, touched[1], n_functions),
        correct=zeros,
        incorrect=zeros,
        errors=np.asarray(errors, dtype=np.int64),
        polarity=polarity.astype(np.int64),
        conflicts=_conflicts(votes, meeting, kind, disjoint, n_functions),
        gold=np.zeros(len(space), dtype=np.int64),
    )


def judge_documents(votes: Votes, space: LabelSpace, gold: Ints, n_functions: int) -> "Verdicts":
    """Hold votes on texts against gold labels, [n_texts], -1 where a text has none."""
    known = gold[votes.doc] >= 0
    right = np.zeros(len(votes), dtype=np.bool_)
    right[known] = space.membership()[votes.label[known], gold[votes.doc[known]]]
    return Verdicts(
        _per_function(votes.function[right], n_functions),
        _per_function(votes.function[known & ~right], n_functions),
        np.bincount(gold[gold >= 0], minlength=len(space)).astype(np.int64),
    )


def judge_statements(
    votes: Votes,
    space: LabelSpace,
    gold: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    n_functions: int,
) -> "Verdicts":
    """Hold votes of a multi-label task against gold labels, [n_texts, n_labels].

    A vote is correct where all that it says is: every label applies that it includes, none that it
    denies, and of a vote for one of several at least one.

    Args:
        votes: the votes.
        space: the labels and label sets.
        gold: which labels apply.
        known: which texts have gold, [n_texts].
        n_functions: how many functions there are.
    """
    members, stances = space.membership()[votes.label], space.stances()[votes.label]
    true = gold[votes.doc]
    wrong = ((stances > 0) & ~true) | ((stances < 0) & true)
    weak = ~stances.any(axis=1)
    right = np.where(weak, (members & true).any(axis=1), ~wrong.any(axis=1))
    judged = known[votes.doc]
    return Verdicts(
        _per_function(votes.function[judged & right], n_functions),
        _per_function(votes.function[judged & ~right], n_functions),
        gold[known].sum(axis=0).astype(np.int64),
    )


def judge_spans(votes: Votes, space: LabelSpace, gold: GoldSpans, n_functions: int) -> "Verdicts":
    """Hold votes on spans against the gold spans (start, end, label) of each text."""
    members = [set(m) for m in space.sets]
    right = np.zeros(len(votes), dtype=np.bool_)
    rows = zip(
        votes.doc.tolist(),
        votes.start.tolist(),
        votes.end.tolist(),
        votes.label.tolist(),
        strict=True,
    )
    for i, (doc, start, end, label) in enumerate(rows):
        right[i] = any((start, end, name) in gold[doc] for name in members[label])
    labels = np.array([label for spans in gold for _, _, label in spans], dtype=np.int64)
    return Verdicts(
        _per_function(votes.function[right], n_functions),
        _per_function(votes.function[~right], n_functions),
        np.bincount(labels, minlength=len(space)).astype(np.int64),
    )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Correct and incorrect votes [n_functions], and gold items of each label [n_labels]."""

    correct: Ints
    incorrect: Ints
    gold: Ints

    def into(self, counts: Counts) -> Counts:
        """The same counts with these verdicts."""
        values = {f.name: getattr(counts, f.name) for f in fields(counts)}
        return Counts(
            **(values | {"correct": self.correct, "incorrect": self.incorrect, "gold": self.gold})
        )


def function_rows(
    counts: Counts,
    functions: Iterable[tuple[str, str]],
    space: LabelSpace,
    weights: npt.NDArray[np.float64] | None,
    *,
    spans: bool,
) -> list[dict[str, Any]]:
    """The table of labeling functions, one row for each, with plain values.

    Args:
        counts: added up over all shards.
        functions: name and type of each function.
        space: the labels and label sets.
        weights: what the label model learned of each function, if it learns that.
        spans: whether votes are on spans; adds precision, recall and F1.
    """
    rows = []
    for i, (name, kind) in enumerate(functions):
        judged = int(counts.correct[i] + counts.incorrect[i])
        row: dict[str, Any] = {
            "lf": name,
            "type": kind,
            "polarity": _polarity(counts.polarity[i], space),
            "votes": int(counts.votes[i]),
            "coverage": _share(counts.covered[i], counts.texts),
            "overlaps": _share(counts.overlapping[i], counts.texts),
            "conflicts": _share(counts.conflicting[i], counts.texts),
            "correct": int(counts.correct[i]),
            "incorrect": int(counts.incorrect[i]),
            "empirical_accuracy": _share(counts.correct[i], judged) if judged else None,
            "weight": None if weights is None else float(weights[i]),
            "errors": int(counts.errors[i]),
        }
        if spans:
            row |= _span_scores(counts, i, space)
        rows.append(row)
    return rows


def scores(correct: int, found: int, wanted: int) -> dict[str, float | None]:
    """Precision, recall and their harmonic mean; null where nothing was found or wanted.

    Example:
        >>> scores(1, 2, 1)
        {'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666}
    """
    precision = correct / found if found else None
    recall = correct / wanted if wanted else None
    f1 = 2 * correct / (found + wanted) if found + wanted else None
    return {"precision": precision, "recall": recall, "f1": f1}


def _span_scores(counts: Counts, i: int, space: LabelSpace) -> dict[str, float | None]:
    if not counts.gold.sum():
        return {"precision": None, "recall": None, "f1": None}
    voted = np.flatnonzero(counts.polarity[i])
    labels = sorted({label for s in voted.tolist() for label in space.sets[s]})
    wanted = int(counts.gold[labels].sum())
    return scores(int(counts.correct[i]), int(counts.votes[i]), wanted)


def _polarity(votes: Ints, space: LabelSpace) -> list[str]:
    return [space.said(s) for s in np.flatnonzero(votes).tolist()]


def _share(part: Any, whole: int) -> float:
    return float(part) / whole if whole else 0.0


def _per_function(function: npt.NDArray[np.int32], n_functions: int) -> Ints:
    return np.bincount(function, minlength=n_functions).astype(np.int64)


def _texts(votes: Votes, which: npt.NDArray[np.bool_], n_functions: int) -> Ints:
    """How many texts each function touches with the votes of a mask; votes are sorted so."""
    function, doc = votes.function[which], votes.doc[which]
    fresh = np.ones(len(doc), dtype=np.bool_)
    fresh[1:] = (doc[1:] != doc[:-1]) | (function[1:] != function[:-1])
    return np.bincount(function[fresh], minlength=n_functions).astype(np.int64)


def _kinds(votes: Votes, meeting: Meeting, space: LabelSpace) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """What is said in each (vote, item) pair, and which of the things that can be said conflict."""
    if meeting.kind is not None:
        stance = np.arange(len(STANCES)) - STANCES.index("maybe")
        return meeting.kind, np.outer(stance, stance) < 0
    members = space.membership().astype(np.int64)
    return votes.label[meeting.vote].astype(np.int64), (members @ members.T) == 0


def _touched(
    votes: Votes, meeting: Meeting, kind: Ints, disjoint: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which votes meet another function's vote on some item, and which conflict there."""
    n_kinds = len(disjoint)
    cells = meeting.item * n_kinds + kind
    present = np.bincount(cells, minlength=meeting.n_items * n_kinds).reshape(-1, n_kinds)
    overlaps = np.zeros(len(votes), dtype=np.bool_)
    overlaps[meeting.vote[present.sum(axis=1)[meeting.item] > 1]] = True
    clashes = np.zeros(len(votes), dtype=np.bool_)
    against = present.astype(np.float64) @ disjoint.astype(np.float64)
    clashes[meeting.vote[against[meeting.item, kind] > 0]] = True
    return overlaps, clashes


def _conflicts(
    votes: Votes,
    meeting: Meeting,
    kind: Ints,
    disjoint: npt.NDArray[np.bool_],
    n_functions: int,
) -> Ints:
    """Items on which two functions say what cannot be true together."""
    n_kinds = len(disjoint)
    met = np.bincount(meeting.item, minlength=meeting.n_items)[meeting.item] > 1
    vote, item, kind = meeting.vote[met], meeting.item[met], kind[met]
    order = np.argsort(item, kind="stable")
    vote, item, kind = vote[order], item[order], kind[order]
    code = votes.function[vote].astype(np.int64) * n_kinds + kind
    codes, column = np.unique(code, return_inverse=True)
    together = _together(item, column, len(codes))
    function, kind = codes // n_kinds, codes % n_kinds
    table = np.zeros((n_functions, n_functions), dtype=np.int64)
    np.add.at(table, (function[:, None], function[None]), together * disjoint[kind][:, kind])
    return table


def _together(item: Ints, column: Ints, n_columns: int) -> Ints:
    """On how many items two columns stand together, [n_columns, n_columns]; items ascend."""
    total = np.zeros((n_columns, n_columns), dtype=np.int64)
    fresh = np.ones(len(item), dtype=np.bool_)
    fresh[1:] = item[1:] != item[:-1]
    row = np.cumsum(fresh) - 1
    for first in range(0, int(row[-1]) + 1 if len(row) else 0, ITEMS_AT_ONCE):
        low, high = np.searchsorted(row, [first, first + ITEMS_AT_ONCE])
        stands = np.zeros((int(row[high - 1]) + 1 - first, n_columns), dtype=np.float32)
        stands[row[low:high] - first, column[low:high]] = 1.0
        total += (stands.T @ stands).astype(np.int64)
    return total
