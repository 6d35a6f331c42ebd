"""The entries of a gazetteer, as columns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int32 = npt.NDArray[np.int32]


class Entry(NamedTuple):
    """One line of a gazetteer."""

    term: str
    label: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class GazetteerReport:
    """What became of the entries of a file.

    Two entries with one key are a duplicate where label and id agree, else a conflict, of which
    the first in the file is used: `conflicts` holds (used, left out).
    """

    entries: int
    duplicates: tuple[Entry, ...] = ()
    conflicts: tuple[tuple[Entry, Entry], ...] = ()
    too_short: tuple[Entry, ...] = ()
    stopped: tuple[Entry, ...] = ()

    @property
    def doubts(self) -> str:
        """Duplicates and conflicts in one sentence; empty where there are none.

        Example:
            >>> GazetteerReport(
            ...     1, conflicts=((Entry("Paris", "LOC"), Entry("Paris", "PER")),)
            ... ).doubts
            "1 term has two labels or ids (the first stands): 'Paris' LOC, not PER"
        """
        told = []
        if self.conflicts:
            used, left = self.conflicts[0]
            differ = "id" if used.label == left.label else "label"
            first = f"'{used.term}' {getattr(used, differ)}, not {getattr(left, differ)}"
            terms = (
                "1 term has" if len(self.conflicts) == 1 else f"{len(self.conflicts)} terms have"
            )
            told.append(f"{terms} two labels or ids (the first stands): {first}")
        if self.duplicates:
            count = len(self.duplicates)
            noun = "duplicate" if count == 1 else "duplicates"
            told.append(f"{count} {noun}, as '{self.duplicates[0].term}'")
        return "; ".join(told)


class Strings(Sequence[str]):
    """Strings in an Arrow array of their UTF-8 bytes, decoded when they are asked for."""

    __slots__ = ("array",)

    def __init__(self, array: pa.BinaryArray) -> None:
        """Look at an array, without a copy."""
        self.array = array

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Strings":
        """Encode strings; a lone half of a surrogate pair is kept."""
        return cls(pa.array([_encoded(s) for s in strings], pa.binary()))

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> "Strings": ...
    def __getitem__(self, place: int | slice) -> "str | Strings":
        if isinstance(place, slice):
            return Strings(self.array[place])
        data: bytes = self.array[place].as_py()
        return _decoded(data)

    def __iter__(self) -> Iterator[str]:
        return map(_decoded, self.array.to_pylist())


@dataclass(frozen=True, slots=True)
class Entries(Sequence[Entry]):
    """Entries as columns; a sequence of `Entry`, each made when it is asked for.

    Example:
        >>> entries = Entries.of([Entry("Paris", "LOC"), Entry("Ann", None, "7")])
        >>> entries[1], entries.labels
        (Entry(term='Ann', label=None, id='7'), ('LOC', None))
    """

    term: Strings
    label: Int32  # index into labels
    labels: tuple[str | None, ...]
    id: pa.StringArray

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Entries":
        """Put entries into columns."""
        codes = {label: i for i, label in enumerate(dict.fromkeys(e.label for e in entries))}
        return cls(
            Strings.of(entry.term for entry in entries),
            np.array([codes[entry.label] for entry in entries], dtype=np.int32),
            tuple(codes),
            pa.array([entry.id for entry in entries], pa.string()),
        )

    def __len__(self) -> int:
        return len(self.label)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> "Entries": ...
    def __getitem__(self, place: int | slice) -> "Entry | Entries":
        if isinstance(place, slice):
            return Entries(self.term[place], self.label[place], self.labels, self.id[place])
        return Entry(self.term[place], self.labels[self.label[place]], self.id[place].as_py())

    def __iter__(self) -> Iterator[Entry]:
        labels = (self.labels[code] for code in self.label.tolist())
        return map(Entry, self.term, labels, self.id.to_pylist())

    def terms(self, label: str | None = None) -> tuple[str, ...]:
        """The terms in order; of one label where it is given."""
        if label is None:
            return tuple(self.term)
        if label not in self.labels:
            return ()
        places = np.flatnonzero(self.label == self.labels.index(label))
        return tuple(Strings(self.term.array.take(pa.array(places))))


def _encoded(string: str) -> bytes:
    return string.encode("utf-8", "surrogatepass")


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
