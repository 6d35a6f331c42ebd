"""Texts between separators, and cut into sections."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.scan.joined import joined, sections, squeezed

TEXTS = st.lists(st.text("aé中\U0001f600\x00 ", max_size=4), max_size=9)
TABLE = (np.arange(0x110000) % 251).astype(np.uint8)


@given(TEXTS, st.integers(0, 3))
def test_every_text_stands_between_separators(texts: list[str], skip: int) -> None:
    found = joined(pa.array(texts, pa.string()).slice(min(skip, len(texts))))
    meant = [text.encode() for text in texts[skip:]]

    assert bytes(found.data) == b"".join([b"\xff", *(text + b"\xff" for text in meant)])
    assert [bytes(found.part(i)) for i in range(len(found))] == [
        b"\xff" + text + b"\xff" for text in meant
    ]


@given(TEXTS)
def test_squeezed_texts_have_a_byte_for_each_character(texts: list[str]) -> None:
    found = squeezed(pa.array([*texts, "é"], pa.string()), TABLE)
    meant = [bytes(ord(char) % 251 for char in text) for text in [*texts, "é"]]

    assert [bytes(found.part(i))[1:-1] for i in range(len(found))] == meant
    assert found.data[found.ends].tolist() == [255] * len(meant)


@given(
    TEXTS, st.integers(0, 3), st.integers(0, 12), st.sampled_from([pa.string(), pa.large_string()])
)
def test_sections_hold_every_text_once_and_no_more_than_they_may(
    texts: list[str], skip: int, size: int, kind: pa.DataType
) -> None:
    array = pa.array(texts, kind).slice(min(skip, len(texts)))

    cut = list(sections(array, size))

    assert [text for _, part in cut for text in part.to_pylist()] == texts[skip:]
    assert [first for first, _ in cut] == np.cumsum([0, *(len(part) for _, part in cut)])[
        :-1
    ].tolist()
    held = [sum(len(text.encode()) for text in part.to_pylist()) for _, part in cut]
    assert all(n <= size or len(part) == 1 for n, (_, part) in zip(held, cut, strict=True))
