"""Hits, and how they settle into votes."""

from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.tokens import Tokens
from labelmill.core.votes import Hits, Votes, settle_documents, settle_spans


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


def test_votes_are_sorted_by_function_then_place() -> None:
    joined = Votes.joined([Votes.of(0, [(1, 0, 2, 0, None), (0, 0, 2, 1, "a")]), Votes.none()])

    assert joined.doc.tolist() == [0, 1]
    assert joined.entry.to_pylist() == ["a", None]
    assert len(joined.by(1)) == 0
