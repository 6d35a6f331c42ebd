from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.span_filter import SpanFilter
from labelmill.text.gazetteer import CompiledGazetteer, Entry

Ask = Callable[..., Hits]

TEXT = "Ann Lee of ACME Inc. in Paris"
SPANS = [(0, 0, 7, "PERSON"), (0, 11, 20, "ORG"), (0, 24, 29, "ORG")]
PLACES = CompiledGazetteer([Entry("PARIS")], case="ignore")


def kept(ask: Ask, function: SpanFilter, **columns: Any) -> list[tuple[str, int]]:
    hits = ask(
        function,
        [TEXT, "nothing"],
        labels=("ORG", "PERSON"),
        spans=True,
        columns=columns,
        gazetteers={"places": PLACES},
        earlier={"names": SPANS},
    )
    assert not hits.errors
    pairs = zip(hits.start, hits.end, hits.label, strict=True)
    return [(TEXT[start:end], label) for start, end, label in pairs]


def only(**parameters: Any) -> SpanFilter:
    return SpanFilter(("names",), **parameters)


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"when": "n_words > 1 and upper_ratio < 0.5"}, ["Ann Lee"]),
        ({"when": "startswith(text, 'A')"}, ["Ann Lee", "ACME Inc."]),
        ({"min_tokens": 2}, ["Ann Lee", "ACME Inc."]),
        ({"max_tokens": 1}, ["Paris"]),
        ({"pattern": r"[A-Z]\w+"}, ["Paris"]),
        ({"not_in": "places"}, ["Ann Lee", "ACME Inc."]),
        ({"not_in": ("places",), "pattern": ".*e"}, ["Ann Lee"]),
        ({"min_tokens": 2, "max_tokens": 2, "when": "n_chars > 7"}, ["ACME Inc."]),
    ],
)
def test_spans_stay_that_meet_every_condition(
    ask: Ask, parameters: dict[str, Any], names: list[str]
) -> None:
    assert [name for name, _ in kept(ask, only(**parameters))] == names


def test_columns_are_those_of_the_row(ask: Ask) -> None:
    function = only(when="lang == 'en' and len(text) > 7")

    assert kept(ask, function, lang=["en", "de"]) == [("ACME Inc.", 0)]
    assert kept(ask, function, lang=["de", "en"]) == []
    assert function.needs(Path()).columns == ("lang",)


def test_a_label_may_be_given_or_kept(ask: Ask) -> None:
    assert kept(ask, only(min_tokens=2)) == [("Ann Lee", 1), ("ACME Inc.", 0)]
    assert kept(ask, only(min_tokens=2, label="ORG")) == [("Ann Lee", 0), ("ACME Inc.", 0)]


def test_a_condition_that_cannot_be_worked_out_fails_its_row(ask: Ask) -> None:
    hits = ask(
        only(when="1 / stars > 0"),
        [TEXT, TEXT],
        labels=("ORG", "PERSON"),
        spans=True,
        columns={"stars": [0, 1]},
        earlier={"names": [*SPANS, (1, 0, 3, "PERSON")]},
    )

    assert [(error.doc, error.reason) for error in hits.errors] == [(0, "bad_value")]
    assert hits.doc == [1]


def test_an_unknown_gazetteer_is_named(ask: Ask) -> None:
    with pytest.raises(BadParameter, match="did you mean 'places'"):
        kept(ask, only(not_in="place"))


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "when"),
        ({"when": "1 +"}, "when"),
        ({"min_tokens": 0}, "min_tokens"),
        ({"min_tokens": 3, "max_tokens": 2}, "max_tokens"),
        ({"pattern": "("}, "pattern"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        only(**parameters)

    assert caught.value.field == field
