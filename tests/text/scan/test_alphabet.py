"""One byte for each kind of character."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.text.scan.alphabet import SEPARATOR, Alphabet
from labelmill.text.scan.points import LIMIT, Points, category

WORD = category(r"\w", only_ascii=False)
SETS = st.lists(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=3).map(Points.of),
    max_size=5,
)


@given(SETS)
@settings(max_examples=20, deadline=None)
def test_few_sets_are_told_apart_exactly(sets: list[Points]) -> None:
    alphabet = Alphabet([*sets, WORD])

    for points in [*sets, WORD, ~WORD]:
        mask, exact = alphabet.mask(points)
        bits = np.array([mask >> bit & 1 for bit in range(256)], dtype=np.bool_)
        assert exact
        assert np.array_equal(bits[alphabet.table], points.holds(np.arange(LIMIT)))


def test_ascii_stands_for_itself_and_the_separator_for_nothing() -> None:
    table = Alphabet([WORD, Points.only(0xE9)]).table

    assert table[:128].tolist() == list(range(128))
    assert SEPARATOR not in table


def test_too_many_names_share_bytes_and_never_lack_one() -> None:
    names = [Points.only(0x4E00 + 3 * i) for i in range(500)]
    alphabet = Alphabet([*names, WORD])

    masks = [alphabet.mask(points) for points in names]

    assert not any(exact for _, exact in masks)
    assert all(mask >> int(alphabet.table[0x4E00 + 3 * i]) & 1 for i, (mask, _) in enumerate(masks))
    assert alphabet.mask(WORD)[1]


def test_a_character_like_a_plain_one_shares_its_byte() -> None:
    kelvin = Points.only(ord("k"), ord("K"), 0x212A)

    assert Alphabet([kelvin]).table[0x212A] in b"kK"
