"""Looking up terms in many texts at once gives what looking in each text gives."""

from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path
from re import finditer

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.core.batch import Batch
from labelmill.core.tokens import Tokens
from labelmill.io.gazetteers import load_gazetteer
from labelmill.text.folding import fold
from labelmill.text.gazetteer import CompiledGazetteer, Entry
from labelmill.text.gazetteer_table import GazetteerTable
from labelmill.text.language import Language
from labelmill.text.words import Case

ENGLISH = Language()
WORDS = Language(tokenizer="whitespace")
LANGUAGES = {"spacy": ENGLISH, "whitespace": WORDS}

Row = tuple[int, int, int, str | None, str | None]

NASTY = (
    "aAbB.,-'’&/:;()°%10 \t\n\x1c\x00\u00a0\u2003\u3000"
    "éßİıſﬁ\u212a\u0301\u0345\u0308¨ǅΣς\u1100\u1161\u11a8한字漢\u0bcd\u200d\U0001f600😀אب\ufb1d"
)
TEXTS = st.lists(
    st.one_of(
        st.text(NASTY, max_size=12),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        st.sampled_from(["New York", "10km", "can't", ":o )", "U.S.", "a.m.", "(Reuters)", "o'er"]),
    ),
    max_size=6,
).map(" ".join)


def batch_of(texts: Sequence[str], language: Language = ENGLISH) -> Batch:
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), analysis=language)


def at_once(gazetteer: CompiledGazetteer, batch: Batch) -> list[Row]:
    found = gazetteer.find_all(batch)
    labels = [gazetteer.labels[code] for code in found.label.tolist()]
    places = zip(found.doc.tolist(), found.start.tolist(), found.end.tolist(), strict=True)
    entries = zip(labels, found.entry.to_pylist(), strict=True)
    return [(*place, *entry) for place, entry in zip(places, entries, strict=True)]


def one_by_one(gazetteer: CompiledGazetteer, batch: Batch) -> list[Row]:
    return [
        (doc, found.start, found.end, found.label, found.entry)
        for doc, text in enumerate(batch.strings)
        for found in gazetteer.find(text, batch.tokens.bounds(doc))
    ]


def cut_out(data: st.DataObject, texts: Sequence[str]) -> list[Entry]:
    """Terms that are pieces of the texts, some of them turned into other letters."""
    places = st.sampled_from([t for t in texts if t.strip()] or ["a"])
    turned = st.sampled_from(["strip", "upper", "lower", "title", "casefold"])
    entries = []
    for _ in range(data.draw(st.integers(1, 8))):
        text = data.draw(places)
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        term: str = getattr(text[start:end], data.draw(turned))()
        if term.strip():
            label, id_ = data.draw(st.sampled_from([(None, None), ("X", None), ("Y", "7")]))
            entries.append(Entry(term, label, id_))
    return entries


@pytest.mark.parametrize("tokenizer", ["spacy", "whitespace"])
@pytest.mark.parametrize("case", ["exact", "ignore", "fold"])
@settings(max_examples=60)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), data=st.data())
def test_many_texts_give_what_each_text_gives(
    tokenizer: str, case: Case, texts: list[str], data: st.DataObject
) -> None:
    gazetteer = CompiledGazetteer(cut_out(data, texts), case=case)
    batch = batch_of(texts, LANGUAGES[tokenizer])

    assert at_once(gazetteer, batch) == one_by_one(gazetteer, batch)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["en", "de", "fr", "xx", "hu", "ru"])
@pytest.mark.parametrize("case", ["exact", "ignore", "fold"])
@settings(max_examples=300, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), data=st.data())
def test_many_texts_give_what_each_text_gives_in_other_languages(
    code: str, case: Case, texts: list[str], data: st.DataObject
) -> None:
    gazetteer = CompiledGazetteer(cut_out(data, texts), case=case)
    language = LANGUAGES.setdefault(code, Language(code))
    batch = batch_of(texts, language)

    assert at_once(gazetteer, batch) == one_by_one(gazetteer, batch)


def same(terms: Sequence[str], texts: Sequence[str], case: Case = "exact") -> list[str]:
    """The mentions, which are the same both ways."""
    gazetteer = CompiledGazetteer([Entry(term) for term in terms], case=case)
    batch = batch_of(texts)
    found = at_once(gazetteer, batch)
    assert found == one_by_one(gazetteer, batch)
    return [texts[doc][start:end] for doc, start, end, *_ in found]


