"""The rows that labeling functions see: a batch of texts, or one light row."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.tokens import Tokens

Int32 = npt.NDArray[np.int32]


class Analysis(Protocol):
    """Linguistic reading of texts, made once for each batch (see labelmill.text.language)."""

    def tokens(self, texts: list[str]) -> Tokens:
        """Bounds of the tokens of each text."""
        ...

    def docs(self, texts: list[str], model: str | None) -> list[Any]:
        """A spaCy Doc for each text; `model` None is the blank pipeline of the task's language."""
        ...


class Probe(Protocol):
    """A pattern to look for in texts; hashable (see labelmill.text.scan)."""

    def stands_in(self, text: str) -> bool:
        """Whether it is found in a text; the meaning that a scan must keep."""
        ...


class Found(Protocol):
    """In which texts each probe of a scan stands."""

    @property
    def docs(self) -> Mapping[Any, Int32]:
        """The texts in which each probe is found, ascending."""
        ...

    @property
    def overdue(self) -> Mapping[Any, tuple[int, ...]]:
        """The texts on which a probe ran out of time, for probes that did."""
        ...


class Search(Protocol):
    """Looks for many probes at once (see labelmill.text.scan)."""

    def search(self, texts: pa.Array) -> Found:
        """Look for every probe in every text."""
        ...


class Row:
    """One row as a Python function sees it: `row.text`, `row.id`, `row.stars` or `row["stars"]`.

    Only the columns that the function declared are there. `row.tokens` is the list of token
    strings and `row.doc` a spaCy Doc; both are made when first asked for.

    Example:
        >>> row = Row(7, "fine film", {"stars": 4})
        >>> row.text, row.stars, row["stars"]
        ('fine film', 4, 4)
    """

    __slots__ = ("_columns", "_lazy", "id", "text")

    def __init__(
        self,
        id: Any,  # noqa: A002 (the column's name)
        text: str,
        columns: Mapping[str, Any],
        lazy: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        """Hold one row; `lazy` makes `tokens` and `doc`."""
        self.id = id
        self.text = text
        self._columns = columns
        self._lazy = lazy or {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __getitem__(self, name: str) -> Any:
        if name in self._columns:
            return self._columns[name]
        if name in ("id", "text"):
            return getattr(self, name)
        if name in self._lazy:
            return self._lazy[name]()
        has = ", ".join(self.keys())
        message = f"this row has no column '{name}' (it has: {has}); add it to needs"
        raise KeyError(message)

    def __contains__(self, name: object) -> bool:
        return name in ("id", "text") or name in self._columns

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a column, or a default where the row does not have it."""
        return self[name] if name in self else default  # noqa: SIM401 (get is this method)

    def keys(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(dict.fromkeys(("id", "text", *self._columns)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())


@dataclass(frozen=True)
class Batch:
    """A shard or a part of it: ids, texts and the other columns, all of one length.

    `texts` holds the prepared text, never null; rows that nobody can read were taken out before.
    Derived readings (`strings`, `tokens`, `docs`) are made once and kept as long as the batch is.
    """

    ids: pa.Array
    texts: pa.Array
    columns: Mapping[str, pa.Array] = field(default_factory=dict)
    analysis: Analysis | None = None
    scan: Search | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def strings(self) -> list[str]:
        """The texts as Python strings."""
        return list(self.texts.to_pylist())

    @cached_property
    def tokens(self) -> Tokens:
        """Token bounds of every text."""
        return self._reading().tokens(self.strings)

    @cached_property
    def lengths(self) -> Int32:
        """Characters in each text."""
        return np.asarray(pc.utf8_length(self.texts).to_numpy(), dtype=np.int32)

    def searched(self, probe: Probe) -> Int32:
        """The texts in which a probe is found, ascending.

        The first call scans the batch for every probe of the job at once; a batch without a scan
        is searched text by text.
        """
        if self._found is None:
            found = [i for i, text in enumerate(self.strings) if probe.stands_in(text)]
            return np.array(found, dtype=np.int32)
        return self._found.docs[probe]

    def overdue(self, probe: Probe) -> tuple[int, ...]:
        """The texts on which a probe ran out of time, so that nothing is known of them."""
        return () if self._found is None else self._found.overdue.get(probe, ())

    @cached_property
    def _found(self) -> Found | None:
        return None if self.scan is None else self.scan.search(self.texts)

    def docs(self, model: str | None = None) -> list[Any]:
        """A spaCy Doc for every text, kept for each model."""
        kept: dict[str | None, list[Any]] = self.__dict__.setdefault("_docs", {})
        if model not in kept:
            kept[model] = self._reading().docs(self.strings, model)
        return kept[model]

    def rows(self, needs: tuple[str, ...] | None = ()) -> Iterator[Row]:
        """Light rows with the columns that are needed; None gives all of them."""
        wanted = self.columns if needs is None else [n for n in needs if n in self.columns]
        values = {name: self.columns[name].to_pylist() for name in wanted}
        for i, (row_id, text) in enumerate(zip(self.ids.to_pylist(), self.strings, strict=True)):
            columns = {name: column[i] for name, column in values.items()}
            yield Row(row_id, text, columns, self._lazy(i))

    def _lazy(self, i: int) -> dict[str, Callable[[], Any]]:
        def tokens() -> list[str]:
            text = self.strings[i]
            return [text[start:end] for start, end in self.tokens.bounds(i)]

        return {"tokens": tokens, "doc": lambda: self.docs()[i]}

    def _reading(self) -> Analysis:
        if self.analysis is None:
            message = "this batch was made without an analysis, so it has no tokens"
            raise ValueError(message)
        return self.analysis
