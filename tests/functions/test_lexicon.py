from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from labelmill.core.batch import Batch
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.lexicon import Lexicon, LexiconVoter, MeanScore
from labelmill.functions.thresholds import Threshold

Ask = Callable[..., Hits]

MOODS = ("negative", "neutral", "positive")
RULES = {"negative": "<= -0.4", "neutral": "-0.1 .. 0.1", "positive": ">= 0.4"}


def labels(hits: Hits) -> list[tuple[int, int]]:
    return list(zip(hits.doc, hits.label, strict=True))


def test_vader_votes_by_its_compound_score(ask: Ask) -> None:
    texts = ["I love this great film!", "Awful, I hate it.", "It is a table.", "okay"]
    scores = [SentimentIntensityAnalyzer().polarity_scores(text)["compound"] for text in texts]

    hits = ask(Lexicon("vader", RULES), texts, labels=MOODS)

    assert labels(hits) == [(0, 2), (1, 0), (2, 1)]
    assert 0.1 < scores[3] < 0.4
    assert hits.end == [len(text) for text in texts[:3]]


def test_a_file_votes_by_the_mean_over_its_terms(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "mood.csv").write_text("term,score\ngood,2\nbad,-2\nfine,0.1\n", "utf-8")
    function = Lexicon("mood.csv", {"negative": "< 0", "neutral": "0 .. 1", "positive": "> 1"})

    hits = ask(function, ["GOOD", "good bad", "bad BAD good", "goodness", ""], labels=MOODS)

    assert labels(hits) == [(0, 2), (1, 1), (2, 0)]
    assert function.needs(tmp_path).files == ("mood.csv",)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("good", 2.0),
        ("not good", -3.0),
        ("not  GOOD, good", -0.5),
        ("don't :) :)", 1.0),
        ("goods", None),
        ("", None),
    ],
)
def test_the_longest_terms_count_as_whole_words(text: str, score: float | None) -> None:
    lexicon = MeanScore.of({"good": 2.0, "not good": -3.0, ":)": 1.5, "don't": 0.0})

    assert lexicon(text) == score


ASCII = "aAbB'-:)_1 \t"


@pytest.mark.parametrize("alphabet", [ASCII, ASCII + "\u3000éßİK\u212a\u0301字"])
@settings(max_examples=150)
@given(data=st.data())
def test_many_texts_score_what_each_text_scores(alphabet: str, data: st.DataObject) -> None:
    word = st.text(alphabet, min_size=1, max_size=4)
    terms, numbers = word.map(str.strip).filter(bool), st.floats(-9, 9, allow_nan=False)
    scores = data.draw(st.dictionaries(terms, numbers, min_size=1, max_size=8))
    pieces = data.draw(st.lists(word, max_size=6))
    words = st.sampled_from([*scores, *pieces, " ", ", "])
    texts = data.draw(st.lists(st.lists(words, max_size=8).map("".join), max_size=9))
    lexicon = MeanScore.of(scores)
    batch = Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()))

    at_once = [
        None if np.isnan(score) else score
        for score in lexicon.exact(batch, np.arange(len(batch))).tolist()
    ]

    assert at_once == [lexicon(text) for text in texts]


SCORES = st.sampled_from([-1.9, -0.7, -0.1, 0.0, 0.1, 0.25, 0.5, 0.7, 1.0, 2.3])


@pytest.mark.parametrize("alphabet", [ASCII, ASCII + "éK\u212a"])
@settings(max_examples=150)
@given(data=st.data())
def test_votes_are_those_of_the_exact_scores(alphabet: str, data: st.DataObject) -> None:
    word = st.text(alphabet, min_size=1, max_size=3).map(str.strip).filter(bool)
    scores = data.draw(st.dictionaries(word, SCORES, min_size=1, max_size=5))
    words = st.sampled_from([*scores, " ", ", ", "x"])
    texts = data.draw(st.lists(st.lists(words, max_size=12).map("".join), max_size=12))
    bounds = sorted(data.draw(st.sets(SCORES, min_size=2, max_size=2)))
    rules = [Threshold.parse(f"< {bounds[0]}"), Threshold.parse(f">= {bounds[1]}")]
    lexicon = MeanScore.of(scores)
    voter = LexiconVoter(lexicon, tuple(enumerate(rules)))
    batch = Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()))

    exact = [lexicon(text) for text in texts]

    assert labels(voter.vote(batch, {})) == [
        (doc, label)
        for doc, score in enumerate(exact)
        for label, rule in enumerate(rules)
        if score is not None and rule.holds(score)
    ]


@given(
    st.sampled_from([">= 0.5", "> 0.5", "< 0", "<= 0", "== 0.1", "-0.1 .. 0.1"]),
    st.lists(st.floats(-1, 1) | st.sampled_from([0.5, 0.1, -0.1, float("nan")])),
)
def test_a_rule_is_true_of_the_same_numbers_at_once(rule: str, numbers: list[float]) -> None:
    threshold = Threshold.parse(rule)

    assert threshold.holds_for(np.array(numbers)).tolist() == list(map(threshold.holds, numbers))


def test_a_missing_file_is_refused(ask: Ask) -> None:
    with pytest.raises(BadResource, match="no such file"):
        ask(Lexicon("none.csv", RULES), ["a"], labels=MOODS)


@pytest.mark.parametrize(
    ("rules", "field", "message"),
    [
        ({}, "labels", "at least one label"),
        ({"negative": "<= 0", "positive": ">= 0"}, "labels.positive", "overlaps the rule of"),
        ({"negative": "below 0"}, "labels.negative", "is no rule"),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    rules: dict[str, str], field: str, message: str
) -> None:
    with pytest.raises(BadParameter) as caught:
        Lexicon("vader", rules)

    assert caught.value.field == field
    assert message in caught.value.message


def test_vader_needs_its_package_and_no_file() -> None:
    needs = Lexicon("vader", RULES).needs(Path())

    assert (needs.files, needs.packages) == ((), ("vaderSentiment",))
