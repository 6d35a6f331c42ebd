"""A reader that looks at what is live, over and over, while runs are ended and begun again."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAUSE = 0.002


@dataclass
class Seen:
    """What a reader saw.

    `views` are maps from partition ("" where the job has none) to snapshot, as JSON; "null" where
    nothing was live. `broken` says what was wrong with what it saw.
    """

    looks: int = 0
    views: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)


class Reader:
    """A process of its own that reads until it is told to stop."""

    def __init__(self, output: Path, report: Path) -> None:
        """Begin to read."""
        self._report = report
        self._number = os.fork()
        if not self._number:
            try:
                _read_on(output, report)
            finally:
                os._exit(1)

    def stop(self) -> Seen:
        """Stop; gives what it saw."""
        os.kill(self._number, signal.SIGTERM)
        os.waitpid(self._number, 0)
        facts = json.loads(self._report.read_bytes())
        return Seen(facts["looks"], set(facts["views"]), facts["broken"])


def look(output: Path) -> str:
    """Read what is live, whole, and hold it against its digests.

    Raises:
        ValueError: if anything is not what its manifest says.
        OSError: if something is missing.
    """
    try:
        live = output / (output / "current").readlink()
    except FileNotFoundError:
        return "null"
    facts = json.loads((live / "manifest.json").read_bytes())
    _check_current_file(output)
    if "partitions" not in facts:
        _check_snapshot(live, facts)
        return json.dumps({"": facts["snapshot"]})
    for partition, digest in facts["manifests"].items():
        folder = live / f"{facts['key']}={partition}"
        told = (folder / "manifest.json").read_bytes()
        if hashlib.sha256(told).hexdigest() != digest:
            msg = f"{folder}: another manifest than its view says"
            raise ValueError(msg)
        _check_snapshot(folder, json.loads(told))
    return json.dumps(facts["partitions"], sort_keys=True)


def _check_current_file(output: Path) -> None:
    try:
        json.loads((output / "_CURRENT.json").read_bytes())
    except FileNotFoundError:
        return  # it comes after the pointer


def _check_snapshot(folder: Path, manifest: Mapping[str, Any]) -> None:
    listed = {file["path"]: file["sha256"] for file in manifest["files"]}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    if there != {*listed, "manifest.json"}:
        msg = f"{folder}: other files than listed: {there ^ set(listed)}"
        raise ValueError(msg)
    for name, digest in listed.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            msg = f"{folder / name}: other bytes than listed"
            raise ValueError(msg)


def _read_on(output: Path, report: Path) -> None:
    seen, stopped = Seen(), []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    while True:
        enough = bool(stopped)  # one look more, after all is done
        try:
            seen.views.add(look(output))
        except (OSError, ValueError, KeyError) as error:
            seen.broken.append(f"{type(error).__name__}: {error}")
        seen.looks += 1
        if enough or len(seen.broken) > 3:
            break
        time.sleep(PAUSE)
    while not stopped:
        time.sleep(PAUSE)
    facts = {"looks": seen.looks, "views": sorted(seen.views), "broken": seen.broken}
    report.write_text(json.dumps(facts))
    os._exit(0)
