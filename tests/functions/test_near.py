from collections.abc import Callable
from typing import Any

import pytest

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.near import Near

Ask = Callable[..., Hits]

TEXT = "The chief executive of Acme met Ann, its CEO, at Beta"
ACME, ANN, BETA = (0, 23, 27, "ORG"), (0, 32, 35, "PERSON"), (0, 49, 53, "ORG")


def kept(ask: Ask, function: Near, text: str = TEXT) -> list[tuple[str, int]]:
    earlier = {"names": [ACME, ANN, BETA]}
    hits = ask(function, [text, ""], labels=("ORG", "PERSON"), spans=True, earlier=earlier)
    pairs = zip(hits.start, hits.end, hits.label, strict=True)
    return [(text[start:end], label) for start, end, label in pairs]


def near(**parameters: Any) -> Near:
    return Near(("names",), **parameters)


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"words": ("ceo",), "window": 3}, ["Ann", "Beta"]),
        ({"words": ("ceo",), "window": 2}, []),
        ({"words": "ceo", "window": 3, "side": "left"}, ["Beta"]),
        ({"words": "ceo", "window": 3, "side": "right"}, ["Ann"]),
        ({"words": "ceo", "window": 3, "case": "exact"}, []),
        ({"words": "chief executive", "window": 3}, ["Acme"]),
        ({"words": "chief executive", "window": 2}, []),
        ({"words": ("Acme", "Ann"), "window": 1}, []),
        ({"words": ("Acme", "Ann"), "window": 2}, ["Acme", "Ann"]),
        ({"pattern": r"C\w+", "window": 5}, ["Acme", "Ann", "Beta"]),
        ({"pattern": r"C\w+", "window": 4, "case": "exact"}, ["Ann", "Beta"]),
        ({"words": "nowhere", "window": 99}, []),
    ],
)
def test_spans_stay_where_a_word_is_near(
    ask: Ask, parameters: dict[str, Any], names: list[str]
) -> None:
    assert [name for name, _ in kept(ask, near(**parameters))] == names


def test_the_word_must_stand_outside_the_span(ask: Ask) -> None:
    assert kept(ask, near(words="acme", window=50)) == [("Ann", 1), ("Beta", 0)]


def test_a_label_may_be_given_or_kept(ask: Ask) -> None:
    assert kept(ask, near(words="ceo", window=3)) == [("Ann", 1), ("Beta", 0)]
    assert kept(ask, near(words="ceo", window=3, label="PERSON")) == [("Ann", 1), ("Beta", 1)]


def test_the_id_of_a_term_is_kept(ask: Ask) -> None:
    hits = ask(
        near(words="ceo", window=3),
        [TEXT],
        labels=("ORG", "PERSON"),
        spans=True,
        earlier={"names": [ANN]},
    )

    assert hits.entry == ["PERSON-32"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "words"),
        ({"words": ("a",), "pattern": "a"}, "words"),
        ({"words": (" ",)}, "words"),
        ({"words": ("a",), "window": 0}, "window"),
        ({"pattern": "("}, "pattern"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        near(**parameters)

    assert caught.value.field == field
