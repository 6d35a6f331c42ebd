from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.text import chunks
from labelmill.text.chunks import Bounds, ChunkCutter, WholeCutter, bounds_of, can_cut, uncut

CODES = ("en", "de", "fr", "hu", "ru", "tr", "xx")
EVERY_CODE = [
    *["af", "am", "ar", "az", "bg", "bn", "bo", "ca", "cs", "da", "de", "dsb", "el", "en", "es"],
    *["et", "eu", "fi", "fo", "fr", "ga", "gd", "grc", "gu", "he", "hi", "hr", "hsb", "ht", "hu"],
    *["hy", "id", "is", "it", "kmr", "kn", "ky", "la", "lb", "lg", "lij", "lt", "lv", "mk", "ml"],
    *["mr", "nb", "ne", "nl", "nn", "pl", "pt", "ro", "ru", "sa", "si", "sk", "sl", "sq", "sr"],
    *["sv", "ta", "te", "ti", "tl", "tn", "tr", "tt", "uk", "ur", "xx", "yo"],
]
BLANK: dict[str, Any] = {code: spacy.blank(code).tokenizer for code in CODES}
CUTTERS = {code: ChunkCutter(tokenizer) for code, tokenizer in BLANK.items()}
ODD = (
    "abAB19:;()o-_.,'\"/$& \t\n\u00a0é🎉<>^*=DpxskmghK²³µ°’‘“”…—–%£€₽ßİıſ\u212a\u0301\u0308"
    "\u200d\u200bяЖщこ中हिא١٢٣\x1c\x85\u2028\0ﬁ￥+~!?[]{}#@|\\`«»§"
)
WORDS = [
    *["www.foo.com", "http://a.b/c?d=1", "10.1.2.3", "192.168.1.1", "1.2.3.4/x", "a@b.de", "x:o"],
    *["1.5km", "3,5", "10km/h", "US$5", "5$", "m²", "5m².", "°C.", "20°C.", "3pm", "10-20"],
    *["U.S.", "Hans-Peter's", "1990s", "ab.De", "A,B", "a/b", "(http://x.yz)", "a--b", "Ünï.de"],
]


def cut_alone(tokenizer: Any, texts: list[str]) -> list[Bounds]:
    """The tokens of each text as spaCy cuts it: the reference."""
    return [bounds_of(tokenizer(text)) for text in texts]


def cut(cutter: ChunkCutter | WholeCutter, texts: list[str]) -> list[Bounds]:
    tokens = cutter.cut(pa.array(texts, pa.string()))
    return [tokens.bounds(place) for place in range(len(tokens))]


@st.composite
def texts_of(draw: st.DrawFn, tokenizer: Any) -> str:
    """Special cases of a language, whole and broken by a space, among odd characters."""
    cases = st.sampled_from(sorted(rule for rule in tokenizer.rules if rule.strip()))
    broken = st.tuples(cases, st.integers(0, 6)).map(lambda p: p[0][: p[1]] + " " + p[0][p[1] :])
    parts = st.one_of(
        cases,
        broken,
        st.sampled_from(WORDS),
        st.text(ODD, max_size=6),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    )
    gaps = st.sampled_from(["", " ", " ", "  ", "\n"])
    return "".join(draw(st.lists(st.one_of(parts, gaps), max_size=12)))


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=40)
@given(data=st.data())
def test_the_tokens_are_those_of_spacy(code: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(texts_of(BLANK[code]), max_size=8))

    assert can_cut(BLANK[code])
    assert cut(CUTTERS[code], texts) == cut_alone(BLANK[code], texts)


@pytest.mark.slow
@pytest.mark.parametrize("code", EVERY_CODE)
def test_the_tokens_are_those_of_spacy_in_every_language(code: str) -> None:
    tokenizer = spacy.blank(code).tokenizer
    cutter = ChunkCutter(tokenizer)

    @settings(max_examples=40, deadline=None)
    @given(texts=st.lists(texts_of(tokenizer), min_size=5, max_size=20))
    def the_same(texts: list[str]) -> None:
        assert cut(cutter, texts) == cut_alone(tokenizer, texts)

    the_same()


