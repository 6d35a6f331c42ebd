"""Fingerprints: what the output of a job hangs on, as digests of content."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from labelmill import __version__
from labelmill.config.model import canonical
from labelmill.config.spec import Job
from labelmill.core.digests import digest
from labelmill.core.protocols import Needs
from labelmill.io.digests import digest_file

IRRELEVANT = ("output", "execution", "extends", "vars", "env")
"""Keys of a config that change no byte of a snapshot, or whose effect stands in other keys."""

TO_START = ("ready_when", "max_corrupt")
"""Keys of the source that decide whether a run is carried out, and nothing else."""

PACKAGES = ("numpy", "pandas", "pyarrow", "spacy", "snorkel", "skweak", "nlpaug", "scikit-learn")
"""Packages whose version can change an output; they stand in every manifest."""


def function_fingerprints(job: Job) -> dict[str, dict[str, str]]:
    """For each labeling function, a digest of each part that its votes hang on.

    The parts are `type`, `parameters`, `files`, `gazetteers` and `packages`; a function votes
    the same as long as all of them are the same.
    """
    prints = {}
    for spec in job.functions:
        needs = spec.kind.needs(job.root)
        prints[spec.name] = {
            "type": digest([spec.type, spec.kind.version]),
            "parameters": digest([spec.name, canonical(spec.kind)]),
            "files": digest(file_digests(job.root, needs.files)),
            "gazetteers": digest([_gazetteer(job, name) for name in needs.gazetteers]),
            "packages": digest({name: package_version(name) for name in needs.packages}),
        }
    return prints


def plan_digest(job: Job, gold: str | None = None) -> str:
    """A digest of all that a job does to its input, but not of where it puts the result.

    The public config has values from the environment redacted, so the parameters themselves go
    in beside it. `gold` is the digest of the labeled set, where the job has one.
    """
    public = {k: v for k, v in job.resolved.public.items() if k not in IRRELEVANT}
    public["source"] = {k: v for k, v in public["source"].items() if k not in TO_START}
    others: list[Needs] = [step.kind.needs(job.root) for step in job.augment]
    files = [name for needs in others for name in needs.files]
    files += [name for needs in _of_checks(job) for name in needs.files]
    gazetteers = [name for needs in others for name in needs.gazetteers]
    return digest(
        {
            "config": public,
            "where": job.source.where,
            "parameters": [canonical(spec.kind) for spec in _specs(job)],
            "shard_rows": job.execution.shard_rows,
            "functions": function_fingerprints(job),
            "files": file_digests(job.root, tuple(files)),
            "gazetteers": [_gazetteer(job, name) for name in gazetteers],
            "gold": gold,
            "labelmill": __version__,
        }
    )


def _of_checks(job: Job) -> list[Needs]:
    """What checks read besides the snapshot."""
    asks = [getattr(spec.kind, "needs", None) for spec in job.checks]
    return [ask(job.root) for ask in asks if ask is not None]


def _specs(job: Job) -> Iterator[Any]:
    yield from (job.task, job.label_model)
    for specs in (job.prepare, job.functions, job.augment, job.checks, job.export):
        yield from specs


def input_digest(files: list[str], partition: str | None) -> str:
    """A digest of the content of some input files, given that of each, in their order."""
    return digest([partition, files])


def file_digests(root: Path, files: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of each file (of a folder: of all files in it), by its path as written."""
    return {name: _digest_of(root / name) for name in sorted(set(files))}


def versions() -> dict[str, str]:
    """Versions of labelmill and of the packages that an output can hang on."""
    return {"labelmill": __version__} | {name: package_version(name) for name in PACKAGES}


@cache
def package_version(name: str) -> str:
    """The installed version of a package, or "absent"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _gazetteer(job: Job, name: str) -> Mapping[str, Any]:
    spec = job.gazetteers[name]
    files = (spec.path, spec.stop) if isinstance(spec.stop, str) else (spec.path,)
    return {
        "name": name,
        "label": spec.label,
        "case": spec.case,
        "min_length": spec.min_length,
        "stop": spec.stop,
        "files": file_digests(job.root, files),
    }


def _digest_of(path: Path) -> str:
    if not path.is_dir():
        return digest_file(path)
    inside = sorted(p for p in path.rglob("*") if p.is_file())
    return digest([[p.relative_to(path).as_posix(), digest_file(p)] for p in inside])
