"""How long `labelmill --help` takes, and `labelmill validate` of each demo job.

The peer is a Python that does nothing. Ours must stay under 0.3 seconds, and each validate under
one second; the JSON tells the slowest. Both sides are whole processes.
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.measure import Claim, interleaved, options_of, report, run_command, seconds
from benchmarks.projects import ROOT

LABELMILL = Path(sys.executable).with_name("labelmill")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    options = options_of(__doc__, arguments)
    repeats = 2 if options.quick else 9
    ours, peer = interleaved(show_help, do_nothing, repeats)
    slowest, job = max(
        (
            median(seconds(partial(validate, path)) for _ in range(max(1, repeats // 3))),
            path,
        )
        for path in sorted((ROOT / "configs").glob("*.yaml"))
    )
    return report(
        Claim(
            "startup",
            ours,
            peer,
            "seconds",
            peer / ours,
            within_seconds=0.3,
            validate_seconds=slowest,
            validate_slowest=job.stem,
            validate_within_seconds=1.0,
        ),
        options,
    )


def show_help() -> None:
    """Ours."""
    shown = run_command([str(LABELMILL), "--help"])
    assert "validate" in shown, shown


def do_nothing() -> None:
    """The peer."""
    run_command([sys.executable, "-c", "pass"])


def validate(config: Path) -> None:
    """Check one job."""
    assert "ok" in run_command([str(LABELMILL), "validate", str(config)])


if __name__ == "__main__":
    sys.exit(main())
