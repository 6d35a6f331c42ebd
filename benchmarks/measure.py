"""What every benchmark shares: timing two sides fairly, and saying what came out.

A benchmark is a module that is run as `python -m benchmarks.NAME`:

    def main(arguments: Sequence[str] | None = None) -> int:
        options = options_of(__doc__, arguments)
        ...
        ours, peer = interleaved(run_ours, run_peer, repeats=5)
        return report(Claim("name", ours, peer, "seconds", peer / ours, rows=1000), options)

    if __name__ == "__main__":
        sys.exit(main())
"""

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.projects import ROOT, find_corpora

PACKAGES = (
    "numpy",
    "pyarrow",
    "hyperscan",
    "spacy",
    "skweak",
    "snorkel",
    "pandas",
)
"""Packages whose versions move the figures."""

Side = Callable[[], object]
Timer = Callable[[Side], float]


class Claim:
    """What a benchmark measured.

    `ratio` says how many times better ours is than the peer (for a limit: our speed by the
    limit's), whatever the unit; `more` are other fields of the JSON object.

    Example:
        >>> Claim("scan", 0.5, 5.0, "seconds", 10.0, rows=3).plain()["ratio"]
        10.0
    """

    def __init__(
        self, name: str, ours: float, peer: float, unit: str, ratio: float, **more: Any
    ) -> None:
        """Hold the figures."""
        self.name, self.ours, self.peer, self.unit, self.ratio = name, ours, peer, unit, ratio
        self.more: Mapping[str, Any] = more

    def plain(self) -> dict[str, Any]:
        """The claim as JSON takes it, with four figures of every number."""
        fields = {"ours": self.ours, "peer": self.peer, "unit": self.unit, "ratio": self.ratio}
        return {"name": self.name, **rounded({**fields, **self.more})}


def options_of(
    description: str | None,
    arguments: Sequence[str] | None = None,
    add: Callable[[argparse.ArgumentParser], None] | None = None,
) -> argparse.Namespace:
    """Read the options of a benchmark.

    Args:
        description: the module's docstring.
        arguments: what stands behind the module's name; that of this process where not given.
        add: adds options of this benchmark to the parser.

    Returns:
        `json`: print nothing but the JSON object. `quick`: tiny sizes, to see that it works;
        the figures mean nothing then.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print the JSON object alone")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it work at all?")
    if add is not None:
        add(parser)
    return parser.parse_args(arguments)


def corpora() -> Path:
    """The folder of LABELMILL_DATA.

    Raises:
        SystemExit: with 4 if there is none.
    """
    folder = find_corpora()
    if folder is None:
        print("LABELMILL_DATA names no folder with the corpora", file=sys.stderr)
        raise SystemExit(4)
    return folder


def seconds(side: Side) -> float:
    """How long one call takes by the wall clock."""
    gc.collect()
    started = perf_counter()
    side()
    return perf_counter() - started


def own_seconds(side: Callable[[], Any]) -> float:
    """What a side that measures itself says: it returns the seconds that count."""
    gc.collect()
    return float(side())


def interleaved(
    ours: Side,
    peer: Side,
    repeats: int = 5,
    *,
    timed: Timer = seconds,
    before: Side | None = None,
) -> tuple[float, float]:
    """Time two sides in turns and give the median of each.

    Nothing that is kept between calls may help a later one: clear it in `before`.

    Args:
        ours: one side.
        peer: the other side.
        repeats: how often each is called; which goes first changes every time.
        timed: `seconds`, or `own_seconds` for sides that return what they measured.
        before: called before every call, outside of what is timed.

    Returns:
        The medians of ours and of the peer, in seconds.
    """
    taken: dict[bool, list[float]] = {True: [], False: []}
    for repeat in range(repeats):
        for is_ours in (True, False) if repeat % 2 == 0 else (False, True):
            if before is not None:
                before()
            taken[is_ours].append(timed(ours if is_ours else peer))
    return median(taken[True]), median(taken[False])


def environment() -> dict[str, str]:
    """The environment for processes of this project, wherever they stand.

    Their modules are compiled by the first of them, as those of an installed package are when it
    is installed, also where the caller is told to write no compiled modules.
    """
    paths = os.pathsep.join([str(ROOT), str(ROOT / "engine")])
    others = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**others, "PYTHONPATH": paths}


def run_command(command: Sequence[str]) -> str:
    """Run a command of this project that must end well, and give what it printed."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment()
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout


def report(claim: Claim, options: argparse.Namespace, extra: str = "") -> int:
    """Print a claim; its JSON object is the last line.

    Args:
        claim: what was measured.
        options: from `options_of`.
        extra: text for a person to read, printed before the figures.

    Returns:
        The exit code, 0.
    """
    plain = claim.plain()
    if not options.json:
        if extra:
            print(extra)
        for key, value in plain.items():
            print(f"{key:>20}  {value}")
    if options.quick:
        plain["quick"] = True
    print(json.dumps({**plain, "machine": machine()}))
    return 0


def machine() -> dict[str, Any]:
    """What the figures were measured on: cores, Python, versions."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }


def rounded(value: Any) -> Any:
    """A value with its floats cut to four figures.

    Example:
        >>> rounded({"a": [1234.5678, 0.000123456], "b": "x"})
        {'a': [1235.0, 0.0001235], 'b': 'x'}
    """
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
