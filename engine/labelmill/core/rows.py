"""Light rows: what a Python function sees of one row, cheap to make and cheap to read.

Many functions share the same row objects. A row that is written to counts that, so that whoever
shares rows knows when to make new ones, and no function ever sees what another one wrote.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, ClassVar, Protocol, Self


class _Holder:
    """Has the dict that holds a row's values."""


_VALUES: Any = _Holder.__dict__["__dict__"]


class LightRow(_Holder):
    """A row whose columns are attributes and keys; it can be written to and copied.

    Example:
        >>> row = LightRow.of({"id": 7, "text": "fine film"})
        >>> row.text, row["id"], "stars" in row, list(row)
        ('fine film', 7, False, ['id', 'text'])
        >>> before = LightRow.writes
        >>> row.text = "fine"
        >>> LightRow.writes > before
        True
    """

    writes: ClassVar[int] = 0
    """How often any row may have been written to."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """A row that holds these values; the dict becomes its own."""
        row = cls.__new__(cls)
        _VALUES.__set__(row, values)
        return row

    @classmethod
    def many(cls, names: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> list[Self]:
        """A row for each place of some columns of one length; there is at least one column.

        Example:
            >>> [row.text for row in LightRow.many(("id", "text"), [[1, 2], ["a", "b"]])]
            ['a', 'b']
        """
        rows = list(map(cls.__new__, repeat(cls, len(columns[0]))))
        values = map(dict, map(zip, repeat(names), zip(*columns, strict=True)))
        for _ in map(_VALUES.__set__, rows, values):
            pass
        return rows

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The values; whoever asks for them may write to them."""
        LightRow.writes += 1
        return values_of(self)

    def __setattr__(self, name: str, value: Any) -> None:
        LightRow.writes += 1
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        LightRow.writes += 1
        object.__delattr__(self, name)

    def __getitem__(self, name: str) -> Any:
        return values_of(self)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __contains__(self, name: object) -> bool:
        return name in values_of(self)

    def __iter__(self) -> Iterator[str]:
        return iter(values_of(self))

    def __len__(self) -> int:
        return len(values_of(self))

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a column, or a default where the row does not have it."""
        return self[name] if name in self else default  # noqa: SIM401 (get is this method)

    def keys(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self)


def values_of(row: LightRow) -> dict[str, Any]:
    """The values of a row, for reading only."""
    values: dict[str, Any] = _VALUES.__get__(row)
    return values


class Readings(Protocol):
    """Makes what a row gives besides its values."""

    def reading(self, name: str, place: int) -> Any:
        """The `tokens` or the `doc` of the row at a place."""
        ...


Source = tuple[Callable[[], Readings | None], int]
"""Where a row asks for its readings, and its place there."""


class Row(LightRow):
    """One row as a Python function sees it: `row.text`, `row.id`, `row.stars` or `row["stars"]`.

    Only the columns that the function declared are there. `row.tokens` is the list of token
    strings and `row.doc` a spaCy Doc; both are made when first asked for.

    Example:
        >>> row = Row(7, "fine film", {"stars": 4})
        >>> row.text, row.stars, row["stars"]
        ('fine film', 4, 4)
    """

    __slots__ = ("_hidden", "_source")

    _hidden: Mapping[str, Any] | None
    _source: Source | None

    def __init__(
        self,
        id: Any,  # noqa: A002 (the column's name)
        text: str,
        columns: Mapping[str, Any],
        source: Source | None = None,
    ) -> None:
        """Hold one row; `source` gives its `tokens` and `doc`."""
        hidden = None
        if "id" in columns or "text" in columns:
            hidden = {name: columns[name] for name in ("id", "text") if name in columns}
        _VALUES.__set__(self, {**columns, "id": id, "text": text})
        _set_hidden(self, hidden)
        _set_source(self, source)

    @classmethod
    def all_of(
        cls,
        ids: Sequence[Any],
        texts: Sequence[str],
        columns: Mapping[str, Sequence[Any]],
        find: Callable[[], Readings | None],
    ) -> list[Self]:
        """A row for each place, made faster than one by one."""
        rows = cls.many((*columns, "id", "text"), [*columns.values(), ids, texts])
        hidden = [name for name in ("id", "text") if name in columns]
        taken = zip(*(columns[name] for name in hidden), strict=True) if hidden else repeat(None)
        for _ in map(_set_source, rows, zip(repeat(find), range(len(rows)), strict=False)):
            pass
        for row, values in zip(rows, taken, strict=False):
            _set_hidden(row, None if values is None else dict(zip(hidden, values, strict=True)))
        return rows

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in Row.__slots__:
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __getitem__(self, name: str) -> Any:
        if self._hidden is not None and name in self._hidden:
            return self._hidden[name]
        values = values_of(self)
        if name in values:
            return values[name]
        if name in READINGS and self._source is not None:
            return self._reading(name, *self._source)
        has = ", ".join(self)
        message = f"this row has no column '{name}' (it has: {has}); add it to needs"
        raise KeyError(message)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(("id", "text", *values_of(self))))

    def _reading(self, name: str, find: Callable[[], Readings | None], place: int) -> Any:
        batch = find()
        if batch is None:
            message = f"row.{name} was asked for after the row's batch was done"
            raise ReferenceError(message)
        return batch.reading(name, place)


READINGS = ("tokens", "doc")
_SLOTS: Mapping[str, Any] = vars(Row)
_set_hidden = _SLOTS["_hidden"].__set__
_set_source = _SLOTS["_source"].__set__


class SharedRows:
    """Rows that functions share: made once for each key, and anew once any row was written to.

    Example:
        >>> shared = SharedRows()
        >>> made = shared.get("all", lambda: [LightRow.of({"n": 1})])
        >>> shared.get("all", lambda: []) is made
        True
        >>> made[0].n = 2
        >>> shared.get("all", lambda: [LightRow.of({"n": 1})])[0].n
        1
    """

    MOST = 4
    """So many sets of rows are kept; the one made first goes."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._kept: dict[Hashable, list[Any]] = {}
        self._writes = LightRow.writes

    def get(self, key: Hashable, make: Callable[[], list[Any]]) -> list[Any]:
        """The rows under a key."""
        if LightRow.writes != self._writes:
            self._kept.clear()
        if key not in self._kept:
            while len(self._kept) >= self.MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = make()
        self._writes = LightRow.writes
        return self._kept[key]
