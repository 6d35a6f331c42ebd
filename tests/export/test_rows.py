import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.export.rows import carried, cut, files_of, json_line, plain, rows, values


def test_a_float32_becomes_the_shortest_decimal_at_any_depth() -> None:
    entity = pa.struct([("confidence", pa.float32())])
    nested = pa.array([[{"confidence": 0.1}, None], None, []], pa.list_(entity))

    assert values(nested) == [[{"confidence": 0.1}, None], None, []]
    assert values(nested[1:]) == [None, []]
    assert values(pa.array([[0.3, 0.7]], pa.list_(pa.float32(), 2))) == [[0.3, 0.7]]
    assert values(pa.array(["a", "b", "a"]).dictionary_encode()) == ["a", "b", "a"]


@given(st.lists(st.one_of(st.none(), st.lists(st.floats(width=32, allow_nan=False)))))
def test_values_mean_the_same_float32(lists: list[list[float] | None]) -> None:
    array = pa.array(lists, pa.list_(pa.float32()))

    assert pa.array(values(array), pa.list_(pa.float32())).equals(array)


def test_rows_keep_the_order_of_batches_and_columns() -> None:
    batches = [pa.record_batch({"b": [1], "a": ["x"]}), pa.record_batch({"b": [2], "a": [None]})]

    assert [list(row.items()) for row in rows(batches)] == [
        [("b", 1), ("a", "x")],
        [("b", 2), ("a", None)],
    ]


def test_carried_columns_are_those_that_are_not_ours() -> None:
    schema = pa.schema([("id", pa.string()), ("stars", pa.int8()), ("text", pa.string())])

    assert carried(schema) == ("stars",)


@given(st.lists(st.integers(0, 7)), st.integers(1, 5))
def test_cut_batches_hold_the_same_rows_and_are_full_but_the_last(
    sizes: list[int], n_rows: int
) -> None:
    total = sum(sizes)
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    batches = [
        pa.record_batch({"n": pa.array(range(a, a + size), pa.int64())})
        for a, size in zip(starts, sizes, strict=True)
    ]

    parts = list(cut(batches, n_rows))

    assert [n for part in parts for n in part.column("n").to_pylist()] == list(range(total))
    assert all(part.num_rows == n_rows for part in parts[:-1])
    assert all(part.num_rows for part in parts)


def test_files_take_groups_in_turn() -> None:
    groups: Any = iter("abcde")

    assert ["".join(file) for file in files_of(groups, 2)] == ["ab", "cd", "e"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC), "2024-05-01T12:30:00+00:00"),
        (dt.time(7, 5), "07:05:00"),
        (dt.timedelta(minutes=1.5), 90.0),
        (Decimal("1E+2"), "100"),
        (float("-inf"), None),
        (True, True),
        ({1: (b"\xff",)}, {"1": ["/w=="]}),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    ],
)
def test_values_that_json_lacks_have_one_spelling(value: object, wanted: object) -> None:
    assert plain(value) == wanted


@given(st.text())
def test_a_json_line_is_one_line_and_reads_back(text: str) -> None:
    line = json_line({"text": text}).decode("utf-8")

    assert line.splitlines() == [line[:-1]]
    assert json.loads(line) == {"text": text}
