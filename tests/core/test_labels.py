"""Labels and label sets."""

import pytest

from labelmill.core.labels import AllOf, LabelSpace, Not, OneOf
from labelmill.errors import BadParameter

SPACE = LabelSpace(("ORG", "PERSON", "MONEY"))


def test_single_labels_come_first_among_the_sets() -> None:
    space = SPACE.including([OneOf(("ORG", "PERSON")), "MONEY"])

    assert space.sets == ((0,), (1,), (2,), (0, 1))


def test_a_set_written_in_another_order_is_the_same_set() -> None:
    space = SPACE.including([OneOf(("PERSON", "ORG")), OneOf(("ORG", "PERSON")), Not("MONEY")])

    assert len(space.sets) == 4
    assert space.index(Not("MONEY")) == space.index(OneOf(("ORG", "PERSON"))) == 3


def test_not_in_a_task_of_two_labels_is_the_other_label() -> None:
    space = LabelSpace(("ham", "spam")).including([Not("spam")])

    assert space.index(Not("spam")) == space.index("ham")
    assert len(space.sets) == 2


def test_an_unknown_label_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadParameter, match="did you mean 'PERSON'"):
        SPACE.index("PERSN")


def test_a_set_of_all_labels_says_nothing_and_is_refused() -> None:
    with pytest.raises(BadParameter, match="says nothing"):
        SPACE.including([OneOf(("ORG", "PERSON", "MONEY"))])


def test_membership_shows_the_labels_of_each_set() -> None:
    table = SPACE.including([Not("ORG")]).membership()

    assert table.tolist()[-1] == [False, True, True]


TOPICS = LabelSpace(("sport", "money", "art"), multi_label=True)


def test_where_texts_have_several_labels_a_denied_label_is_a_set_of_its_own() -> None:
    space = TOPICS.including([Not("money"), OneOf(("sport", "art")), AllOf(("art", "sport"))])

    assert [space.index(t) for t in ("money", Not("money"))] == [1, 4]
    assert space.index(OneOf(("art", "sport"))) != space.index(AllOf(("art", "sport")))
    assert [space.said(i) for i in range(len(space.sets))] == [
        "sport",
        "money",
        "art",
        "not sport",
        "not money",
        "not art",
        "sport|art",
        "sport+art",
    ]
    assert space.stances()[[1, 4, 6, 7]].tolist() == [[0, 1, 0], [0, -1, 0], [0, 0, 0], [1, 0, 1]]


def test_all_of_needs_texts_with_several_labels() -> None:
    with pytest.raises(BadParameter, match="multi_label: true"):
        SPACE.including([AllOf(("ORG", "PERSON"))])
