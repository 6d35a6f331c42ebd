from collections.abc import Callable
from pathlib import Path

import pytest

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.document_majority import DocumentMajority

Ask = Callable[..., Hits]

TEXT = "Acme rose. acme fell, Acme's Acmes and Acme."
LABELS = ("ORG", "PERSON")


def pieces(hits: Hits, *texts: str) -> list[tuple[int, str, int]]:
    rows = zip(hits.doc, hits.start, hits.end, hits.label, strict=True)
    return [(doc, texts[doc][start:end], label) for doc, start, end, label in rows]


def test_every_occurrence_on_token_bounds_gets_the_label(ask: Ask) -> None:
    hits = ask(
        DocumentMajority(("a",)),
        [TEXT, "Acme too"],
        labels=LABELS,
        spans=True,
        earlier={"a": [(0, 0, 4, "ORG")]},
    )

    assert pieces(hits, TEXT, "Acme too") == [(0, "Acme", 0)] * 3
    assert hits.start == [0, 22, 39]


def test_case_may_be_left_aside(ask: Ask) -> None:
    hits = ask(
        DocumentMajority(("a",), case="ignore"),
        [TEXT],
        labels=LABELS,
        spans=True,
        earlier={"a": [(0, 0, 4, "ORG")]},
    )

    assert [piece for _, piece, _ in pieces(hits, TEXT)] == ["Acme", "acme", "Acme", "Acme"]


def test_the_majority_wins_and_equal_abstains(ask: Ask) -> None:
    text = "Acme Acme Acme Beta Beta"
    earlier = {
        "a": [(0, 0, 4, "ORG"), (0, 5, 9, "PERSON"), (0, 15, 19, "ORG")],
        "b": [(0, 0, 4, "ORG"), (0, 15, 19, "PERSON")],
    }

    hits = ask(DocumentMajority(("a", "b")), [text], labels=LABELS, spans=True, earlier=earlier)

    assert pieces(hits, text) == [(0, "Acme", 0)] * 3


def test_a_name_needs_enough_votes(ask: Ask) -> None:
    text = "Acme Acme Beta Beta"
    earlier = {"a": [(0, 0, 4, "ORG"), (0, 5, 9, "ORG"), (0, 10, 14, "ORG")]}

    hits = ask(
        DocumentMajority(("a",), min_count=2), [text], labels=LABELS, spans=True, earlier=earlier
    )

    assert pieces(hits, text) == [(0, "Acme", 0)] * 2


def test_of_overlapping_names_the_longest_counts(ask: Ask) -> None:
    text = "Ann Lee met Ann Lee and Ann"
    earlier = {"a": [(0, 0, 7, "PERSON"), (0, 24, 27, "ORG")]}

    hits = ask(DocumentMajority(("a",)), [text], labels=LABELS, spans=True, earlier=earlier)

    assert pieces(hits, text) == [(0, "Ann Lee", 1), (0, "Ann Lee", 1), (0, "Ann", 0)]


def test_no_names_no_votes(ask: Ask) -> None:
    hits = ask(DocumentMajority(("a",)), [TEXT], labels=LABELS, spans=True, earlier={"a": []})

    assert len(hits) == 0


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"reads": ()}, "reads"),
        ({"reads": ("a", "a")}, "reads"),
        ({"reads": ("a",), "min_count": 0}, "min_count"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, object], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        DocumentMajority(**parameters)  # type: ignore[arg-type]

    assert caught.value.field == field


def test_it_needs_what_it_reads() -> None:
    assert DocumentMajority(("a", "b")).needs(Path()).reads == ("a", "b")
