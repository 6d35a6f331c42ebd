from collections.abc import Callable

import pytest

from labelmill.core.labels import Not
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.gazetteer import Gazetteer
from labelmill.text.gazetteer import CompiledGazetteer, Entry

Ask = Callable[..., Hits]

COMPANIES = CompiledGazetteer([Entry("Acme", "ORG", "a1"), Entry("Acme Bank")], label="ORG")
PEOPLE = CompiledGazetteer([Entry("Ann", "PERSON"), Entry("Acme Bank Ltd", "PERSON")])
BARE = CompiledGazetteer([Entry("Acme"), Entry("Ann", "PERSON")])
LISTS = {"companies": COMPANIES, "people": PEOPLE, "bare": BARE}
LABELS = ("ORG", "PERSON", "MONEY")


def found(hits: Hits) -> list[tuple[int, int, int, int, str | None]]:
    return list(zip(hits.doc, hits.start, hits.end, hits.label, hits.entry, strict=True))


def test_each_mention_votes_for_its_own_label_and_keeps_its_id(ask: Ask) -> None:
    hits = ask(
        Gazetteer("companies"),
        ["Acme and Acme Bank", "nothing"],
        labels=LABELS,
        spans=True,
        gazetteers=LISTS,
    )

    assert found(hits) == [(0, 0, 4, 0, "a1"), (0, 9, 18, 0, None)]


def test_the_functions_label_wins(ask: Ask) -> None:
    function = Gazetteer("bare", label=Not("MONEY"))

    hits = ask(function, ["Ann at Acme"], labels=LABELS, spans=True, gazetteers=LISTS)

    assert [label for _, _, _, label, _ in found(hits)] == [3, 3]


def test_several_lists_are_searched_each_by_itself(ask: Ask) -> None:
    function = Gazetteer(("companies", "people"))

    hits = ask(function, ["Acme Bank Ltd, Ann"], labels=LABELS, spans=True, gazetteers=LISTS)

    assert sorted(found(hits)) == [
        (0, 0, 9, 0, None),
        (0, 0, 13, 1, None),
        (0, 15, 18, 1, None),
    ]


@pytest.mark.parametrize(
    ("function", "labels", "message"),
    [
        (Gazetteer("companys"), LABELS, "no gazetteer 'companys' (did you mean 'companies'?)"),
        (Gazetteer("bare"), LABELS, "'bare' has terms without a label"),
        (Gazetteer("people"), ("ORG",), "has terms labeled 'PERSON', which is no label here"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(
    ask: Ask, function: Gazetteer, labels: tuple[str, ...], message: str
) -> None:
    with pytest.raises(BadParameter) as caught:
        ask(function, ["Acme"], labels=labels, spans=True, gazetteers=LISTS)

    assert caught.value.field == "gazetteer"
    assert message in caught.value.message


def test_a_list_must_be_named() -> None:
    with pytest.raises(BadParameter, match="at least one"):
        Gazetteer(())
