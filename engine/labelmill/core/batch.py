"""The rows that labeling functions see, as a batch."""

import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.rows import Row, SharedRows
from labelmill.core.texts import all_ascii
from labelmill.core.tokens import Tokens

Int32 = npt.NDArray[np.int32]
Kept = TypeVar("Kept")


class Analysis(Protocol):
    """Linguistic reading of texts, made once for each batch (see labelmill.text.language)."""

    def tokens(self, texts: Sequence[str] | pa.Array) -> Tokens:
        """Bounds of the tokens of each text; faster where the texts come from Arrow."""
        ...

    def cuts(self, texts: pa.Array) -> Any:
        """The tokens of each distinct chunk of the texts (labelmill.text.chunks.ChunkCuts).

        None where the texts are not cut chunk by chunk.
        """
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

    def search(self, texts: pa.Array, *, only_ascii: bool = False) -> Found:
        """Look for every probe in every text; say so where all texts are known to be ASCII."""
        ...


@dataclass(frozen=True)
class Batch:
    """A shard or a part of it: ids, texts and the other columns, all of one length.

    `texts` holds the prepared text, never null; rows that nobody can read were taken out before.
    `surely_ascii` says that no text has any other character, where that is known.
    Derived readings (`strings`, `tokens`, `docs`) are made once and kept as long as the batch is.
    """

    ids: pa.Array
    texts: pa.Array
    columns: Mapping[str, pa.Array] = field(default_factory=dict)
    analysis: Analysis | None = None
    scan: Search | None = None
    surely_ascii: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def strings(self) -> list[str]:
        """The texts as Python strings."""
        return list(self.texts.to_pylist())

    @cached_property
    def cuts(self) -> Any:
        """The tokens of each distinct chunk; None where texts are not cut chunk by chunk."""
        return self._reading().cuts(self.texts)

    @cached_property
    def tokens(self) -> Tokens:
        """Token bounds of every text."""
        cuts: Tokens | None = None if self.cuts is None else self.cuts.tokens()
        return self._reading().tokens(self.texts) if cuts is None else cuts

    @cached_property
    def only_ascii(self) -> bool:
        """Whether every text is ASCII."""
        return self.surely_ascii or all_ascii(self.texts)

    @cached_property
    def lengths(self) -> Int32:
        """Characters in each text."""
        count = pc.binary_length if self.only_ascii else pc.utf8_length
        return np.asarray(count(self.texts).to_numpy(), dtype=np.int32)

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
        if self._found is None or not self._found.overdue:
            return ()
        return self._found.overdue.get(probe, ())

    @cached_property
    def _found(self) -> Found | None:
        if self.scan is None:
            return None
        return self.scan.search(self.texts, only_ascii=self.only_ascii)

    def kept(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What `make` gives, made once for each key and kept as long as the batch is."""
        readings: dict[Hashable, Any] = self.__dict__.setdefault("_readings", {})
        if key not in readings:
            readings[key] = make()
        reading: Kept = readings[key]
        return reading

    def docs(self, model: str | None = None) -> list[Any]:
        """A spaCy Doc for every text, kept for each model."""
        kept: dict[str | None, list[Any]] = self.__dict__.setdefault("_docs", {})
        if model not in kept:
            kept[model] = self._reading().docs(self.strings, model)
        return kept[model]

    def rows(self, needs: tuple[str, ...] | None = ()) -> Iterator[Row]:
        """Light rows with the columns that are needed; None gives all of them."""
        return self._rows(needs, lambda: self)

    def shared_rows(self, needs: tuple[str, ...] | None = ()) -> list[Row]:
        """Light rows that functions share, each made once as long as nobody writes to one.

        Rows with lists or maps, which can be changed without a trace, are made for each caller.
        """
        if any(pa.types.is_nested(self.columns[name].type) for name in self._wanted(needs)):
            return list(self.rows(needs))
        return self.shared.get(needs, lambda: self._light_rows(self._wanted(needs)))

    @cached_property
    def shared(self) -> SharedRows:
        """Rows in any form that functions share."""
        return SharedRows()

    def reading(self, name: str, place: int) -> Any:
        """The `tokens` or the `doc` of one text."""
        if name == "doc":
            return self.docs()[place]
        text = self.strings[place]
        return [text[start:end] for start, end in self.tokens.bounds(place)]

    def _light_rows(self, names: list[str]) -> list[Row]:
        """Rows that do not keep the batch alive, all made at once."""
        values = {name: self.columns[name].to_pylist() for name in names}
        return Row.all_of(self.ids.to_pylist(), self.strings, values, weakref.ref(self))

    def _rows(
        self, needs: tuple[str, ...] | None, find: Callable[[], "Batch | None"]
    ) -> Iterator[Row]:
        names = self._wanted(needs)
        columns = [self.columns[name].to_pylist() for name in names]
        values = zip(*columns, strict=True) if names else repeat(())
        rows = zip(self.ids.to_pylist(), self.strings, values, strict=False)
        for i, (row_id, text, found) in enumerate(rows):
            yield Row(row_id, text, dict(zip(names, found, strict=True)), find, i)

    def _wanted(self, needs: tuple[str, ...] | None) -> list[str]:
        return [name for name in (self.columns if needs is None else needs) if name in self.columns]

    def _reading(self) -> Analysis:
        if self.analysis is None:
            message = "this batch was made without an analysis, so it has no tokens"
            raise ValueError(message)
        return self.analysis
