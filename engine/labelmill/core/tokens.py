"""Where the tokens of some texts lie."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tokens:
    """Token bounds of a batch of texts; white space is never part of a token.

    Token `t` of text `i` is row `starts[i] + t` of `start` and `end`, which hold character
    offsets into text `i`, half-open.

    Example:
        >>> tokens = Tokens.of([[(0, 2), (3, 5)], []])
        >>> tokens.bounds(0)
        [(0, 2), (3, 5)]
        >>> tokens.bounds(1)
        []
    """

    starts: Int64  # [n_texts + 1]
    start: Int32  # [n_tokens]
    end: Int32  # [n_tokens]

    @classmethod
    def of(cls, bounds: "list[list[tuple[int, int]]]") -> "Tokens":
        """Pack one list of (start, end) per text."""
        starts = np.zeros(len(bounds) + 1, dtype=np.int64)
        np.cumsum([len(b) for b in bounds], out=starts[1:])
        flat = np.array([pair for b in bounds for pair in b], dtype=np.int32).reshape(-1, 2)
        return cls(starts, np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def bounds(self, text: int) -> list[tuple[int, int]]:
        """(start, end) of each token of one text."""
        rows = slice(self.starts[text], self.starts[text + 1])
        return list(zip(self.start[rows].tolist(), self.end[rows].tolist(), strict=True))

    @cached_property
    def start_places(self) -> Int64:
        """`start` of every token as ascending numbers: text * 2**32 + offset."""
        return self.rows << 32 | self.start

    @cached_property
    def end_places(self) -> Int64:
        """`end` of every token, likewise."""
        return self.rows << 32 | self.end

    @property
    def rows(self) -> Int64:
        """The text of each token, [n_tokens]."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.starts))

    def aligned(self, doc: Int64, start: Int64, end: Int64) -> tuple[Int32, Int32, Bools]:
        """Widen spans to the bounds of the tokens that they touch.

        Args:
            doc: the text of each span, [n_spans].
            start: its first character.
            end: the character after its last.

        Returns:
            Start and end of each widened span, and whether it touches any token at all, [n_spans];
            the bounds of one that touches none mean nothing.

        Example:
            >>> tokens = Tokens.of([[(0, 2), (3, 5)], []])
            >>> one, two = np.array([0, 0, 1]), np.array([1, 2, 0])
            >>> start, end, touched = tokens.aligned(one, two, two + 1)
            >>> start.tolist()[0], end.tolist()[0], touched.tolist()
            (0, 2, [True, False, False])
        """
        first = np.searchsorted(self.end_places, doc << 32 | start, side="right")
        last = np.searchsorted(self.start_places, doc << 32 | end, side="left") - 1
        touched = first <= last
        if not touched.any():
            nothing = np.zeros(len(touched), dtype=np.int32)
            return nothing, nothing, touched
        inside = np.where(touched, first, 0), np.where(touched, last, 0)
        return self.start[inside[0]], self.end[inside[1]], touched
