"""Texts joined to one buffer, and cut into sections."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.scan.joined import joined, squeezed

TEXTS = st.lists(st.text("aé中\U0001f600\x00 ", max_size=4), max_size=9)
TABLE = (np.arange(0x110000) % 251).astype(np.uint8)


@given(TEXTS, st.integers(0, 3), st.integers(0, 12))
def test_sections_hold_every_text_between_separators(
    texts: list[str], skip: int, size: int
) -> None:
    found = joined(pa.array(texts, pa.string()).slice(min(skip, len(texts))))
    meant = [text.encode() for text in texts[skip:]]

    sections = list(found.sections(size))

    held = [bytes(section.data)[1:-1].split(b"\xff") for section in sections]
    assert [text for part in held for text in part] == meant
    assert all(
        bytes(section.data)[:1] == b"\xff" == bytes(section.data)[-1:] for section in sections
    )
    assert [section.n_texts for section in sections] == list(map(len, held))
    assert [found.part(i) for i in range(len(found))] == [
        b"\xff" + text + b"\xff" for text in meant
    ]


@given(TEXTS, st.integers(0, 12))
def test_squeezed_texts_have_a_byte_for_each_character(texts: list[str], size: int) -> None:
    found = squeezed(pa.array([*texts, "é"], pa.string()), TABLE)
    meant = [bytes(ord(char) % 251 for char in text) for text in [*texts, "é"]]

    sections = list(found.sections(size))

    assert [t for part in sections for t in bytes(part.data)[1:-1].split(b"\xff")] == meant
    assert found.ends.tolist() == (np.cumsum([len(text) + 1 for text in meant]) - 1).tolist()


@given(TEXTS)
def test_a_section_begins_where_it_says(texts: list[str]) -> None:
    found = joined(pa.array(texts, pa.string()))

    for section in found.sections(3):
        first = int(found.ends[section.text - 1]) if section.text else -1
        assert section.start == first
