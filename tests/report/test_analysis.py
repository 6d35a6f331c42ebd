"""The table of labeling functions, held against snorkel's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snorkel.labeling import LFAnalysis

from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.votes import Votes
from labelmill.report import analysis
from labelmill.report.analysis import (
    Counts,
    Meeting,
    count,
    function_rows,
    judge_documents,
    judge_spans,
    scores,
)

SPACE = LabelSpace(("a", "b", "c"))


def votes_of(matrix: np.ndarray) -> Votes:
    return Votes.joined(
        Votes.of(f, [(int(d), 0, 1, int(matrix[d, f]), None) for d in np.flatnonzero(column >= 0)])
        for f, column in enumerate(matrix.T)
    )


def counts_of(matrix: np.ndarray, gold: np.ndarray | None = None) -> Counts:
    votes = votes_of(matrix)
    docs = Meeting(np.arange(len(votes)), votes.doc.astype(np.int64), len(matrix))
    counts = count(votes, docs, SPACE, len(matrix), [0] * matrix.shape[1])
    if gold is None:
        return counts
    return judge_documents(votes, SPACE, gold, matrix.shape[1]).into(counts)


matrices = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=n, max_size=n)
)


@pytest.mark.filterwarnings("ignore:Input has data type int64:FutureWarning")  # in snorkel
@given(matrices, st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_the_table_equals_that_of_snorkel(rows: list[list[int]], gold: list[int]) -> None:
    matrix, labels = np.array(rows), np.array(gold[: len(rows)])
    theirs = LFAnalysis(matrix).lf_summary(labels)

    ours = function_rows(
        counts_of(matrix, labels), [(f"f{i}", "x") for i in range(3)], SPACE, None, spans=False
    )

    for row, (_, wanted) in zip(ours, theirs.iterrows(), strict=True):
        assert row["polarity"] == [SPACE.names[label] for label in wanted["Polarity"]]
        assert row["coverage"] == pytest.approx(wanted["Coverage"])
        assert row["overlaps"] == pytest.approx(wanted["Overlaps"])
        assert row["conflicts"] == pytest.approx(wanted["Conflicts"])
        assert row["correct"] == wanted["Correct"]
        assert row["incorrect"] == wanted["Incorrect"]


@given(matrices, matrices)
def test_counts_of_shards_add_up(left: list[list[int]], right: list[list[int]]) -> None:
    added = counts_of(np.array(left)) + counts_of(np.array(right))
    whole = counts_of(np.array(left + right))

    assert added.texts == whole.texts
    for name in ("covered", "overlapping", "conflicting", "polarity", "conflicts"):
        assert np.array_equal(getattr(added, name), getattr(whole, name))


@pytest.mark.parametrize("at_once", [1, 2, 100])
@given(rows=matrices)
def test_conflicts_are_the_texts_on_which_two_functions_differ(
    at_once: int, rows: list[list[int]]
) -> None:
    matrix = np.array(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "ITEMS_AT_ONCE", at_once)
        found = counts_of(matrix).conflicts

    for f in range(3):
        for g in range(3):
            voted = (matrix[:, f] >= 0) & (matrix[:, g] >= 0)
            assert found[f, g] == (voted & (matrix[:, f] != matrix[:, g])).sum()


def test_votes_for_sets_conflict_only_where_no_label_is_shared() -> None:
    space = SPACE.including([OneOf(("a", "b"))])
    votes = Votes.joined(
        [
            Votes.of(0, [(0, 0, 1, 3, None), (1, 0, 1, 3, None)]),
            Votes.of(1, [(0, 0, 1, 1, None)]),
            Votes.of(2, [(1, 0, 1, 2, None)]),
        ]
    )
    docs = Meeting(np.arange(4), votes.doc.astype(np.int64), 2)

    counts = count(votes, docs, space, 2, [0, 0, 0])
    verdicts = judge_documents(votes, space, np.array([0, 2]), 3)

    assert counts.conflicting.tolist() == [1, 0, 1]
    assert counts.conflicts.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert verdicts.correct.tolist() == [1, 0, 1]


def test_spans_are_correct_with_exact_bounds_and_label() -> None:
    votes = Votes.of(0, [(0, 0, 4, 0, None), (0, 5, 9, 1, None), (1, 0, 4, 0, None)])

    verdicts = judge_spans(votes, SPACE, [{(0, 4, 0), (5, 9, 2)}, {(0, 5, 0)}], 1)

    assert (verdicts.correct.tolist(), verdicts.incorrect.tolist()) == ([1], [2])
    assert verdicts.gold.tolist() == [2, 0, 1]


def test_scores_of_nothing_are_null_and_not_one() -> None:
    assert scores(0, 0, 0) == {"precision": None, "recall": None, "f1": None}
    assert scores(0, 0, 5)["f1"] == 0
