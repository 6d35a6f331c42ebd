"""Words and signs of distinct chunks, against those of each chunk alone."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.chunk_table import ChunkTable
from labelmill.text.word_cuts import words_of, words_of_chunks

TEXT = st.text(st.sampled_from("ab_9 .'\n\x00\x1cé\u0301\u2167中\U0001f600")) | st.text()


@given(st.lists(TEXT, max_size=6))
def test_all_chunks_at_once_give_what_each_gives(texts: list[str]) -> None:
    table = ChunkTable.of(pa.array(texts, pa.string()))

    first, low, high = words_of_chunks(table)

    bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    cut = [bounds[first[i] : first[i + 1]] for i in range(len(table.distinct))]
    assert cut == [words_of(chunk) for chunk in table.distinct.to_pylist()]


@given(st.lists(TEXT, max_size=6))
def test_words_of_chunks_are_those_of_the_texts(texts: list[str]) -> None:
    table = ChunkTable.of(pa.array(texts, pa.string()))

    first, low, high = words_of_chunks(table)

    found = [
        (text, start + a, start + b)
        for text, start, code in zip(
            table.text.tolist(), table.start.tolist(), table.code.tolist(), strict=True
        )
        for a, b in zip(
            low[first[code] : first[code + 1]].tolist(),
            high[first[code] : first[code + 1]].tolist(),
            strict=True,
        )
    ]
    assert found == [(i, *bounds) for i, text in enumerate(texts) for bounds in words_of(text)]
