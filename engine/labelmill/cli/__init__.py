"""The front door: the labelmill command."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        arguments: what stands after `labelmill`; that of this process where it is not given.
    """
    try:
        from labelmill.cli.guard import carry_out, leaving  # noqa: PLC0415 (the face stays free to import)

        if arguments is not None:
            return carry_out(arguments)
        return leaving(carry_out(sys.argv[1:]))
    except KeyboardInterrupt:  # while modules load, before anybody looks after signals
        return 130
