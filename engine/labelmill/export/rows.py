"""Rows of a training set as plain Python values, and batches cut to size."""

import base64
import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import singledispatch
from itertools import chain, islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

OWN_COLUMNS = ("id", "text", "label", "labels", "entities", "probs", "weight", "origin", "made_by")
"""Columns that every training set has; all others are carried through from the source."""


def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """Every row as a map from column to Python value, one batch in memory at a time."""
    for batch in batches:
        names = batch.schema.names
        columns = [values(batch.column(i)) for i in range(len(names))]
        for row in zip(*columns, strict=True):
            yield dict(zip(names, row, strict=True))


def values(array: pa.Array) -> list[Any]:
    """Python values of an Arrow array; a float32 becomes the shortest decimal that means it.

    Example:
        >>> values(pa.array([[0.1, None], None], pa.list_(pa.float32())))
        [[0.1, None], None]
    """
    kind = array.type
    if pa.types.is_float32(kind):
        return list(array.cast(pa.string()).cast(pa.float64()).to_pylist())
    if pa.types.is_dictionary(kind):
        return values(array.dictionary_decode())
    if pa.types.is_struct(kind):
        return _structs(array)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(array)
    return list(array.to_pylist())


def carried(schema: pa.Schema) -> tuple[str, ...]:
    """Names of the columns carried through from the source."""
    return tuple(name for name in schema.names if name not in OWN_COLUMNS)


def cut(batches: Iterable[pa.RecordBatch], n_rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of exactly `n_rows` (the last may be smaller, none is empty).

    Example:
        >>> parts = [pa.record_batch({"n": [1, 2]}), pa.record_batch({"n": [3, 4, 5]})]
        >>> [batch.column("n").to_pylist() for batch in cut(parts, 3)]
        [[1, 2, 3], [4, 5]]
    """
    waiting: list[pa.RecordBatch] = []
    n_waiting = 0
    for batch in batches:
        rest = batch
        while n_waiting + rest.num_rows >= n_rows:
            missing = n_rows - n_waiting
            yield _joined([*waiting, rest.slice(0, missing)])
            waiting, n_waiting, rest = [], 0, rest.slice(missing)
        if rest.num_rows:
            waiting.append(rest)
            n_waiting += rest.num_rows
    if waiting:
        yield _joined(waiting)


def files_of(
    groups: Iterable[pa.RecordBatch], groups_per_file: int
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Hand out the groups of one file after the other; each must be used up before the next."""
    groups = iter(groups)
    for first in groups:
        yield chain([first], islice(groups, groups_per_file - 1))


def json_line(value: Any) -> bytes:
    r"""One value as a line of JSON: UTF-8, keys in the order given.

    The characters that some readers take for line ends (U+0085, U+2028, U+2029) are escaped; all
    others above ASCII stand as they are.

    Example:
        >>> json_line({"id": "é", "day": dt.date(2024, 5, 1)}).decode()
        '{"id": "é", "day": "2024-05-01"}\n'
    """
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    for char in "\u0085\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f"{text}\n".encode()


@singledispatch
def plain(value: Any) -> Any:
    """A value as JSON can hold it.

    Dates and times become ISO 8601 strings, durations seconds, decimals strings, bytes base64;
    NaN and the infinities, which JSON does not have, become null.

    Example:
        >>> plain({"price": Decimal("1.50"), "raw": b"hi", "score": float("nan")})
        {'price': '1.50', 'raw': 'aGk=', 'score': None}
    """
    return str(value)


@plain.register(type(None))
@plain.register(str)
@plain.register(int)
def _same(value: Any) -> Any:
    return value


@plain.register
def _float(value: float) -> float | None:
    return value if math.isfinite(value) else None


@plain.register(dt.date)
@plain.register(dt.time)
def _time(value: Any) -> str:
    return str(value.isoformat())


@plain.register
def _duration(value: dt.timedelta) -> float:
    return value.total_seconds()


@plain.register
def _decimal(value: Decimal) -> str:
    return format(value, "f")


@plain.register
def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


@plain.register(list)
@plain.register(tuple)
def _sequence(value: Any) -> list[Any]:
    return [plain(item) for item in value]


@plain.register
def _mapping(value: dict) -> dict[str, Any]:  # type: ignore[type-arg] # (dispatch wants the class)
    return {str(key): plain(item) for key, item in value.items()}


def _structs(array: pa.Array) -> list[Any]:
    names = [field.name for field in array.type]
    fields = [values(part) for part in array.flatten()]
    found = [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]
    return [
        item if there else None
        for item, there in zip(found, array.is_valid().to_pylist(), strict=True)
    ]


def _lists(array: pa.Array) -> list[Any]:
    flat = iter(values(array.flatten()))
    lengths = pc.list_value_length(array).to_pylist()
    return [None if length is None else list(islice(flat, length)) for length in lengths]


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches) if len(batches) > 1 else batches[0]
