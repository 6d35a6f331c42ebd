from collections.abc import Callable
from pathlib import Path

import pytest

from labelmill.core.settling import settle_documents
from labelmill.core.votes import Hits, RowError
from labelmill.errors import BadParameter
from labelmill.functions.expression import Expression

Ask = Callable[..., Hits]

TEXTS = ["short", "a longer text than that", "BUY NOW"]


def labels(hits: Hits) -> list[tuple[int, int]]:
    return list(zip(hits.doc, hits.label, strict=True))


def test_a_true_condition_votes_for_the_whole_text(ask: Ask) -> None:
    hits = ask(Expression("spam", "n_words < 3 and stars > 2"), TEXTS, columns={"stars": [1, 5, 3]})

    assert labels(hits) == [(2, 1)]
    assert (hits.start, hits.end) == ([0], [7])


def test_a_null_abstains(ask: Ask) -> None:
    hits = ask(Expression("spam", "stars != 5"), TEXTS, columns={"stars": [None, 5, 3]})

    assert labels(hits) == [(2, 1)]


def test_several_true_conditions_abstain(ask: Ask) -> None:
    function = Expression(labels={"ham": "n_words < 3", "spam": "upper_ratio > 0.5"})

    hits = ask(function, TEXTS)

    votes = settle_documents(hits, 0, [len(text) for text in TEXTS])
    assert list(zip(votes.doc.tolist(), votes.label.tolist(), strict=True)) == [(0, 0)]


def test_a_condition_that_cannot_be_worked_out_fails_its_row_alone(ask: Ask) -> None:
    hits = ask(Expression("spam", "6 / stars > 1"), TEXTS, columns={"stars": [0, 1, 2]})

    assert labels(hits) == [(1, 1), (2, 1)]
    assert [(error.doc, error.reason) for error in hits.errors] == [(0, "bad_value")]
    assert isinstance(hits.errors[0], RowError)
    assert "'6 / stars > 1' cannot be worked out: division by zero" in hits.errors[0].message


def test_a_missing_column_is_named(ask: Ask) -> None:
    with pytest.raises(BadParameter, match=r"no column 'star' \(did you mean 'stars'\?\)"):
        ask(Expression("spam", "star > 1"), TEXTS, columns={"stars": [0, 1, 2]})


def test_it_needs_the_columns_of_all_conditions() -> None:
    function = Expression(labels={"ham": "b > 1 and text == id", "spam": "a > 1"})

    assert function.needs(Path()).columns == ("a", "b")
    assert function.targets() == ("ham", "spam")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "when"),
        ({"label": "spam"}, "when"),
        ({"when": "true"}, "label"),
        ({"label": "spam", "labels": {"ham": "true"}}, "labels"),
        ({"label": "spam", "when": "1 +"}, "when"),
        ({"labels": {"ham": "1 +"}}, "labels.ham"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, object], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Expression(**parameters)  # type: ignore[arg-type]

    assert caught.value.field == field
