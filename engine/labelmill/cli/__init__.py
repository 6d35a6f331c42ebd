"""The front door: the labelmill command."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        arguments: what stands after `labelmill`; that of this process where it is not given.
    """
    from labelmill.cli.guard import carry_out  # noqa: PLC0415 (the face stays free to import)

    return carry_out(sys.argv[1:] if arguments is None else arguments)
