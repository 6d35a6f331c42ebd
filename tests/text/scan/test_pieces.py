"""Parts of trees, against `re` on every short string of three bytes."""

import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.scan.pieces import first_bytes, first_in, last_in, shortest, skippable
from labelmill.text.scan.tree import NEVER, Alt, Byte, Node, Rep, Seq
from labelmill.text.scan.writing import written

BYTES = b"abc"
STRINGS = [bytes(letters) for n in range(5) for letters in product(BYTES, repeat=n)]


def mask_of(letters: bytes) -> int:
    return sum(1 << byte for byte in set(letters))


LETTERS = st.sampled_from([b"a", b"b", b"ab", b"bc", b"abc"])
TREES: st.SearchStrategy[Node] = st.recursive(
    LETTERS.map(mask_of).map(Byte),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple).map(Seq),
        st.lists(inner, min_size=1, max_size=3).map(tuple).map(Alt),
        st.builds(Rep, inner, st.integers(0, 2), st.sampled_from([2, 3, None])),
    ),
    max_leaves=5,
)


def matches(node: Node) -> set[bytes]:
    """The strings that a tree matches as a whole."""
    if node == NEVER:
        return set()
    pattern = re.compile(written(node))
    return {string for string in STRINGS if pattern.fullmatch(string)}


@given(TREES)
def test_what_is_skippable_matches_the_empty_string(node: Node) -> None:
    assert skippable(node) == (b"" in matches(node))


@given(TREES, LETTERS)
def test_matches_are_chosen_by_the_byte_they_begin_or_end_with(node: Node, letters: bytes) -> None:
    whole = matches(node) - {b""}

    assert matches(first_in(node, mask_of(letters))) == {s for s in whole if s[0] in letters}
    assert matches(last_in(node, mask_of(letters))) == {s for s in whole if s[-1] in letters}


@given(TREES)
def test_every_byte_that_a_match_begins_or_ends_with_is_named(node: Node) -> None:
    whole = matches(node) - {b""}

    assert mask_of(bytes(s[0] for s in whole)) & ~first_bytes(node) == 0
    assert mask_of(bytes(s[-1] for s in whole)) & ~first_bytes(node, backwards=True) == 0


@given(TREES)
def test_what_may_be_left_out_at_an_end_decides_nothing(node: Node) -> None:
    def found_in(tree: Node) -> set[bytes]:
        pattern = re.compile(written(tree))
        return {string for string in STRINGS if pattern.search(string)}

    assert found_in(shortest(node)) == found_in(node)
    assert found_in(shortest(node, backwards=True)) == found_in(node)
