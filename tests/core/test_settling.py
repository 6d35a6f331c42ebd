"""Hits, and how they settle into votes."""

from collections import Counter
from itertools import groupby

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.settling import settle_all_documents, settle_documents, settle_spans
from labelmill.core.tokens import Tokens
from labelmill.core.votes import Hits, Votes


def hits_of(*rows: tuple[int, int, int, int]) -> Hits:
    hits = Hits()
    for doc, start, end, label in rows:
        hits.add(doc, start, end, label)
    return hits


def rows_of(votes: Votes) -> list[tuple[int, int, int, int]]:
    columns = (votes.doc, votes.start, votes.end, votes.label)
    return list(zip(*(c.tolist() for c in columns), strict=True))


def test_most_hits_win_and_equal_hits_abstain() -> None:
    hits = hits_of((0, 0, 1, 1), (0, 2, 3, 1), (0, 4, 5, 0), (1, 0, 1, 0), (1, 1, 2, 1))

    votes = settle_documents(hits, 7, [9, 9])

    assert rows_of(votes) == [(0, 0, 9, 1)]
    assert votes.function.tolist() == [7]


def test_a_document_vote_carries_the_entry_of_its_first_hit() -> None:
    hits = Hits()
    hits.add(0, 5, 9, 1, "Q1")
    hits.add(0, 0, 3, 1, "Q2")

    assert settle_documents(hits, 0, [9]).entry.to_pylist() == ["Q1"]


def test_spans_are_widened_to_token_bounds() -> None:
    tokens = Tokens.of([[(0, 5), (6, 11)]])

    votes = settle_spans(hits_of((0, 2, 7, 0)), 0, tokens)

    assert rows_of(votes) == [(0, 0, 11, 0)]


def test_a_hit_on_white_space_alone_is_no_vote() -> None:
    tokens = Tokens.of([[(0, 5), (6, 11)], []])

    assert len(settle_spans(hits_of((0, 5, 6, 0), (1, 0, 3, 0)), 0, tokens)) == 0


def test_of_overlapping_hits_the_longest_stands() -> None:
    tokens = Tokens.of([[(i, i + 1) for i in range(8)]])
    hits = hits_of((0, 0, 2, 0), (0, 1, 5, 1), (0, 5, 6, 2))

    assert rows_of(settle_spans(hits, 0, tokens)) == [(0, 1, 5, 1), (0, 5, 6, 2)]
    assert rows_of(settle_spans(hits, 0, tokens, first=True)) == [(0, 0, 2, 0), (0, 5, 6, 2)]


spans = st.tuples(st.integers(0, 20), st.integers(1, 6), st.integers(0, 2))


@given(st.lists(spans, max_size=12), st.booleans())
def test_settled_spans_never_overlap_and_lie_on_token_bounds(
    found: list[tuple[int, int, int]], first: bool
) -> None:
    tokens = Tokens.of([[(i, i + 2) for i in range(0, 30, 3)]])
    hits = hits_of(*((0, start, start + length, label) for start, length, label in found))

    votes = rows_of(settle_spans(hits, 0, tokens, first=first))

    ends = [0]
    for _, start, end, _ in votes:
        assert start >= ends[-1]
        assert start % 3 == 0
        assert end % 3 == 2
        ends.append(end)


Hit = tuple[int, int, int, int, str | None]
hits_of_texts = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 12),
        st.integers(1, 6),
        st.integers(0, 2),
        st.sampled_from([None, "Q1", "Q2"]),
    ).map(lambda hit: (*hit[:2], hit[1] + hit[2], *hit[3:])),
    max_size=14,
)
TOKENS = Tokens.of([[(i, i + 2) for i in range(0, 20, 3)] for _ in range(4)])


