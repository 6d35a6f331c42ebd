"""Distinct vote patterns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.patterns import VotePatterns

cells = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 4)), st.integers(0, 300), max_size=30
)


def patterns_of(votes: dict[tuple[int, int], int], n_items: int = 10) -> VotePatterns:
    rows = [(item, function, label) for (item, function), label in votes.items()]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return VotePatterns.of(columns[0], columns[1], columns[2], n_items)


def items_of(patterns: VotePatterns) -> list[list[tuple[int, int]]]:
    pairs = list(zip(patterns.function.tolist(), patterns.label.tolist(), strict=True))
    bounds = patterns.indptr.tolist()
    return [pairs[bounds[p] : bounds[p + 1]] for p in patterns.index.tolist()]


@given(cells)
def test_each_item_finds_its_own_votes_in_its_pattern(votes: dict[tuple[int, int], int]) -> None:
    found = items_of(patterns_of(votes))

    for item in range(10):
        own = sorted((f, label) for (i, f), label in votes.items() if i == item)
        assert found[item] == own


@given(cells, st.permutations(range(10)))
def test_the_patterns_do_not_depend_on_the_order_of_items(
    votes: dict[tuple[int, int], int], order: list[int]
) -> None:
    moved = {(order[item], function): label for (item, function), label in votes.items()}

    left, right = patterns_of(votes), patterns_of(moved)

    assert left.byte_keys() == right.byte_keys()
    assert left.counts.tolist() == right.counts.tolist()


@given(cells, st.integers(0, 10))
def test_patterns_of_parts_add_up_to_those_of_the_whole(
    votes: dict[tuple[int, int], int], cut: int
) -> None:
    left = patterns_of({k: v for k, v in votes.items() if k[0] < cut}, cut)
    right = patterns_of({(i - cut, f): v for (i, f), v in votes.items() if i >= cut}, 10 - cut)

    total, whole = VotePatterns.added([left, right]), patterns_of(votes)

    assert total.byte_keys() == whole.byte_keys()
    assert total.counts.tolist() == whole.counts.tolist()
    assert items_of(VotePatterns.concatenated([left, right])) == items_of(whole)


def test_silence_is_voiced_as_a_vote_of_every_function() -> None:
    voiced = patterns_of({(0, 1): 5}, 3).voicing_silence(2, 0)

    assert items_of(voiced) == [[(1, 5)], [(0, 0), (1, 0)], [(0, 0), (1, 0)]]


def test_items_that_are_left_out_do_not_count() -> None:
    patterns = patterns_of({(0, 0): 1, (3, 0): 1}, 4).in_sequences([2, 2])

    kept = patterns.kept(np.array([True, False, False, True]))

    assert kept.counts.tolist() == [0, 2]
    assert kept.sequences is not None
    assert kept.sequences.tolist() == [0, 1, 2]


def test_the_dense_form_has_abstain_where_a_function_was_silent() -> None:
    patterns = patterns_of({(0, 1): 2}, 1)

    assert patterns.dense(3).tolist() == [[-1, 2, -1]]
