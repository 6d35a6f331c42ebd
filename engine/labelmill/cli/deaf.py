"""Streams that take what cannot be written, and drop it."""

import io
from contextlib import suppress


class _Deaf(io.RawIOBase):
    """The raw end of a stream; errors of one kind are not heard of."""

    def __init__(self, raw: io.FileIO, unheard: type[OSError]) -> None:
        """Write where another raw stream would."""
        self._raw, self._unheard = raw, unheard

    def write(self, data: object, /) -> int:
        given = bytes(memoryview(data))  # type: ignore[arg-type]
        rest = given
        with suppress(self._unheard):
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
    return _deaf(stream, OSError, line_buffering=True)


def deaf_to_leaving(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream, but a reader that leaves (as `head` does) is no error."""
    return _deaf(stream, BrokenPipeError, line_buffering=stream.line_buffering)


def _deaf(
    stream: io.TextIOWrapper, unheard: type[OSError], *, line_buffering: bool
) -> io.TextIOWrapper:
    raw = io.FileIO(stream.fileno(), "w", closefd=False)
    wrapped = io.BufferedWriter(_Deaf(raw, unheard))
    return io.TextIOWrapper(
        wrapped, encoding=stream.encoding, errors=stream.errors, line_buffering=line_buffering
    )