def mixed(found: list[Hit], cut: int) -> Hits:
    """Hits that came one by one up to a place, and at once from there on."""
    hits = Hits()
    for hit in found[:cut]:
        hits.add(*hit)
    numbers = np.array([hit[:4] for hit in found[cut:]], dtype=np.int64).reshape(-1, 4)
    doc, start, end, label = numbers.T
    hits.add_all(doc, start, end, label, pa.array([hit[4] for hit in found[cut:]], pa.string()))
    return hits


def full_rows(votes: Votes) -> list[Hit]:
    columns = (votes.doc, votes.start, votes.end, votes.label)
    return list(zip(*(c.tolist() for c in columns), votes.entry.to_pylist(), strict=True))


@given(hits_of_texts, st.integers(0, 14))
def test_texts_settle_as_they_do_one_by_one(found: list[Hit], cut: int) -> None:
    expected = []
    for doc, group in groupby(sorted(found, key=lambda hit: hit[0]), key=lambda hit: hit[0]):
        own = list(group)
        counts = Counter(hit[3] for hit in own)
        best = [label for label, count in counts.items() if count == max(counts.values())]
        if len(best) == 1:
            entry = next(hit[4] for hit in own if hit[3] == best[0])
            expected.append((doc, 0, 20 + doc, best[0], entry))

    assert full_rows(settle_documents(mixed(found, cut), 0, [20, 21, 22, 23])) == expected


@given(st.sets(st.integers(0, 3)), st.integers(0, 2), hits_of_texts)
def test_texts_noted_as_a_whole_settle_like_other_hits(
    whole: set[int], label: int, others: list[Hit]
) -> None:
    docs = np.array(sorted(whole), dtype=np.int32)
    for cut in (0, len(others)):
        noted, meant = mixed(others[:cut], 1), mixed(others[:cut], 1)
        noted.add_texts(docs, label)
        meant.add_all(docs, 0, 0, label)
        for hit in others[cut:]:
            noted.add(*hit)
            meant.add(*hit)

        assert len(noted) == len(meant)
        settled = [settle_documents(hits, 2, [20, 21, 22, 23]) for hits in (noted, meant)]
        assert full_rows(settled[0]) == full_rows(settled[1])
        assert settled[0].function.tolist() == settled[1].function.tolist()


@given(st.lists(st.one_of(hits_of_texts, st.sets(st.integers(0, 3)))))
def test_functions_settle_together_as_they_do_one_by_one(
    functions: list[list[Hit] | set[int]],
) -> None:
    found = []
    for function, rows in enumerate(functions):
        hits = mixed(rows if isinstance(rows, list) else [], 2)
        if isinstance(rows, set):
            hits.add_texts(np.array(sorted(rows), dtype=np.int32), function % 3)
        found.append((function, hits))
    lengths = [20, 21, 22, 23]

    votes = settle_all_documents(found, lengths)

    one_by_one = [settle_documents(hits, function, lengths) for function, hits in found]
    assert full_rows(votes) == [row for part in one_by_one for row in full_rows(part)]
    assert votes.function.tolist() == [n for part in one_by_one for n in part.function.tolist()]


@pytest.mark.parametrize("first", [False, True])
@given(found=hits_of_texts, cut=st.integers(0, 14))
def test_spans_settle_as_they_do_one_by_one(found: list[Hit], cut: int, first: bool) -> None:
    widened = []
    for doc, start, end, label, entry in found:
        under = [(low, high) for low, high in TOKENS.bounds(doc) if low < end and start < high]
        if under:
            widened.append((doc, under[0][0], under[-1][1], label, entry))
    by_rank = sorted(
        widened,
        key=lambda hit: (
            (hit[1], hit[1] - hit[2], hit[3]) if first else (hit[1] - hit[2], hit[1], hit[3])
        ),
    )
    kept: list[Hit] = []
    for hit in by_rank:
        if all(hit[0] != k[0] or hit[2] <= k[1] or k[2] <= hit[1] for k in kept):
            kept.append(hit)

    assert full_rows(settle_spans(mixed(found, cut), 0, TOKENS, first=first)) == sorted(
        kept, key=lambda hit: hit[:2]
    )
