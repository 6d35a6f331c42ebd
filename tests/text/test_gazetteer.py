from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.mentions import Mention
from labelmill.io.gazetteers import load_gazetteer
from labelmill.text.folding import begins_inside
from labelmill.text.gazetteer import CompiledGazetteer, Entry, key_of
from labelmill.text.language import Language
from labelmill.text.words import Case

ENGLISH = Language()


def reference(
    entries: Sequence[Entry], case: Case, text: str, tokens: Sequence[tuple[int, int]]
) -> list[Mention]:
    """The definition, token by token: the longest run of tokens whose key is that of a term."""
    key = key_of(case)
    known: dict[str, Entry] = {}
    for entry in entries:
        known.setdefault(key(entry.term), entry)
    cut = [
        i > 0 and tokens[i - 1][1] == tokens[i][0] and case == "fold" and begins_inside(text[start])
        for i, (start, _) in enumerate(tokens)
    ]
    mentions, first = [], 0
    while first < len(tokens):
        for last in range(len(tokens) - 1, first - 1, -1):
            start, end = tokens[first][0], tokens[last][1]
            mentioned = known.get(key(text[start:end]))
            if mentioned is None or cut[first] or (last + 1 < len(tokens) and cut[last + 1]):
                continue
            mentions.append(Mention(start, end, mentioned.id, mentioned.label))
            first = last
            break
        first += 1
    return mentions


PIECES = st.text("aAbﬁßſéE\u0301\u0345-.'&1 ", min_size=1, max_size=4)
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.lists(PIECES, min_size=1, max_size=3).map(" ".join).filter(str.strip),
        st.sampled_from([None, "X"]),
        st.sampled_from([None, "1"]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("tokenizer", ["spacy", "whitespace"])
@pytest.mark.parametrize("case", ["exact", "ignore", "fold"])
@given(entries=ENTRIES, pieces=st.lists(PIECES, max_size=8), data=st.data())
def test_mentions_are_those_of_the_definition(
    tokenizer: str, case: Case, entries: list[Entry], pieces: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from([e.term for e in entries] + pieces), max_size=6))
    text = data.draw(st.sampled_from([" ", "  ", "", "\n"])).join(chosen)
    language = ENGLISH if tokenizer == "spacy" else Language(tokenizer="whitespace")
    tokens = language.tokens([text]).bounds(0)

    gazetteer = CompiledGazetteer(entries, case=case)

    assert gazetteer.find(text, tokens) == reference(entries, case, text, tokens)
    assert gazetteer.find(text, tokens) == gazetteer.find(text, tokens)
    assert all(entry.term in gazetteer for entry in entries)


def find(gazetteer: CompiledGazetteer, text: str) -> list[str]:
    tokens = ENGLISH.tokens([text]).bounds(0)
    return [text[m.start : m.end] for m in gazetteer.find(text, tokens)]


def test_a_term_is_found_however_it_is_cut_into_tokens() -> None:
    gazetteer = CompiledGazetteer([Entry("AT&T Inc."), Entry("Don't"), Entry("U.S.-China")])

    assert find(gazetteer, "AT&T Inc. said: Don't. U.S.-China talks") == [
        "AT&T Inc.",
        "Don't",
        "U.S.-China",
    ]


def test_the_longest_mention_wins_and_a_shorter_one_stands_where_it_breaks_off() -> None:
    gazetteer = CompiledGazetteer(
        [Entry("New York"), Entry("New York Stock Exchange"), Entry("of")]
    )

    assert find(gazetteer, "New York Stock market of New York Stock Exchange") == [
        "New York",
        "of",
        "New York Stock Exchange",
    ]


def test_a_term_inside_a_token_is_no_mention() -> None:
    assert find(CompiledGazetteer([Entry("art")]), "party art") == ["art"]


def test_white_space_in_a_text_may_be_longer_or_broken() -> None:
    assert find(CompiledGazetteer([Entry("New  York")]), "in New\n York") == ["New\n York"]


