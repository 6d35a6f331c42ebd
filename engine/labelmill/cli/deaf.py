"""A stream that takes everything: what cannot be written is dropped."""

import io
from contextlib import suppress


class _Deaf(io.RawIOBase):
    """The raw end of a stream, whose errors nobody hears of."""

    def __init__(self, raw: io.FileIO) -> None:
        """Write where another raw stream would."""
        self._raw = raw

    def write(self, data: object, /) -> int:
        given = bytes(memoryview(data))  # type: ignore[arg-type]
        rest = given
        with suppress(OSError):
            while rest:
                rest = rest[self._raw.write(rest) or 0 :]
        return len(given)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()


def deaf_to_errors(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream, line by line, without errors of the system."""
    raw = io.FileIO(stream.fileno(), "w", closefd=False)
    wrapped = io.BufferedWriter(_Deaf(raw))
    return io.TextIOWrapper(
        wrapped, encoding=stream.encoding, errors=stream.errors, line_buffering=True
    )
