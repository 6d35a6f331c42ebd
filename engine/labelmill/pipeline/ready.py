"""Whether the input is complete: what `source.ready_when` asks for."""

from collections.abc import Iterable, Mapping
from time import time

from labelmill.config.spec import Job, ReadyWhen
from labelmill.errors import InputMissing
from labelmill.io.source import Listed, explained, list_files
from labelmill.io.stores import Place, modified_at


def check_ready(job: Job, partition: str | None = None) -> None:
    """Make sure that the input is complete; no file is opened.

    Args:
        job: the job.
        partition: look at this partition only; without it every one has to be complete.

    Raises:
        InputMissing: if it is not; says what is awaited.
    """
    if job.source.ready_when is None:
        return
    files = list_files(job.source.path, job.source.partition)
    awaited = awaited_by_partition(job, [f for f in files if partition in (None, f.partition)])
    if awaited:
        value, what = next(iter(awaited.items()))
        of = "the source" if value is None else f"partition '{value}'"
        message = f"{of} is not complete: {what} (source.ready_when)"
        raise InputMissing(job.source.path, message)


def awaited_by_partition(job: Job, files: Iterable[Listed]) -> Mapping[str | None, str]:
    """What is awaited, for each partition that is not complete."""
    ready = job.source.ready_when
    if ready is None:
        return {}
    found: dict[str | None, list[Listed]] = {}
    for file in files:
        found.setdefault(file.partition, []).append(file)
    awaited = {value: _awaited(ready, own) for value, own in found.items()}
    return {value: what for value, what in awaited.items() if what}


def _awaited(ready: ReadyWhen, files: list[Listed]) -> str:
    if ready.file is not None:
        for folder in dict.fromkeys(file.folder for file in files):
            marker = folder / ready.file
            with explained(marker):
                there = marker.exists()
            if not there:
                return f"there is no {marker} yet"
    if ready.min_age:
        age = time() - max(_changed(file.path) for file in files)
        if age < ready.min_age:
            ago = f"{age:.0f} s ago" if age >= 0 else "in the future, says its file system"
            return f"the last change was {ago}, and {ready.min_age:g} s have to pass without one"
    return ""


def _changed(path: Place) -> float:
    try:
        return modified_at(path)
    except FileNotFoundError as error:
        raise InputMissing(str(path), "is gone; it was there a moment ago") from error
