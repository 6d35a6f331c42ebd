from collections.abc import Callable
from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter, BadResource
from labelmill.functions.lexicon import Lexicon, MeanScore

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
