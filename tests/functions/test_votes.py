import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench
from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.votes import Votes

Ask = Callable[..., Hits]

WRENCH = Votes("votes", functions=("a", "b"), labels=("ham", "spam"))
SPAN = pa.struct(
    [("lf", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())]
)


def each(votes: Votes, ask: Ask, texts: list[str], **how: Any) -> dict[str, Hits]:
    return {name: ask(function, texts, **how) for name, function in votes.expand("w")}


def labels(hits: Hits) -> list[tuple[int, int]]:
    return list(zip(hits.doc, hits.label, strict=True))


@pytest.mark.parametrize(
    "type_", [pa.list_(pa.int8()), pa.large_list(pa.int64()), pa.list_(pa.int16(), 2)]
)
def test_each_function_reads_its_place_of_every_list(ask: Ask, type_: pa.DataType) -> None:
    column = pa.array([[9, 9], [-1, 1], [0, 0], None, [1, None]], type_)[1:]

    hits = each(WRENCH, ask, ["v", "x", "y", "z"], columns={"votes": column})

    assert labels(hits["w.a"]) == [(1, 0), (3, 1)]
    assert labels(hits["w.b"]) == [(0, 1), (1, 0)]
    assert not hits["w.a"].errors
    assert not hits["w.b"].errors


def test_a_list_of_another_length_fails_its_row(ask: Ask) -> None:
    hits = each(WRENCH, ask, ["v", "x", "y"], columns={"votes": [[1], [1, 0, 1], [0, 1]]})

    for of_function in hits.values():
        assert [(e.doc, e.reason) for e in of_function.errors] == [
            (0, "bad_length"),
            (1, "bad_length"),
        ]
        assert "a list of 1 votes; wanted 2" in of_function.errors[0].message
    assert labels(hits["w.a"]) == [(2, 0)]


def test_an_index_beyond_the_labels_fails_its_row(ask: Ask) -> None:
    hits = each(WRENCH, ask, ["v", "x"], columns={"votes": [[2, -2], [0, 0]]})

    assert [error.doc for error in hits["w.a"].errors] == [0]
    assert "has the vote 2; wanted -1 to abstain, or 0 to 1" in hits["w.a"].errors[0].message
    assert "has the vote -2" in hits["w.b"].errors[0].message
    assert labels(hits["w.a"]) == [(1, 0)]


def test_the_order_of_labels_is_that_of_the_entry_not_of_the_task(ask: Ask) -> None:
    votes = Votes("votes", ("a",), ("spam", "ham"))

    hits = each(votes, ask, ["v", "x"], columns={"votes": [[0], [1]]})

    assert labels(hits["w.a"]) == [(0, 1), (1, 0)]


def test_spans_go_to_the_function_they_name(ask: Ask) -> None:
    column = pa.array(
        [
            [
                {"lf": "a", "start": 0, "end": 4, "label": "ORG"},
                {"lf": "b", "start": 5, "end": 8, "label": "PERSON"},
                {"lf": "other", "start": 0, "end": 8, "label": "ORG"},
            ],
            None,
            [{"lf": "b", "start": 0, "end": 4, "label": "ORG"}],
        ],
        pa.list_(SPAN),
    )

    hits = each(
        Votes("votes", ("a", "b")),
        ask,
        ["Acme Ann", "x", "Acme"],
        labels=("ORG", "PERSON"),
        spans=True,
        columns={"votes": column},
    )

    assert labels(hits["w.a"]) == [(0, 0)]
    assert labels(hits["w.b"]) == [(0, 1), (2, 0)]
    assert (hits["w.b"].start, hits["w.b"].end) == ([5, 0], [8, 4])


def test_labels_of_spans_may_be_indices(ask: Ask) -> None:
    column = [[{"lf": "a", "start": 0, "end": 4, "label": 1}]]

    hits = each(
        Votes("votes", ("a",), ("PERSON", "ORG")),
        ask,
        ["Acme"],
        labels=("ORG", "PERSON"),
        spans=True,
        columns={"votes": column},
    )

    assert labels(hits["w.a"]) == [(0, 0)]


