"""Trying again where reading failed for a moment: a network drive, a busy disk."""

import errno
from collections.abc import Callable
from time import sleep
from typing import TypeVar

Result = TypeVar("Result")

TRANSIENT = frozenset(
    {
        errno.EAGAIN,
        errno.EBUSY,
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTUNREACH,
        errno.EINTR,
        errno.EIO,
        errno.ENETUNREACH,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
"""What may be gone when it is tried again; nothing that depends on what is there."""

PAUSES = (0.1, 0.4, 1.6)
"""Seconds before each further attempt."""


def is_transient(error: BaseException) -> bool:
    """Whether the same attempt may succeed a moment later.

    Example:
        >>> is_transient(OSError(errno.EIO, "")), is_transient(FileNotFoundError(errno.ENOENT, ""))
        (True, False)
    """
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    return isinstance(error, OSError) and error.errno in TRANSIENT


def patiently(attempt: Callable[[], Result], pause: Callable[[float], None] = sleep) -> Result:
    """Do something that reads, and do it again where it failed for a moment.

    Raises:
        Exception: what the last attempt raised, or the first that no further one can mend.
    """
    for seconds in PAUSES:
        try:
            return attempt()
        except OSError as error:
            if not is_transient(error):
                raise
            pause(seconds)
    return attempt()
