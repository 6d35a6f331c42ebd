"""Votes keep their order."""

from labelmill.core.votes import Votes


def test_votes_are_sorted_by_function_then_place() -> None:
    joined = Votes.joined([Votes.of(0, [(1, 0, 2, 0, None), (0, 0, 2, 1, "a")]), Votes.none()])

    assert joined.doc.tolist() == [0, 1]
    assert joined.entry.to_pylist() == ["a", None]
    assert len(joined.by(1)) == 0