def test_a_span_that_makes_no_sense_fails_its_row(ask: Ask) -> None:
    column = pa.array(
        [
            [{"lf": "a", "start": 0, "end": 9, "label": "ORG"}],
            [{"lf": "a", "start": 0, "end": 4, "label": "ORGS"}],
            [{"lf": "a", "start": None, "end": 4, "label": "ORG"}],
        ],
        pa.list_(SPAN),
    )

    hits = each(
        Votes("votes", ("a",), ("ORG",)),
        ask,
        ["Acme"] * 3,
        labels=("ORG", "PERSON"),
        spans=True,
        columns={"votes": column},
    )

    assert [error.doc for error in hits["w.a"].errors] == [0, 1, 2]
    assert "is no span of a text of 4 characters" in hits["w.a"].errors[0].message
    assert "did you mean 'ORG'" in hits["w.a"].errors[1].message


@pytest.mark.parametrize("values", [["a"], [[0.5]], [["a"]]])
def test_a_column_of_another_kind_is_refused(ask: Ask, values: list[Any]) -> None:
    with pytest.raises(BadParameter, match="wanted a list"):
        each(WRENCH, ask, ["v"], columns={"votes": values})


def test_numbers_need_labels(ask: Ask) -> None:
    with pytest.raises(BadParameter, match="labels: say which label"):
        each(Votes("votes", ("a",)), ask, ["v"], columns={"votes": [[0]]})


def test_an_entry_that_is_not_expanded_cannot_vote(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="expand it first"):
        WRENCH.bind(Bench("w", tmp_path, LabelSpace(("ham", "spam")), "document"))


@pytest.mark.parametrize(
    ("functions", "names", "field"),
    [
        ((), ("ham",), "functions"),
        (("a", "a"), ("ham",), "functions"),
        (("a",), ("x", "x"), "labels"),
    ],
)
def test_names_that_are_missing_or_doubled_are_refused(
    functions: tuple[str, ...], names: tuple[str, ...], field: str
) -> None:
    with pytest.raises(BadParameter) as caught:
        Votes("votes", functions, names)

    assert caught.value.field == field


@pytest.mark.slow
def test_the_votes_on_video_comments_are_taken_over_exactly(ask: Ask, corpora: Path) -> None:
    table = pq.read_table(corpora / "youtube" / "train.parquet")
    stored = np.array(table["votes"].to_pylist())
    names = tuple(f"lf{i}" for i in range(stored.shape[1]))

    hits = each(
        Votes("votes", names, ("ham", "spam")),
        ask,
        table["text"].to_pylist(),
        columns={"votes": table["votes"].combine_chunks()},
    )

    made = np.full(stored.shape, -1)
    for i, of_function in enumerate(hits.values()):
        made[of_function.doc, i] = of_function.label
        assert not of_function.errors
    assert (made == stored).all()
    assert (made >= 0).sum() > 1000


@pytest.mark.slow
def test_the_spans_on_laptop_reviews_are_taken_over_exactly(ask: Ask, corpora: Path) -> None:
    table = pq.read_table(corpora / "ner_laptop" / "train.parquet")
    names = json.loads((corpora / "ner_laptop" / "lfs.json").read_text("utf-8"))
    stored = {
        (doc, span["lf"], span["start"], span["end"])
        for doc, spans in enumerate(table["lf_spans"].to_pylist())
        for span in spans
    }

    hits = each(
        Votes("lf_spans", tuple(names["lfs"]), tuple(names["labels"])),
        ask,
        table["text"].to_pylist(),
        labels=names["labels"],
        spans=True,
        columns={"lf_spans": table["lf_spans"].combine_chunks()},
    )

    made = {
        (doc, name.removeprefix("w."), start, end)
        for name, h in hits.items()
        for doc, start, end in zip(h.doc, h.start, h.end, strict=True)
    }
    assert made == stored
    assert len(made) > 1000
