"""Distinct vote patterns."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core import slow_patterns

from labelmill.core.patterns import TOGETHER, VotePatterns

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

    assert slow_patterns.keys_of(left) == slow_patterns.keys_of(right)
    assert left.counts.tolist() == right.counts.tolist()


@given(cells, st.integers(0, 10))
def test_patterns_of_parts_add_up_to_those_of_the_whole(
    votes: dict[tuple[int, int], int], cut: int
) -> None:
    left = patterns_of({k: v for k, v in votes.items() if k[0] < cut}, cut)
    right = patterns_of({(i - cut, f): v for (i, f), v in votes.items() if i >= cut}, 10 - cut)

    total, whole = VotePatterns.added([left, right]), patterns_of(votes)

    assert slow_patterns.keys_of(total) == slow_patterns.keys_of(whole)
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


wide_cells = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.one_of(st.integers(0, 2), st.integers(0, 2**31 - 2)),
        st.one_of(st.integers(0, 2), st.integers(0, 2**31 - 2)),
    ),
    max_size=40,
)
"""Votes (item, function, label), also twice, several of a function, and with huge numbers."""


def columns_of(votes: list[tuple[int, int, int]]) -> tuple[Any, Any, Any]:
    item, function, label = np.array(votes, dtype=np.int64).reshape(-1, 3).T
    return item, function, label


@given(wide_cells)
def test_the_patterns_are_those_found_item_by_item(votes: list[tuple[int, int, int]]) -> None:
    found = VotePatterns.of(*columns_of(votes), 10)

    assert slow_patterns.same(found, slow_patterns.patterns_of_votes(votes, 10))


@given(st.lists(st.lists(st.integers(0, 1), min_size=12, max_size=12), max_size=30))
def test_patterns_that_begin_alike_stand_in_the_order_of_what_follows(
    rows: list[list[int]],
) -> None:
    votes = [(i, 0, n) for i in range(len(rows)) for n in range(9)]
    votes += [(i, 1 + f, 0) for i, row in enumerate(rows) for f, hit in enumerate(row) if hit]

    found = VotePatterns.of(*columns_of(votes), len(rows))

    assert slow_patterns.same(found, slow_patterns.patterns_of_votes(votes, len(rows)))


@pytest.mark.parametrize("n_labels", [3, 200, 70_000])
@pytest.mark.parametrize("coverage", [0.02, 0.3, 1.0])
def test_thousands_of_patterns_are_those_found_item_by_item(n_labels: int, coverage: float) -> None:
    rng = np.random.default_rng(n_labels)
    matrix = rng.integers(0, n_labels, (2000, 20)) % rng.integers(1, n_labels, 20)
    matrix[rng.random(matrix.shape) >= coverage] = -1
    item, function = np.nonzero(matrix >= 0)
    votes = np.stack([item, function, matrix[item, function]], axis=1)
    expected = slow_patterns.patterns_of_votes(map(tuple, votes.tolist()), 2000)

    item, function, label = rng.permutation(votes).T

    assert slow_patterns.same(VotePatterns.of(item, function, label, 2000), expected)
    assert slow_patterns.same(VotePatterns.of_matrix(matrix, n_labels), expected)


@given(
    st.tuples(st.integers(0, 30), st.integers(1, 20)),
    st.sampled_from([0.02, 0.3, 1.0]),
    st.sampled_from([-1, -128, -200]),
    st.integers(0, 2**32),
)
def test_votes_of_one_byte_give_the_patterns_of_wider_ones(
    shape: tuple[int, int], coverage: float, abstain: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    spoken = rng.random(shape) < coverage if abstain >= -128 else np.ones(shape, dtype=np.bool_)
    matrix = np.where(spoken, rng.integers(0, 5, shape), abstain)

    found = VotePatterns.of_matrix(matrix.astype(np.int8), 5, abstain)

    assert slow_patterns.same(found, VotePatterns.of_matrix(matrix, 5, abstain))


@given(st.lists(wide_cells, max_size=4))
def test_patterns_of_parts_add_up_as_dictionaries_do(
    parts: list[list[tuple[int, int, int]]],
) -> None:
    patterns = [VotePatterns.of(*columns_of(votes), 10) for votes in parts]
    later = [(i + 10 * n, *vote) for n, votes in enumerate(parts) for i, *vote in votes]

    assert slow_patterns.same(VotePatterns.added(patterns), slow_patterns.added(patterns))
    assert slow_patterns.same(
        VotePatterns.concatenated(patterns),
        slow_patterns.patterns_of_votes(later, 10 * len(parts)),  # type: ignore[arg-type]
    )


@given(cells, st.integers(0, 6), st.integers(0, 301))
def test_silence_finds_its_place_among_the_patterns(
    votes: dict[tuple[int, int], int], n_functions: int, label: int
) -> None:
    patterns = patterns_of(votes)

    voiced = patterns.voicing_silence(n_functions, label)

    assert slow_patterns.same(voiced, slow_patterns.voicing_silence(patterns, n_functions, label))


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_of_any_type_and_order_gives_the_same_patterns(dtype: Any, order: Any) -> None:
    matrix = np.array([[0, -1, 2], [-1, -1, -1], [0, -1, 2], [1, 1, 1]], dtype=dtype, order=order)

    assert VotePatterns.of_matrix(matrix, 3).counts.tolist() == [1, 2, 1]


def test_a_matrix_that_is_larger_than_one_look_gives_all_its_votes() -> None:
    matrix = np.full((30_011, 7), -1, dtype=np.int8)
    matrix[::3, 2] = 1
    matrix[30_010, 6] = 0

    patterns = VotePatterns.of_matrix(matrix, 2)

    assert patterns.counts.tolist() == [20_006, 10_004, 1]
    assert items_of(patterns)[30_010] == [(6, 0)]


def test_each_item_has_a_pattern_of_its_own_where_that_is_asked_for() -> None:
    patterns = VotePatterns.of_matrix(np.array([[2, -1], [-1, -1], [2, -1]]), 3, distinct=False)

    assert patterns.index.tolist() == [0, 1, 2]
    assert items_of(patterns) == [[(0, 2)], [], [(0, 2)]]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_a_matrix_without_cells_has_no_votes(shape: tuple[int, int]) -> None:
    patterns = VotePatterns.of_matrix(np.zeros(shape, dtype=np.int64), 2)

    assert patterns.counts.tolist() == [3] * (shape[0] > 0)
    assert len(patterns.function) == 0


@pytest.mark.parametrize("vote", [-2, 3, 2**32])
def test_a_number_that_is_no_label_set_is_refused(vote: int) -> None:
    with pytest.raises(ValueError, match="neither -1 nor the index"):
        VotePatterns.of_matrix(np.array([[0, vote]]), 3)


def test_the_first_vote_of_each_function_is_known() -> None:
    patterns = VotePatterns.of(*columns_of([(0, 1, 0), (0, 1, 2), (0, 3, 0), (2, 3, 0)]), 3)

    assert patterns.first_of_function().tolist() == [True, False, True, True]


def test_many_shards_add_up_as_one_though_few_lie_in_memory() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.integers(-1, 2, (3 * TOGETHER, 12), dtype=np.int8)
    shards = (
        VotePatterns.of_matrix(matrix[first : first + 20_000], 2)
        for first in range(0, len(matrix), 20_000)
    )

    total, whole = VotePatterns.added(shards), VotePatterns.of_matrix(matrix, 2)

    assert len(whole) > TOGETHER
    assert slow_patterns.keys_of(total) == slow_patterns.keys_of(whole)
    assert total.counts.tolist() == whole.counts.tolist()
