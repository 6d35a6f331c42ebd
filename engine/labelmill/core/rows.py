"""Light rows: what a Python function sees of one row, cheap to make and cheap to read.

Many functions share the same row objects. A row that is written to counts that, so that whoever
shares rows knows when to make new ones, and no function ever sees what another one wrote.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import count, repeat
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
        for _ in map(_VALUES.__set__, rows, _dicts(names, columns)):
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


def _dicts(names: tuple[str, ...], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """A dict for each place of some columns; made a column at a time, which is quickest."""
    first = names[0]
    dicts = [{first: value} for value in columns[0]]
    for name, column in zip(names[1:], columns[1:], strict=True):
        for values, value in zip(dicts, column, strict=True):
            values[name] = value
    return dicts


def values_of(row: LightRow) -> dict[str, Any]:
    """The values of a row, for reading only."""
    values: dict[str, Any] = _VALUES.__get__(row)
    return values


class Readings(Protocol):
    """Makes what a row gives besides its values."""

    def reading(self, name: str, place: int) -> Any:
        """The `tokens` or the `doc` of the row at a place."""
        ...


Find = Callable[[], Readings | None]
"""Finds what makes a row's readings; it may be gone."""


class Row(LightRow):
    """One row as a Python function sees it: `row.text`, `row.id`, `row.stars` or `row["stars"]`.

    Only the columns that the function declared are there. `row.tokens` is the list of token
    strings and `row.doc` a spaCy Doc; both are made when first asked for.

    Example:
        >>> row = Row(7, "fine film", {"stars": 4})
        >>> row.text, row.stars, row["stars"]
        ('fine film', 4, 4)
    """

    __slots__ = ("_find", "_hidden", "_place")

    _find: Find | None
    _hidden: Mapping[str, Any] | None
    _place: int

    def __init__(
        self,
        id: Any,  # noqa: A002 (the column's name)
        text: str,
        columns: Mapping[str, Any],
        find: Find | None = None,
        place: int = 0,
    ) -> None:
        """Hold one row; what `find` gives makes its `tokens` and `doc`, by its place there."""
        hidden = None
        if "id" in columns or "text" in columns:
            hidden = {name: columns[name] for name in ("id", "text") if name in columns}
        _VALUES.__set__(self, {**columns, "id": id, "text": text})
        _set_hidden(self, hidden)
        _set_find(self, find)
        _set_place(self, place)

    @classmethod
    def all_of(
        cls,
        ids: Sequence[Any],
        texts: Sequence[str],
        columns: Mapping[str, Sequence[Any]],
        find: Find,
    ) -> list[Self]:
        """A row for each place, made faster than one by one."""
        rows = cls.many((*columns, "id", "text"), [*columns.values(), ids, texts])
        hidden: Iterable[Mapping[str, Any] | None] = repeat(None)
        names = [name for name in ("id", "text") if name in columns]
        if names:
            values = zip(*(columns[name] for name in names), strict=True)
            hidden = map(dict, map(zip, repeat(names), values))
        for put, given in (
            (_set_find, repeat(find)),
            (_set_place, count()),
            (_set_hidden, hidden),
        ):
            for _ in map(put, rows, given):
                pass
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
        if name in READINGS and self._find is not None:
            return self._reading(name, self._find())
        has = ", ".join(self)
        message = f"this row has no column '{name}' (it has: {has}); add it to needs"
        raise KeyError(message)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(("id", "text", *values_of(self))))

    def _reading(self, name: str, batch: Readings | None) -> Any:
        if batch is None:
            message = f"row.{name} was asked for after the row's batch was done"
            raise ReferenceError(message)
        return batch.reading(name, self._place)


READINGS = ("tokens", "doc")
_SLOTS: Mapping[str, Any] = vars(Row)
_set_hidden = _SLOTS["_hidden"].__set__
_set_find = _SLOTS["_find"].__set__
_set_place = _SLOTS["_place"].__set__


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
