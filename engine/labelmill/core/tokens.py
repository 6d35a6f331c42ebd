"""Where the tokens of some texts lie."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
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

    def aligned(self, text: int, start: int, end: int) -> tuple[int, int] | None:
        """Widen a span to the bounds of the tokens that it touches; None if it touches none."""
        low, high = int(self.starts[text]), int(self.starts[text + 1])
        first = low + int(np.searchsorted(self.end[low:high], start, side="right"))
        last = low + int(np.searchsorted(self.start[low:high], end, side="left")) - 1
        if first > last:
            return None
        return int(self.start[first]), int(self.end[last])
