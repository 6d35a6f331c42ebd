"""What can be said of the bytes of many texts at once."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.texts import all_ascii


@given(st.lists(st.text("aé\x00", max_size=3), max_size=5), st.integers(0, 3), st.integers(0, 3))
def test_all_ascii_says_what_each_text_says(texts: list[str], start: int, length: int) -> None:
    part = pa.array(texts, pa.string()).slice(min(start, len(texts)), length)

    assert all_ascii(part) == all(text.isascii() for text in part.to_pylist())


def test_other_kinds_of_strings_and_nulls_are_read_too() -> None:
    assert all_ascii(pa.array(["a", None]))
    assert not all_ascii(pa.array(["a", None, "é"]))
    assert not all_ascii(pa.array(["é"], pa.large_string()))
    assert all_ascii(pa.array(["", ""]))
