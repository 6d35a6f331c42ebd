import re
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labelmill.text.chunk_table import ChunkTable

SPACES = "".join(chr(code) for code in range(0x110000) if chr(code).isspace())
TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.text("ab\0é🎉\u0301" + SPACES, max_size=20),
        st.text("ab  ", max_size=20),
    ),
    max_size=6,
)


@given(TEXTS)
@example(["", "a", "", " ", "b a", "b\u3000", "\u3000b", "\u2003", ""])
@example(["\xa0", "\xc2", "\u1680\u1681", "\u2000\u200b\u2010"])
def test_chunks_are_those_of_split(texts: list[str]) -> None:
    table = ChunkTable.of(pa.array(texts, pa.string()))

    words = table.distinct.to_pylist()
    found = [words[code] for code in table.code]
    places = [match.start() for text in texts for match in re.finditer(r"\S+", text)]
    assert found == [chunk for text in texts for chunk in text.split()]
    assert table.text.tolist() == [i for i, text in enumerate(texts) for _ in text.split()]
    assert table.start.tolist() == places
    assert table.bounds.tolist() == _sums([len(text.split()) for text in texts])
    assert table.size.tolist() == [len(word) for word in words]
    assert len(set(words)) == len(words)


@given(TEXTS)
def test_a_chunk_is_spaced_where_one_space_leads_to_the_next(texts: list[str]) -> None:
    table = ChunkTable.of(pa.array(texts, pa.string()))

    expected = []
    for text in texts:
        matches = list(re.finditer(r"\S+", text))
        gaps = [text[a.end() : b.start()] for a, b in pairwise(matches)]
        expected += [gap == " " for gap in gaps] + [False] * bool(matches)
    assert table.spaced.tolist() == expected


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_a_part_of_an_array_is_read_as_it_stands(kind: pa.DataType) -> None:
    texts = pa.array(["no no", "a é b", "ü a", None, "no"], kind).slice(1, 3)

    table = ChunkTable.of(texts)

    words = table.distinct.to_pylist()
    assert [words[code] for code in table.code] == ["a", "é", "b", "ü", "a"]
    assert table.start.tolist() == [0, 2, 4, 0, 2]
    assert table.bounds.tolist() == [0, 3, 5, 5]


@pytest.mark.parametrize("texts", [[], [""], ["", " \n"], [None]])
def test_texts_without_chunks_give_none(texts: list[str | None]) -> None:
    table = ChunkTable.of(pa.array(texts, pa.string()))

    assert len(table) == 0
    assert table.distinct.to_pylist() == []
    assert table.bounds.tolist() == [0] * (len(texts) + 1)


def _sums(counts: list[int]) -> list[int]:
    return [sum(counts[:i]) for i in range(len(counts) + 1)]
