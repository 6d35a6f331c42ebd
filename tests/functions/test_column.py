from collections.abc import Callable

import pyarrow as pa
import pytest

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.column import Column

Ask = Callable[..., Hits]

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())])


def labels(hits: Hits) -> list[tuple[int, int]]:
    return list(zip(hits.doc, hits.label, strict=True))


def test_values_vote_for_the_label_they_stand_under(ask: Ask) -> None:
    function = Column("stars", labels={"spam": (1, 2), "ham": 5})

    hits = ask(function, ["a"] * 5, columns={"stars": [1, 2, 5, None, 5.0]})

    assert labels(hits) == [(0, 1), (1, 1), (2, 0), (4, 0)]


def test_without_a_map_the_values_are_labels(ask: Ask) -> None:
    hits = ask(Column("old"), ["a", "b", "c"], columns={"old": ["spam", None, "ham"]})

    assert labels(hits) == [(0, 1), (2, 0)]


@pytest.mark.parametrize(("value", "kind"), [("1", "text"), (2, "number"), (True, "truth value")])
def test_an_unknown_value_fails_its_row(ask: Ask, value: object, kind: str) -> None:
    hits = ask(Column("c", labels={"spam": 1}), ["a"], columns={"c": [value]})

    assert labels(hits) == []
    assert hits.errors[0].message == f"column 'c': {value!r} ({kind}) stands for no label; known: 1"


def test_unknown_values_may_abstain(ask: Ask) -> None:
    hits = ask(Column("c", labels={"spam": 1}, unknown="abstain"), ["a"], columns={"c": [2]})

    assert (labels(hits), hits.errors) == ([], [])


def test_spans_are_read_in_ner(ask: Ask) -> None:
    spans = pa.array(
        [
            [{"start": 0, "end": 4, "label": "company"}, {"start": 9, "end": 12, "label": None}],
            None,
            [{"start": 0, "end": 9, "label": "company"}],
            [{"start": 0, "end": 1, "label": "place"}],
        ],
        pa.list_(SPAN),
    )

    hits = ask(
        Column("old", labels={"ORG": "company"}),
        ["Acme and Ann", "b", "too short"[:5], "Acme"],
        labels=("ORG", "PERSON"),
        spans=True,
        columns={"old": spans},
    )

    assert list(zip(hits.doc, hits.start, hits.end, hits.label, strict=True)) == [(0, 0, 4, 0)]
    assert [error.doc for error in hits.errors] == [2, 3]
    assert "is no span of a text of 5 characters" in hits.errors[0].message
    assert "'place' (text) stands for no label" in hits.errors[1].message


def test_a_column_without_spans_is_refused_in_ner(ask: Ask) -> None:
    with pytest.raises(BadParameter, match=r"holds string; wanted a list of \{start, end, label\}"):
        ask(Column("old"), ["a"], spans=True, columns={"old": ["ORG"]})


def test_a_missing_column_is_named(ask: Ask) -> None:
    with pytest.raises(BadParameter, match="no column 'label'"):
        ask(Column("label"), ["a"], columns={"old": ["spam"]})


def test_a_value_under_two_labels_is_refused() -> None:
    with pytest.raises(BadParameter, match="'ham' already") as caught:
        Column("c", labels={"ham": (1, 2), "spam": 2.0})

    assert caught.value.field == "labels.spam"
    assert Column("c", labels={"ham": 1, "spam": True}).targets() == ("ham", "spam")


def test_an_empty_map_is_refused() -> None:
    with pytest.raises(BadParameter, match="at least one label"):
        Column("c", labels={})
