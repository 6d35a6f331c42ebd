"""The partitions of a source, each looked at by itself: one that is torn hides no other."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from labelmill.config.spec import Job
from labelmill.errors import DamagedInput
from labelmill.io.digests import Digests
from labelmill.io.source import InputFile, Listed, list_files
from labelmill.pipeline.damage import left_out
from labelmill.pipeline.fingerprint import input_digest
from labelmill.pipeline.ready import awaited_by_partition

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Found:
    """A partition of the source (None where the job has no partitions).

    `awaited` says what it waits for, if it is not complete. With `spare` files that are damaged
    are left out.
    """

    partition: str | None
    listed: tuple[Listed, ...]
    awaited: str = ""
    spare: bool = False

    def files(self) -> list[InputFile]:
        """Its files, opened.

        Raises:
            InputMissing: if one is empty, torn or not Parquet.
        """
        return list(self._files)

    @cached_property
    def _files(self) -> list[InputFile]:
        return [file.opened(spare=self.spare) for file in self.listed]

    def rows(self) -> int:
        """How many rows it has.

        Raises:
            InputMissing: if a file is empty, torn or not Parquet.
        """
        files = self.files()
        rows = sum(file.rows for file in files)
        lost = left_out(files)
        if lost and not rows:
            raise DamagedInput(str(lost[0].path), lost[0].problem)
        return rows

    def input(self) -> str:
        """The digest of its content, as a manifest has it.

        Raises:
            InputMissing: if a file cannot be read.
        """
        return self._input

    @cached_property
    def _input(self) -> str:
        files = self.files()
        digests = Digests(files)
        return input_digest([digests.of(file) for file in files], self.partition)


def survey(job: Job) -> list[Found]:
    """The partitions of the source in natural order.

    Raises:
        InputMissing: if there is no input at all.
    """
    found: dict[str | None, list[Listed]] = {}
    listed = list_files(job.source.path, job.source.partition)
    for file in listed:
        found.setdefault(file.partition, []).append(file)
    awaited = awaited_by_partition(job, listed)
    spare = job.source.on_corrupt == "skip"
    return [
        Found(value, tuple(found[value]), awaited.get(value, ""), spare)
        for value in in_order(found)
    ]


def in_order(values: Iterable[str | None]) -> list[str | None]:
    """Partitions in natural order.

    Example:
        >>> in_order(["10", "9", "2026-11-02", "2026-11-10"])
        ['9', '10', '2026-11-02', '2026-11-10']
    """
    return sorted(values, key=natural)


@cache
def natural(value: str | None) -> tuple[tuple[str | int, ...], str]:
    """What partitions are sorted by: numbers in them count as numbers."""
    text = value or ""
    parts = _DIGITS.split(text)
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), text
