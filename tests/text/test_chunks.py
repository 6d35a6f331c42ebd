from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.chunks import ChunkCutter, WholeCutter, bounds_of, can_cut

CODES = ("en", "de", "fr", "ru", "tr")
BLANK: dict[str, Any] = {code: spacy.blank(code).tokenizer for code in CODES}
CUTTERS = {code: ChunkCutter(tokenizer) for code, tokenizer in BLANK.items()}


@st.composite
def texts_of(draw: st.DrawFn, code: str) -> str:
    """Special cases of a language, whole and broken by a space, among odd characters."""
    cases = st.sampled_from(sorted(rule for rule in BLANK[code].rules if rule.strip()))
    broken = st.tuples(cases, st.integers(0, 6)).map(lambda p: p[0][: p[1]] + " " + p[0][p[1] :])
    odd = st.text("abAB19:;()o-_.,'\"/$& \t\n\u00a0é🎉<>^*=Dpx", max_size=6)
    parts = draw(st.lists(st.one_of(cases, broken, odd), max_size=6))
    return draw(st.sampled_from(["", " ", "  ", "\n"])).join(parts)


@pytest.mark.parametrize("code", CODES)
@given(data=st.data())
def test_the_tokens_are_those_of_spacy(code: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(texts_of(code), max_size=3))

    assert can_cut(BLANK[code])
    assert CUTTERS[code].cut(texts) == [bounds_of(BLANK[code](text)) for text in texts]


@pytest.mark.parametrize("text", ["x:o )", "ca n't", ": )", "a.m .", "10 am", "do n't :-) ) :"])
def test_a_special_case_is_found_where_a_space_stands_in_it(text: str) -> None:
    assert CUTTERS["en"].cut([text]) == WholeCutter(BLANK["en"]).cut([text])


def test_what_was_cut_before_changes_nothing() -> None:
    texts = ["(a.m.) don't ", "don't (a.m.", "https://a.org/b?c=d, " + "x" * 500 + "'s"]
    alone = [ChunkCutter(BLANK["en"]).cut([text])[0] for text in texts]

    assert ChunkCutter(BLANK["en"]).cut(texts) == alone
    assert ChunkCutter(BLANK["en"]).cut(texts[::-1])[::-1] == alone
    assert CUTTERS["en"].cut([]) == []


def test_special_cases_with_odd_spaces_are_left_to_spacy() -> None:
    nlp: Any = spacy.blank("en")
    nlp.tokenizer.add_special_case("New  York", [{"ORTH": "New  York"}])

    assert not can_cut(nlp.tokenizer)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["agnews/dev", "ner_laptop/train", "sst2/train", "wnut17/train"])
def test_the_tokens_of_the_corpora_are_those_of_spacy(corpora: Path, name: str) -> None:
    texts = pq.read_table(corpora / f"{name}.parquet")["text"].to_pylist()

    assert ChunkCutter(BLANK["en"]).cut(texts) == WholeCutter(BLANK["en"]).cut(texts)
    assert len(texts) > 1000
