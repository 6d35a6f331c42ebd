"""Functions that can say several labels of a text at once."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench
from labelmill.core.votes import Hits
from labelmill.functions.column import Column
from labelmill.functions.python import Python
from labelmill.functions.spacy import SpacyVoter

TOPICS = LabelSpace(("sport", "money"), multi_label=True)


def batch_of(*texts: str, **columns: pa.Array) -> Batch:
    return Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), columns)


def said(hits: Hits) -> list[tuple[int, str]]:
    return [(d, TOPICS.said(label)) for d, label in zip(hits.doc, hits.label, strict=True)]


def test_a_column_of_lists_votes_for_each_label_in_a_list(tmp_path: Path) -> None:
    lists = pa.array([["sport", "money"], [], None, ["money"]], pa.list_(pa.string()))
    voter = Column("old").bind(Bench("f", tmp_path, TOPICS, "document"))

    hits = voter.vote(batch_of("a", "b", "c", "d", old=lists), {})

    assert said(hits) == [
        (0, "sport"),
        (0, "money"),
        (1, "not sport"),
        (1, "not money"),
        (3, "money"),
    ]


def test_a_list_in_a_column_is_an_error_where_a_text_has_one_label(tmp_path: Path) -> None:
    lists = pa.array([["sport"]], pa.list_(pa.string()))
    bench = Bench("f", tmp_path, LabelSpace(("sport", "money")), "document")

    hits = Column("old").bind(bench).vote(batch_of("a", old=lists), {})

    assert [error.reason for error in hits.errors] == ["bad_value"]


@pytest.fixture
def answering(tmp_path: Path) -> Path:
    """A project with a function that answers by the first word of a text."""
    code = (
        "def f(row):\n"
        "    return {'one': 'sport', 'two': ['sport', 'money'], 'none': [], 'odd': ['sprot'],"
        " 'wrong': 3}.get(row.text)\n"
    )
    (tmp_path / "topics.py").write_text(code)
    return tmp_path


def test_a_python_function_may_answer_with_a_list(answering: Path) -> None:
    voter = Python("topics.py:f").bind(Bench("f", answering, TOPICS, "document"))

    hits = voter.vote(batch_of("one", "two", "none", "quiet", "odd", "wrong"), {})

    assert said(hits) == [
        (0, "sport"),
        (1, "sport"),
        (1, "money"),
        (2, "not sport"),
        (2, "not money"),
    ]
    assert [(error.doc, error.reason) for error in hits.errors] == [
        (4, "unknown_label"),
        (5, "bad_answer"),
    ]


def test_every_category_of_a_spacy_model_that_reaches_the_threshold_is_a_vote() -> None:
    scores = {"sport": 0.9, "money": 0.6, "art": 0.8, "war": 0.1}

    several = SpacyVoter("m", {"sport": 0, "money": 1}, 0.5, several=True)

    assert several._categories(scores, 0.5) == ["sport", "money", "art"]
    assert SpacyVoter("m", {}, 0.5)._categories(scores, 0.5) == ["sport"]
    assert np.array(several.threshold) == 0.5
