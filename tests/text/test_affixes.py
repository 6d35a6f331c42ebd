from functools import cache
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]

from labelmill.text.affixes import AffixCutter
from labelmill.text.chunks import bounds_of

ENGLISH: Any = spacy.blank("en").tokenizer
CHUNKS = st.text(
    "abAB19:;()o-_.,'\"/$&é🎉<>^*=Dpxskmgh²°’“…–%€中\u0301~!?[]@", min_size=1, max_size=9
)


@cache
def tokenizers(code: str, *, urls: bool) -> tuple[Any, Any]:
    """The tokenizer of a language of spaCy, and the same without special cases."""
    whole: Any = spacy.blank(code).tokenizer
    plain = Tokenizer(
        whole.vocab,
        rules={},
        prefix_search=whole.prefix_search,
        suffix_search=whole.suffix_search,
        infix_finditer=whole.infix_finditer,
        token_match=whole.token_match,
        url_match=whole.url_match if urls else None,
    )
    return whole, plain


@pytest.mark.parametrize("code", ["en", "fr", "hu", "tr"])
@pytest.mark.parametrize("urls", [False, True])
@given(data=st.data())
def test_a_chunk_is_cut_as_spacy_cuts_it_without_special_cases(
    code: str, urls: bool, data: st.DataObject
) -> None:
    chunk = data.draw(st.one_of(CHUNKS, st.sampled_from(["(www.a-b.org)", "a-b.de/c-d,", "12-3"])))
    tokenizer, plain = tokenizers(code, urls=urls)

    assert AffixCutter(tokenizer, urls=urls).cut(chunk).bounds == bounds_of(plain(chunk))


@pytest.mark.parametrize(
    ("chunk", "bounds", "core"),
    [
        ("(self-made).", [(0, 1), (1, 5), (5, 6), (6, 10), (10, 11), (11, 12)], (1, 10)),
        ("word", [(0, 4)], None),
        ("...", [(0, 3)], None),
        ("", [], None),
    ],
)
def test_the_core_is_what_infixes_cut(
    chunk: str, bounds: list[tuple[int, int]], core: tuple[int, int] | None
) -> None:
    cut = AffixCutter(ENGLISH).cut(chunk)

    assert (cut.bounds, cut.core) == (bounds, core)


@pytest.mark.parametrize(
    ("chunk", "tokens"),
    [
        ("don't", ["do", "n't"]),
        ("(don't", ["(", "do", "n't"]),
        ("don't,", ["do", "n't", ","]),
        ("(a.m.)", ["(", "a.m.", ")"]),
        ("(:)", ["(", ":)"]),
    ],
)
def test_a_special_case_ends_the_cutting(chunk: str, tokens: list[str]) -> None:
    cases = {"don't": ((0, 2), (2, 5)), "a.m.": ((0, 4),), ":)": ((0, 2),)}

    bounds = AffixCutter(ENGLISH, cases).cut(chunk).bounds

    assert [chunk[low:high] for low, high in bounds] == tokens
