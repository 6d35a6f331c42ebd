"""Keyword and regex vote as if they read every text by themselves."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench, Unit
from labelmill.core.settling import settle_documents, settle_spans
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.keyword import Keyword, KeywordVoter
from labelmill.functions.regex import Regex, RegexVoter, matches
from labelmill.functions.searching import Search, note_labels, note_places
from labelmill.text.language import Language
from labelmill.text.scan import Patience, Probe, Scan

Row = tuple[int, int, int, int]
ENGLISH = Language()
SPACE = LabelSpace(("ham", "spam", "eggs"))
PIECES = st.sampled_from(
    [
        "ab",
        "Ab",
        "k",
        "\u212a",
        "ß",
        "ss",
        "SS",
        "b",
        " ",
        "\n",
        "_",
        "!",
        "\u0130",
        "ſ",
        "中",
        "ﬁ",
        "e\u0301",
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=7).map("".join), max_size=6)
WORDS = st.lists(st.lists(PIECES, min_size=1, max_size=2).map("".join), min_size=1, max_size=2).map(
    tuple
)
PATTERNS = st.sampled_from(
    [
        "ab",
        r"\bk",
        r"(?<!\w)ss(?!\w)",
        r"\w+",
        "(a)?b",
        r"(?=b)",
        "^",
        r"\s|中",
        r"(k|ß)\1?",
        "x?",
        "É|é",
    ]
)


def batch_of(texts: Sequence[str], scan: Scan | None) -> Batch:
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), {}, ENGLISH, scan)


def settled(hits: Hits, batch: Batch, unit: Unit) -> list[Row]:
    votes: Votes = (
        settle_documents(hits, 0, batch.lengths)
        if unit == "document"
        else settle_spans(hits, 0, batch.tokens)
    )
    columns = (votes.doc, votes.label, votes.start, votes.end)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def read_one_by_one(voter: KeywordVoter | RegexVoter, texts: Sequence[str]) -> Hits:
    """The plain meaning of both types: every text is searched for everything."""
    hits = Hits()
    for doc, text in enumerate(texts):
        for rule, label in voter.rules:
            spans = (
                matches(rule, text, voter.group)
                if isinstance(voter, RegexVoter) and isinstance(rule, re.Pattern)
                else rule.find(text)  # type: ignore[union-attr]
            )
            for start, end in spans:
                hits.add(doc, start, end, label)
    return hits


def assert_alike(function: Keyword | Regex, texts: Sequence[str], unit: Unit) -> None:
    voter = function.bind(Bench("f", Path(), SPACE, unit))
    scans = [
        None,
        Scan(voter.probes(), plain=True),
        Scan(voter.probes(), worthwhile_bytes=0),
    ]
    batches = [batch_of(texts, scan) for scan in scans]

    meant = settled(read_one_by_one(voter, texts), batches[0], unit)

    assert [settled(voter.vote(batch, {}), batch, unit) for batch in batches] == [meant] * 3


@given(
    texts=TEXTS,
    parts=st.fixed_dictionaries({}, optional={"any": WORDS, "all": WORDS, "none": WORDS}),
    case=st.sampled_from(["exact", "ignore", "fold"]),
    match=st.sampled_from(["word", "substring"]),
    min_hits=st.integers(1, 2),
    several=st.booleans(),
    unit=st.sampled_from(["document", "span"]),
)
@settings(max_examples=50, deadline=None)
def test_keywords_vote_alike_however_they_are_looked_for(
    texts: list[str], parts: dict[str, Any], several: bool, unit: Unit, **rest: Any
) -> None:
    if several:
        given_words = parts.get("any", ("k",)), parts.get("all", ("ss", "b"))
        parts = {
            "labels": dict(zip(("ham", "spam"), given_words, strict=True)),
            "none": parts.get("none", ()),
        }
    else:
        parts["label"] = "spam"
    try:
        function = Keyword(**parts, **rest)
    except BadParameter:
        assume(False)

    assert_alike(function, texts, unit)


@given(
    texts=TEXTS,
    patterns=st.lists(PATTERNS, min_size=1, max_size=3),
    several=st.booleans(),
    case=st.sampled_from(["exact", "ignore"]),
    multiline=st.booleans(),
    group=st.sampled_from([0, 0, 1]),
    unit=st.sampled_from(["document", "span"]),
)
@settings(max_examples=50, deadline=None)
def test_patterns_vote_alike_however_they_are_looked_for(
    texts: list[str], patterns: list[str], several: bool, unit: Unit, **rest: Any
) -> None:
    voted: dict[str, Any] = (
        {"labels": dict(zip(("ham", "spam", "eggs"), patterns, strict=False))}
        if several
        else {"label": "ham", "pattern": tuple(patterns)}
    )
    try:
        function = Regex(**voted, **rest)
    except BadParameter:
        assume(False)

    assert_alike(function, texts, unit)


def test_a_text_on_which_time_runs_out_is_reported_and_has_no_vote() -> None:
    blows = Probe(re.compile(r"^((a+)+)\2$"))
    scan = Scan([blows, Probe(re.compile("b"))], worthwhile_bytes=0, seconds=0.1)
    voter = RegexVoter(((blows.pattern, 0), (re.compile("b"), 1)), 0, by_place=False)

    hits = voter.vote(batch_of(["a" * 40 + "b", "aa", "b"], scan), {})

    assert (hits.doc, hits.label) == ([1, 2], [0, 1])
    assert [(error.doc, error.reason) for error in hits.errors] == [(0, "timeout")]


def test_time_may_run_out_while_places_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelmill.functions.searching.Patience", lambda: Patience(0.1))
    pattern = re.compile("^(a+)+$|b")
    texts = ["a" * 40 + "cb", "ab"]
    search = Search(lambda text: matches(pattern, text, 0), 1, np.array([0, 1], dtype=np.int32))
    hits = Hits()

    note_places(hits, [search], batch_of(texts, None), set())

    assert (hits.doc, hits.start) == ([1], [1])
    assert [(error.doc, error.reason) for error in hits.errors] == [(0, "timeout")]


def test_a_text_with_one_label_is_read_no_more() -> None:
    ham = Search(lambda text: [(0, len(text))], 0, np.array([0, 1, 2], dtype=np.int32))
    spam = Search(lambda text: [(0, len(text))], 1, np.array([2, 3], dtype=np.int32))
    hits = Hits()

    left = note_labels(hits, [ham, spam], {3})

    assert (hits.doc, hits.label) == ([0, 1], [0, 0])
    assert [search.docs.tolist() for search in left] == [[2], [2]]
