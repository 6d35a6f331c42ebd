"""What labeling functions that read columns share."""

from collections.abc import Iterable

import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.errors import BadParameter, nearest


def column_of(batch: Batch, name: str, field: str) -> pa.Array:
    """A column of a batch; `id` and `text` are columns too.

    Args:
        batch: the rows.
        name: the column.
        field: the parameter that an error names.

    Raises:
        BadParameter: if the batch has no such column.

    Example:
        >>> batch = Batch(pa.array([1]), pa.array(["a"]), {"stars": pa.array([4])})
        >>> column_of(batch, "stars", "column").to_pylist()
        [4]
    """
    if name in batch.columns:
        return batch.columns[name]
    if name in ("id", "text"):
        return batch.ids if name == "id" else batch.texts
    known = ("id", "text", *batch.columns)
    message = f"the rows have no column '{name}'{nearest(name, known)}"
    raise BadParameter(field, f"{message}; the text is `text`, the id is `id`", code="column")


def check_columns(batch: Batch, names: Iterable[str], field: str) -> None:
    """Make sure that a batch has some columns.

    Raises:
        BadParameter: if one is missing.
    """
    for name in sorted(names):
        column_of(batch, name, field)


def shown(value: object) -> str:
    """A value for a message, cut short.

    Example:
        >>> shown("a" * 100)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
