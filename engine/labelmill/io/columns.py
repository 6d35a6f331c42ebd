"""Columns as they come: plain types, valid UTF-8, and what is wrong with which row."""

import codecs

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from labelmill.core.texts import all_ascii, string_bytes
from labelmill.errors import BadColumn


def plain(column: pa.Array) -> pa.Array:
    """A column without dictionary encoding, large or view strings."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    return column


def text_column(
    file: str, name: str, column: pa.Array, *, only_ascii: bool = False
) -> tuple[pa.Array, dict[int, str]]:
    """A column of texts, and for each row that nobody can read the reason.

    Args:
        file: its name, for messages.
        name: that of the column.
        column: any kind of strings.
        only_ascii: whether `plainly_ascii` is known to hold; all of it can be read then.

    Returns:
        The texts (null where a row cannot be read) and row -> reason.

    Raises:
        BadColumn: if the column does not hold strings.
    """
    column = plain(column)
    if not pa.types.is_string(column.type):
        message = f"holds {column.type}, but a text column holds strings"
        raise BadColumn(file, name, message)
    if only_ascii:
        return column, {}
    column, faults = valid_utf8(column)
    nulls = np.flatnonzero(pc.is_null(column).to_numpy(zero_copy_only=False)).tolist()
    missing = {row: f"{name} is null" for row in nulls if row not in faults}
    return column, missing | {row: f"{name}: {fault}" for row, fault in faults.items()}


def id_column(file: str, name: str, column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """A column of ids (strings or integers), and for each row without a usable one the reason.

    Raises:
        BadColumn: if the column holds neither strings nor integers.
    """
    column = plain(column)
    if pa.types.is_string(column.type):
        return text_column(file, name, column)
    if not pa.types.is_integer(column.type):
        message = f"holds {column.type}, but ids are strings or integers"
        raise BadColumn(file, name, message)
    nulls = np.flatnonzero(pc.is_null(column).to_numpy(zero_copy_only=False)).tolist()
    return column, dict.fromkeys(nulls, f"{name} is null")


def valid_utf8(column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    r"""A string column with null in place of invalid UTF-8, and row -> what is wrong there.

    Example:
        >>> raw = pa.array([b"fine", b"caf\xe9"]).view(pa.string())
        >>> column, faults = valid_utf8(raw)
        >>> column.to_pylist(), faults
        (['fine', None], {1: 'invalid UTF-8 at byte 3'})
    """
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return _repaired(column)
    return column, {}


def plainly_ascii(column: pa.Array) -> bool:
    """Whether plain strings are all ASCII, and none is null; ASCII is always valid UTF-8."""
    return pa.types.is_string(column.type) and not column.null_count and all_ascii(column)


def checked_columns(
    table: pa.Table, names: list[str]
) -> tuple[dict[str, pa.Array], dict[int, str]]:
    """Plain columns by name, and for each row with an unreadable value the reason."""
    columns: dict[str, pa.Array] = {}
    faults: dict[int, str] = {}
    for name in names:
        column = plain(one_chunk(table[name]))
        if pa.types.is_string(column.type):
            column, found = valid_utf8(column)
            faults |= {row: f"{name}: {fault}" for row, fault in found.items()}
        columns[name] = column
    return columns, faults


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _repaired(column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    values: list[str | None] = []
    faults: dict[int, str] = {}
    for row, data in enumerate(column.view(pa.binary()).to_pylist()):
        try:
            values.append(None if data is None else codecs.decode(data, "utf-8"))
        except UnicodeDecodeError as error:
            values.append(None)
            faults[row] = f"invalid UTF-8 at byte {error.start}"
    return pa.array(values, pa.string()), faults


def column_digest(column: pa.Array) -> str:
    """A digest of the values of a column, wherever it lies in memory.

    Example:
        >>> column_digest(pa.array(["a", "b"])[1:]) == column_digest(pa.array(["b"]))
        True
    """
    state = xxhash.xxh3_128(f"{column.type} {len(column)} {column.null_count}".encode())
    if column.null_count:
        state.update(np.packbits(np.asarray(column.is_null())).tobytes())
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        filled = pc.fill_null(column, "") if column.null_count else column
        content, begins = string_bytes(filled)
        state.update(begins.tobytes())
        state.update(content.tobytes())
        return state.hexdigest()
    sink = pa.BufferOutputStream()
    batch = pa.record_batch([pa.concat_arrays([column])], names=["c"])
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    state.update(sink.getvalue())
    return state.hexdigest()
