"""Columns as they come."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.errors import BadColumn
from labelmill.io.columns import id_column, plain, plainly_ascii, text_column, valid_utf8


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_every_kind_of_string_is_read_as_a_plain_one(kind: pa.DataType) -> None:
    column = plain(pa.array(["a", None, "é"], pa.string()).cast(kind))

    assert column.type == pa.string()
    assert column.to_pylist() == ["a", None, "é"]


@given(st.lists(st.binary(max_size=6), max_size=6))
def test_only_rows_that_are_no_utf8_are_lost(data: list[bytes]) -> None:
    column, faults = valid_utf8(pa.array(data, pa.binary()).view(pa.string()))

    for row, value in enumerate(data):
        good = value.decode("utf-8", "ignore").encode() == value
        assert (row not in faults) == good
        assert column[row].as_py() == (value.decode() if good else None)
        if not good:
            place = int(faults[row].removeprefix("invalid UTF-8 at byte "))
            assert value[:place].decode() is not None


@given(st.lists(st.one_of(st.none(), st.binary(max_size=3), st.sampled_from([b"", b"a\x7f"]))))
def test_texts_in_ascii_are_read_as_they_are_when_looked_at_one_by_one(
    data: list[bytes | None],
) -> None:
    raw = pa.array(data, pa.binary()).view(pa.string())

    plainly = plainly_ascii(raw)

    assert plainly == all(value is not None and value.isascii() for value in data)
    column, faults = text_column("f", "body", raw, only_ascii=plainly)
    assert (column, faults) == text_column("f", "body", raw)


def test_a_null_text_and_a_null_id_are_faults() -> None:
    assert text_column("f", "body", pa.array(["a", None]))[1] == {1: "body is null"}
    assert id_column("f", "key", pa.array([None, 2]))[1] == {0: "key is null"}


@pytest.mark.parametrize("column", [pa.array([1.5]), pa.array([b"x"]), pa.array([True])])
def test_ids_are_strings_or_integers(column: pa.Array) -> None:
    with pytest.raises(BadColumn, match="ids are strings or integers"):
        id_column("f", "key", column)
