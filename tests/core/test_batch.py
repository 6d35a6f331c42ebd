"""Batches and light rows."""

import copy

import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.core.rows import Row
from labelmill.text.language import Language


def test_a_row_gives_its_columns_by_attribute_and_by_name() -> None:
    row = Row("a", "text", {"stars": None})

    assert row.stars is None
    assert row["id"] == "a"
    assert row.get("other", 3) == 3
    assert list(row) == ["id", "text", "stars"]


def test_a_missing_column_names_those_that_are_there() -> None:
    row = Row("a", "text", {"stars": 4})

    with pytest.raises(AttributeError, match=r"has no column 'star' \(it has: id, text, stars\)"):
        _ = row.star


def test_a_row_can_be_copied() -> None:
    row = Row("a", "text", {"stars": 4})

    assert copy.deepcopy(row).stars == 4


def test_tokens_and_docs_are_made_for_the_texts_of_the_batch() -> None:
    batch = Batch(pa.array([1]), pa.array(["It rose."]), {}, Language())

    (row,) = batch.rows()

    assert row.tokens == ["It", "rose", "."]
    assert [token.text for token in row.doc] == ["It", "rose", "."]
    assert batch.docs() is batch.docs()


def test_a_batch_without_an_analysis_says_so() -> None:
    batch = Batch(pa.array([1]), pa.array(["text"]))

    with pytest.raises(ValueError, match="without an analysis"):
        _ = batch.tokens
