"""Votes and patterns come back from disk as they were."""

from pathlib import Path

import numpy as np
from tests.core.slow_patterns import keys_of

from labelmill.core.patterns import VotePatterns
from labelmill.core.votes import Votes
from labelmill.io.votes import read_patterns, read_votes, write_patterns, write_votes


def test_votes_come_back_as_they_were(tmp_path: Path) -> None:
    votes = Votes.joined(
        [Votes.of(0, [(0, 0, 5, 1, "Q1"), (3, 0, 2, 0, None)]), Votes.of(2, [(1, 1, 2, 3, None)])]
    )

    write_votes(tmp_path / "v.arrow", votes)

    again = read_votes(tmp_path / "v.arrow")
    for name in ("doc", "function", "label", "start", "end"):
        assert getattr(again, name).tolist() == getattr(votes, name).tolist()
    assert again.entry.to_pylist() == ["Q1", None, None]


def test_no_votes_come_back_as_no_votes(tmp_path: Path) -> None:
    write_votes(tmp_path / "v.arrow", Votes.none())

    assert len(read_votes(tmp_path / "v.arrow")) == 0


def test_patterns_come_back_with_their_sequences(tmp_path: Path) -> None:
    one = np.array([1])
    patterns = VotePatterns.of(one, one, one, 3).in_sequences([2, 1])

    write_patterns(tmp_path / "p.npy", patterns)

    again = read_patterns(tmp_path / "p.npy")
    assert keys_of(again) == keys_of(patterns)
    assert again.index.tolist() == patterns.index.tolist()
    assert again.sequences is not None
    assert again.sequences.tolist() == [0, 2, 3]