@pytest.mark.parametrize(
    "text",
    [
        "x:o )",
        "x:o ))",
        "ca n't",
        ": )",
        ": ) )",
        "a.m .",
        "10 am",
        "do n't :-) ) :",
        "it 's :o )",
        ") - :o-x",
    ],
)
def test_a_special_case_is_found_where_a_space_stands_in_it(text: str) -> None:
    assert cut(CUTTERS["en"], [text]) == cut_alone(BLANK["en"], [text])


@pytest.mark.parametrize(
    ("text", "is_whole"), [("x:o )", True), ("he said : )", False), ("it 's (a) - b", False)]
)
def test_only_a_text_with_a_case_over_a_space_that_changes_tokens_is_read_as_a_whole(
    text: str, is_whole: bool
) -> None:
    cuts = CUTTERS["en"].cut_chunks(pa.array(["good morning", text]))

    assert cuts.whole.tolist() == [1] * is_whole


@pytest.mark.parametrize("case", ["New York", "a b c"])
def test_a_special_case_may_hold_a_space(case: str) -> None:
    nlp: Any = spacy.blank("en")
    nlp.tokenizer.add_special_case(case, [{"ORTH": case}])
    texts = [case, f"in {case}.", f"({case})", case.replace(" ", "  ")]

    assert cut(ChunkCutter(nlp.tokenizer), texts) == cut_alone(nlp.tokenizer, texts)


def test_what_was_cut_before_changes_nothing() -> None:
    texts = ["(a.m.) don't ", "don't (a.m.", "https://a.org/b?c=d, " + "x" * 500 + "'s"]
    alone = [cut(ChunkCutter(BLANK["en"]), [text])[0] for text in texts]

    assert cut(ChunkCutter(BLANK["en"]), texts) == alone
    assert cut(ChunkCutter(BLANK["en"]), texts[::-1])[::-1] == alone
    assert cut(CUTTERS["en"], []) == []


def test_what_is_known_is_forgotten_before_it_grows_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunks, "_KNOWN", 5)
    cutter = ChunkCutter(BLANK["en"])
    texts = [f"{'x' * n}-ray, {'y' * n}." for n in range(1, 9)] + ["don't"]

    for text in texts:
        assert cut(cutter, [text]) == cut_alone(BLANK["en"], [text])
    assert cutter.n_known < 25


def test_long_chunks_are_cut_by_spacy_and_not_kept() -> None:
    cutter = ChunkCutter(BLANK["en"])
    long = ["x:o" * 30 + end for end in ("", ":", ":o", "...", "don't", " )", " ) )")]
    texts = [*long, *(f"(a :{one}" for one in long), "'" * 99, "中文。" * 50, "a-" * 70 + " x:o )"]

    assert cut(cutter, texts) == cut_alone(BLANK["en"], texts)
    assert cut(cutter, texts[::-1]) == cut_alone(BLANK["en"], texts[::-1])


def test_chunks_of_one_shape_are_learned_once() -> None:
    cutter = ChunkCutter(BLANK["en"])
    cutter.cut(pa.array(["Kowalski's 2004-05-06 $1,234.50", "Nowicka's"]))
    before = cutter.n_known

    cutter.cut(pa.array(["Grabovsk's 1999-12-31 $9,876.54"]))

    assert cutter.n_known == before


def test_white_space_alone_can_be_what_stands_between_tokens() -> None:
    tokens = uncut(pa.array(["Don't  go.", "", "x"])).tokens()

    assert [tokens.bounds(place) for place in range(3)] == [[(0, 5), (7, 10)], [], [(0, 1)]]


def test_special_cases_with_odd_spaces_are_left_to_spacy() -> None:
    nlp: Any = spacy.blank("en")
    nlp.tokenizer.add_special_case("New  York", [{"ORTH": "New  York"}])

    assert not can_cut(nlp.tokenizer)
    assert cut(WholeCutter(nlp.tokenizer), ["New  York"]) == [[(0, 9)]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "agnews/dev", "imdb/dev", "ner_laptop/train", "ner_ncbi/train", "sms/train", "sst2/train",
        "wnut17/train", "youtube/train",
    ],
)  # fmt: skip
@pytest.mark.parametrize("code", ["en", "de", "fr"])
def test_the_tokens_of_the_corpora_are_those_of_spacy(corpora: Path, name: str, code: str) -> None:
    texts = pq.read_table(corpora / f"{name}.parquet")["text"].to_pylist()

    assert cut(ChunkCutter(BLANK[code]), texts) == cut_alone(BLANK[code], texts)
    assert len(texts) > 500