@pytest.mark.parametrize(
    ("case", "found"),
    [
        ("exact", ["iPhone"]),
        ("ignore", ["iPhone", "IPHONE"]),
        ("fold", ["iPhone", "IPHONE", "ｉPhone"]),
    ],
)
def test_case_is_read_as_said(case: Case, found: list[str]) -> None:
    gazetteer = CompiledGazetteer([Entry("iPhone")], case=case)

    assert find(gazetteer, "iPhone IPHONE ｉPhone") == found


def test_an_accent_is_not_cut_off_by_a_shorter_term() -> None:
    gazetteer = CompiledGazetteer([Entry("Cafe"), Entry("É")], case="fold")

    assert find(gazetteer, "Cafe\u0301 e\u0301 cafe") == ["e\u0301", "cafe"]


def test_an_entrys_label_stands_before_the_lists() -> None:
    gazetteer = CompiledGazetteer([Entry("a", "X", "7"), Entry("b")], label="Y")

    assert gazetteer.find("a b", [(0, 1), (2, 3)]) == [
        Mention(0, 1, "7", "X"),
        Mention(2, 3, None, "Y"),
    ]
    assert gazetteer.terms() == ("a", "b")
    assert gazetteer.terms("Y") == ("b",)
    assert gazetteer.labels == ("X", "Y")


def test_the_report_says_what_was_left_out_and_the_first_of_a_conflict_is_used() -> None:
    entries = [
        Entry("Apple", "ORG", "1"),
        Entry("apple ", "ORG", "1"),
        Entry("APPLE", "FRUIT", "2"),
        Entry("it"),
        Entry("The"),
    ]

    gazetteer = CompiledGazetteer(entries, case="ignore", min_length=3, stop=["the"])

    assert gazetteer.find("apple", [(0, 5)]) == [Mention(0, 5, "1", "ORG")]
    assert gazetteer.report.entries == len(gazetteer) == 1
    assert gazetteer.report.duplicates == (entries[1],)
    assert gazetteer.report.conflicts == ((entries[0], entries[2]),)
    assert gazetteer.report.too_short == (entries[3],)
    assert gazetteer.report.stopped == (entries[4],)


def test_what_is_no_string_is_no_term() -> None:
    assert 7 not in CompiledGazetteer([Entry("7")])


def test_a_label_of_the_list_makes_no_conflict_with_the_same_label_of_an_entry() -> None:
    gazetteer = CompiledGazetteer([Entry("a"), Entry("a", "X")], label="X")

    assert gazetteer.report.duplicates == (Entry("a", "X"),)


@pytest.mark.slow
def test_mentions_of_half_a_million_companies_are_those_of_the_definition(corpora: Path) -> None:
    path = corpora / "gazetteers" / "crunchbase_companies.json.gz"
    gazetteer = load_gazetteer(path, case="fold", min_length=3)
    entries = [Entry(term, "COMPANY") for term in gazetteer.terms()]
    texts = pq.read_table(corpora / "agnews" / "dev.parquet")["text"].to_pylist()[:200]
    tokens = ENGLISH.tokens(texts)

    found = [gazetteer.find(text, tokens.bounds(i)) for i, text in enumerate(texts)]
    bounds = [[(m.start, m.end) for m in mentions] for mentions in found]
    expected = matches_by_hand(entries, texts, [tokens.bounds(i) for i in range(len(texts))])

    assert sum(map(len, bounds)) > 100
    assert bounds == expected


def matches_by_hand(
    entries: list[Entry], texts: list[str], tokens: list[list[tuple[int, int]]]
) -> list[list[tuple[int, int]]]:
    key = key_of("fold")
    known = {key(entry.term) for entry in entries}
    result = []
    for text, bounds in zip(texts, tokens, strict=True):
        found, first = [], 0
        while first < len(bounds):
            for last in range(len(bounds) - 1, first - 1, -1):
                start, end = bounds[first][0], bounds[last][1]
                if key(text[start:end]) in known:
                    found.append((start, end))
                    first = last
                    break
            first += 1
        result.append(found)
    return result
