"""What the label stage left of a shard, kept from run to run.

    <state>/shards/<job>/<digest of all that the stage hangs on>/<shard>/

A shard is known by its file as it stands (where it lies, its size, when it was written) and by its
rows, so that one which was labeled before is not even read. Its files are not synced: they are
believed as long as the machine has not been started anew, and made again from what is in
`labelmill.pipeline.cells` after that.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

from labelmill.config.model import canonical
from labelmill.config.spec import Job
from labelmill.core.digests import digest
from labelmill.io import durable
from labelmill.io.digests import stamp
from labelmill.io.memo import SETTLED
from labelmill.io.source import Shard, runs_of
from labelmill.io.trust import file_digest, is_ours
from labelmill.pipeline.fingerprint import function_fingerprints, package_version
from labelmill.pipeline.seen import Seen
from labelmill.pipeline.works import Work

if TYPE_CHECKING:
    from labelmill.pipeline.plan import Plan

RECORD = "record.json"
VERSION = 1
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """What the label stage says of a shard.

    `errors` counts failed rows for each function; `first` tells one failure of each, and under
    None one row that nobody can read. `asked` are the functions that had to vote; what the others
    say was known. `seen` is what functions see of the rows, where votes are kept.
    """

    rows_in: int
    rows: int
    faults: int
    errors: Mapping[str, int]
    first: Mapping[str | None, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    seen: Seen | None = None


def label_digest(job: Job) -> str:
    """A digest of everything in a job that the label stage hangs on."""
    source = job.source
    return digest(
        {
            "version": [VERSION, *sys.version_info[:2], package_version("spacy")],
            "task": [job.task.type, canonical(job.task.kind), job.language, job.seed],
            "source": [source.id, source.text, source.gold, source.where, source.partition],
            "carry": source.carry,
            "prepare": [[step.type, step.name, canonical(step.kind)] for step in job.prepare],
            "functions": list(function_fingerprints(job).items()),
            "group": job.split.group,
        }
    )


def kept_folder(job: Job) -> Path:
    """Where what the label stage left of the shards of a job lies, as the job is now."""
    return job.state_folder / "shards" / job.name / label_digest(job)[:16]


def shard_folder(base: Path, shard: Shard) -> Path | None:
    """Where what is kept of a shard lies; None where its file was written only just now."""
    seen = stamp(shard.file.path)
    if BOOT.exists() and seen.modified + SETTLED < time_ns():
        facts = [asdict(seen), str(shard.file.path), shard.file.partition]
        return base / digest([*facts, shard.start, shard.stop])[:32]
    return None


def write_record(folder: Path, record: LabelRecord) -> None:
    """Say that a shard is labeled, once all its other files are there."""
    digests = {path.name: file_digest(path) for path in _files(folder)}
    facts = asdict(record) | {"first": list(record.first.items()), "boot": boot()}
    facts["files"] = digests
    durable.write_loose(folder / RECORD, json.dumps(facts).encode())


def read_record(folder: Path) -> LabelRecord | None:
    """What was said of a shard; None if it has to be labeled."""
    try:
        facts: dict[str, Any] = json.loads((folder / RECORD).read_bytes())
        if facts.pop("boot") != boot() or not is_ours(folder / RECORD):
            return None
        if facts.pop("files") != {path.name: file_digest(path) for path in _files(folder)}:
            return None
        seen = None if facts.get("seen") is None else Seen.of(facts["seen"])
        return LabelRecord(**facts | {"first": dict(facts["first"]), "asked": (), "seen": seen})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _files(folder: Path) -> list[Path]:
    """What was written of a shard; names with a dot before them are of writers that ended."""
    others = (path for path in folder.iterdir() if path.name != RECORD)
    return sorted(path for path in others if not path.name.startswith("."))


def works_of(plan: "Plan", folder: Path, kept: Path | None, own: int | None = None) -> list[Work]:
    """Where the files of each shard lie; without `kept` nothing is known and nothing is kept.

    The first `own` shards (all, where that is left out) are numbered before those of gold, the
    others, which are only voted on, after them.
    """
    runs = runs_of(plan.shards)
    shelves = None if kept is None else plan.job.state_folder / "votes" / plan.job.name
    n_gold = 0 if plan.gold is None else len(plan.gold.shards)
    last = len(plan.shards) if own is None else own
    return [
        Work(
            folder,
            shard,
            number if number < last else number + n_gold,
            run,
            shelves=shelves,
            kept=None if kept is None else shard_folder(kept, shard),
        )
        for number, (shard, run) in enumerate(zip(plan.shards, runs, strict=True))
    ]


def forget_others(base: Path) -> None:
    """Remove what was kept for other forms of a job than the one at hand."""
    for folder in sorted(base.parent.iterdir()) if base.parent.is_dir() else ():
        if folder != base:
            durable.remove_folder(folder)


def boot() -> str:
    """What the system calls the time since it was started."""
    return BOOT.read_text("ascii").strip()