def test_terms_may_hold_what_means_something_in_patterns() -> None:
    assert same(["C++", "a.*b", "[x]"], ["C++ is no a.*b but [x] aXXb"]) == ["C++", "a.*b", "[x]"]


def test_the_longest_of_terms_that_begin_alike_is_found() -> None:
    terms = ["New", "New York", "New York Times Book Review", "York"]

    assert same(terms, ["New York Times, New York", "New", "", " ", "York Times"]) == [
        "New York",
        "New York",
        "New",
        "York",
    ]


def test_a_term_never_crosses_from_one_text_to_the_next() -> None:
    assert same(["New York"], ["in New", "York"]) == []


def test_a_term_of_fifty_words_is_found() -> None:
    term = " ".join(f"word{i}" for i in range(50))

    assert same([term, "word0 word1"], [f"a {term} b", term[:-1]]) == [term, "word0 word1"]


def test_text_without_white_space_is_searched_token_by_token() -> None:
    text = "北京和上海、" * 200
    chinese = Language("zh")
    gazetteer = CompiledGazetteer([Entry("北京"), Entry("上海")])
    batch = batch_of([text, "北 京"], chinese)

    assert at_once(gazetteer, batch) == one_by_one(gazetteer, batch)
    assert len(at_once(gazetteer, batch)) == 400


def test_ligatures_and_combining_marks_are_folded() -> None:
    texts = ["ﬁne CAFE\u0301 cafe STRASSE", "Straße", "cafe\u0301s"]

    assert same(["fine", "café", "strasse", "caf"], texts, "fold") == [
        "ﬁne",
        "CAFE\u0301",
        "STRASSE",
        "Straße",
    ]


def test_no_texts_and_no_terms_give_nothing() -> None:
    assert same(["a"], []) == []
    assert same([], ["a b"]) == []
    assert same(["a"], ["", " \n", "\t"]) == []


def test_runs_of_one_word_are_taken_from_the_left() -> None:
    assert same(["a a a", "a a"], ["a " * 8]) == ["a a a", "a a a", "a a"]


def test_no_character_folds_to_nothing() -> None:
    characters = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)

    assert all(fold(character, "fold") and character.lower() for character in characters)


def test_line_ends_keep_what_is_folded_apart() -> None:
    characters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    characters.remove("\n")

    parts = fold("\n".join(characters), "fold").split("\n")

    assert parts == [fold(character, "fold") for character in characters]


def twins(length: int = 11) -> tuple[str, str]:
    """Two words with one hash: a word of Thue and Morse and its opposite, for any base."""
    word = "x"
    for _ in range(length):
        word += word.translate(str.maketrans("xy", "yx"))
    return word, word.translate(str.maketrans("xy", "yx"))


def test_words_with_the_hash_of_a_term_are_no_mentions_of_it() -> None:
    one, other = twins()
    gazetteer = CompiledGazetteer([Entry(one), Entry("of")])
    table = gazetteer.table
    batch = batch_of([f"{other} of {one}", f"of {other}"])

    assert table.is_sure
    assert at_once(gazetteer, batch) == one_by_one(gazetteer, batch)
    assert [row[0] for row in at_once(gazetteer, batch)] == [0, 0, 1]


def test_terms_with_one_hash_are_told_apart() -> None:
    one, other = twins()
    gazetteer = CompiledGazetteer([Entry(one, "X"), Entry(other, "Y")])

    assert not gazetteer.table.is_sure
    assert [row[3] for row in at_once(gazetteer, batch_of([f"{other} {one}"]))] == ["Y", "X"]


@given(st.lists(st.text(NASTY, min_size=1).filter(str.strip), max_size=20), st.booleans())
def test_a_table_gives_back_what_it_was_made_of(terms: list[str], labeled: bool) -> None:
    entries = [Entry(t, "X" if labeled and i % 2 else None, str(i)) for i, t in enumerate(terms)]
    gazetteer = CompiledGazetteer(entries, case="ignore", min_length=2, stop=["a a"])
    table = GazetteerTable.of_columns(gazetteer.table.columns())
    again = CompiledGazetteer.of_table(table, "ignore")

    assert again.terms() == gazetteer.terms()
    assert again.terms("X") == gazetteer.terms("X")
    assert again.labels == gazetteer.labels
    assert again.report == gazetteer.report
    assert len(again) == len(gazetteer)
    assert all((term in again) == (term in gazetteer) for term in terms)
    text = " ".join(terms)
    tokens = ENGLISH.tokens([text]).bounds(0)
    assert again.find(text, tokens) == gazetteer.find(text, tokens)


def test_a_batch_reads_its_texts_once_for_all_gazetteers() -> None:
    batch = batch_of(["a b", "c"])
    lists = [CompiledGazetteer([Entry(term)]) for term in "abc"]

    docs = [at_once(terms, batch)[0][0] for terms in lists]
    kept = [reading for key, reading in vars(batch)["_readings"].items() if key[0] == "pieces"]

    assert docs == [0, 0, 1]
    assert len(kept) == 1


class Letters:
    """Reads texts in a way of its own: its tokens are letters and leave out what is between."""

    def tokens(self, texts: Sequence[str] | pa.Array) -> Tokens:
        strings = map(str, texts)
        return Tokens.of([[found.span() for found in finditer("[a-z]", text)] for text in strings])

    def cuts(self, texts: pa.Array) -> None:  # noqa: ARG002 (the protocol's)
        return None

    def docs(self, texts: list[str], model: str | None) -> list[object]:
        raise NotImplementedError


@given(
    st.lists(st.text("ab-\u0301 \n", max_size=9), max_size=4), st.sampled_from(["exact", "fold"])
)
def test_what_a_tokenizer_leaves_out_counts_as_it_stands(texts: list[str], case: Case) -> None:
    terms = ["a b", "a-b", "ab", "b--a", "a", "b\u0301a"]
    gazetteer = CompiledGazetteer(map(Entry, terms), case=case)
    batch = Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), analysis=Letters())

    assert at_once(gazetteer, batch) == one_by_one(gazetteer, batch)


def test_mentions_come_in_the_order_of_the_texts() -> None:
    texts = [":o ) b", "a b", "x:o )", "b a"] * 3
    gazetteer = CompiledGazetteer([Entry("a"), Entry("b"), Entry(")")])
    found = gazetteer.find_all(batch_of(texts))
    places = found.doc.astype(np.int64) << 32 | found.start

    assert all(one < next_ for one, next_ in pairwise(places.tolist()))
    assert same(["a", "b", ")"], texts)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["exact", "ignore", "fold"])
def test_half_a_million_companies_stand_where_the_plain_way_finds_them(
    corpora: Path, tmp_path: Path, case: Case
) -> None:
    path = corpora / "gazetteers" / "crunchbase_companies.json.gz"
    load_gazetteer(path, case=case, cache=tmp_path)
    gazetteer = load_gazetteer(path, case=case, cache=tmp_path)
    files = sorted(corpora.glob("*/dev.parquet"))

    for file in files:
        columns = pq.read_table(file)
        if "text" in columns.column_names:
            batch = batch_of(columns["text"].to_pylist()[:500])
            assert at_once(gazetteer, batch) == one_by_one(gazetteer, batch), file
    assert len(files) > 3


@pytest.mark.slow
def test_a_million_terms_are_looked_up() -> None:
    numbers = np.random.default_rng(7)
    words = ["".join(letters) for letters in product("abcdefghij", repeat=4)]
    picked = numbers.integers(0, len(words), (1_000_000, 3))
    terms = [" ".join(words[i] for i in row[: 1 + row[0] % 3]) for row in picked.tolist()]
    gazetteer = CompiledGazetteer(map(Entry, terms), case="fold")
    texts = [" ".join(words[i] for i in row) for row in numbers.integers(0, 10_000, (300, 60))]
    batch = batch_of(texts)

    found = at_once(gazetteer, batch)

    assert len(gazetteer) > 600_000
    assert len(found) > 5_000
    assert found == one_by_one(gazetteer, batch)


@pytest.mark.slow
def test_a_text_of_ten_megabytes_is_read() -> None:
    text = "Acme Ltd of New York, said Dr. Who. " * 300_000
    gazetteer = CompiledGazetteer([Entry("Acme Ltd"), Entry("New York"), Entry("said Dr")])

    found = gazetteer.find_all(batch_of([text, "New York"]))

    assert len(text) > 10_000_000
    assert len(found.doc) == 600_001
    assert text[found.start[-3] : found.end[-3]] == "Acme Ltd"
