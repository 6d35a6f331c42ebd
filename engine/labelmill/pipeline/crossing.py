"""The cross table of a plan: which functions would vote on which partitions, and why.

A cell of it is a function and a partition. What was said of a shard is looked up by content, as a
run does it; what functions see of a shard is known from earlier runs where its file is what it
was, and else it is read, up to some rows. Nothing is voted on.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelmill.io.cells import FILES, Shelf
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import Keys, cell_keys, prints_of
from labelmill.pipeline.labeled import kept_folder, read_record, works_of
from labelmill.pipeline.lasting import lasting
from labelmill.pipeline.plan import PartitionPlan, Plan
from labelmill.pipeline.seen import Form, Seen, SeenFile, Sight
from labelmill.pipeline.sighting import form_of, sight_of
from labelmill.pipeline.works import Work, rows_of

READ_AT_MOST = 2_000_000
"""So many rows that are not known are read to see whether their votes are known all the same."""

LOST = "votes lost"


@dataclass(frozen=True, slots=True)
class Cell:
    """On how many of its shards a function would vote in a partition, by why.

    Of `unsure` more nobody looked at the rows: it votes there where its votes are not known.
    """

    partition: str | None
    function: str
    shards: int
    why: Mapping[str, int]
    unsure: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a partition that are not what they were when they were last labeled, by name."""

    new: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shard:
    """A shard as functions see it now, where that is known, and its file as it was last seen.

    `same` is whether that file is of the same content.
    """

    work: Work
    now: Seen | None
    file: SeenFile | None
    same: bool

    @property
    def before(self) -> Seen | None:
        """What functions saw of it."""
        shard = self.work.shard
        return None if self.file is None else self.file.shards.get((shard.start, shard.stop))


class Crossing:
    """Looks at the cells of a plan; nothing is voted on, and nothing is written."""

    def __init__(
        self, plan: Plan, live: Collection[str | None] = (), *, read_at_most: int = READ_AT_MOST
    ) -> None:
        """Nothing is read yet of the input; `live` are the partitions that are published."""
        job = plan.job
        self._plan = plan
        self._bound = BoundJob(job)
        self._form = form_of(self._bound)
        self._prints = prints_of(job)
        self._sight: Sight = sight_of(job)
        self._votes = job.state_folder / "votes" / job.name
        self._has_votes = self._votes.is_dir() or lasting(job) is not None
        self._left = read_at_most
        self._live = live
        self._cast: set[str] = set()

    def files(self) -> dict[str | None, Files]:
        """The files of each partition that are others than they were."""
        return {part.value: self._files(part) for part in self._plan.partitions}

    def cells(self) -> tuple[Cell, ...]:
        """Every cell of a run that labels all partitions of the plan.

        Raises:
            InputMissing: if input that no run has seen cannot be read.
        """
        works = iter(works_of(self._plan, Path(), kept_folder(self._plan.job)))
        cut = [
            (part, [self._shard(part, next(works)) for _ in part.shards])
            for part in self._plan.partitions
        ]
        self._fetch({shard.now.rows for _, shards in cut for shard in shards if shard.now})
        found: list[Cell] = []
        for part, shards in cut:
            sure: dict[str, Counter[str]] = {name: Counter() for name in self._bound.names}
            unsure: dict[str, Counter[str]] = {name: Counter() for name in self._bound.names}
            for shard in shards:
                into = unsure if shard.now is None and self._has_votes else sure
                for name, why in self._why(shard).items():
                    into[name][why] += 1
            found += (
                Cell(part.value, name, len(shards), sure[name], unsure[name])
                for name in self._bound.names
            )
        return tuple(found)

    def _fetch(self, rows: Collection[str]) -> None:
        """Have the votes on some rows here, where they lie in a store."""
        lasts = lasting(self._plan.job)
        if lasts is not None:
            lasts.fetch_all(self._votes, rows, FILES)

    def _shard(self, part: PartitionPlan, work: Work) -> _Shard:
        source = work.shard.file
        content = part.digests.of(source)
        file = self._sight.of(str(source.path), part.value, content)
        same = file is not None and file.content == content
        shard = _Shard(work, None, file, same)
        believed = file is not None and same and file.form.texts == self._form.texts
        now = shard.before if believed else None
        if now is None or not now.has_all(self._bound.needs.values()):
            now = self._read(work)
        return _Shard(work, now, file, same)

    def _read(self, work: Work) -> Seen | None:
        """What functions see of a shard; None if no votes are known, or too much was read."""
        if not self._has_votes or self._left < len(work.shard):
            return None
        self._left -= len(work.shard)
        rows = rows_of(self._bound, work, scanned=False)
        return Keys(self._bound, rows.batch, self._prints).seen

    def _why(self, shard: _Shard) -> dict[str, str]:
        """For each function that would vote on a shard, why."""
        keys = {} if shard.now is None else cell_keys(self._bound, self._prints, shard.now)
        shelf = None if shard.now is None else Shelf(self._votes / shard.now.rows)
        names = [
            name
            for name in self._bound.names
            if shelf is None or not (keys[name] in shelf or keys[name] in self._cast)
        ]
        if names and shard.work.kept is not None and read_record(shard.work.kept) is not None:
            return {}
        self._cast.update(keys[name] for name in names if name in keys)
        return {name: self._reason(shard, name) for name in names}

    def _reason(self, shard: _Shard, name: str) -> str:
        """Why a function would vote on a shard."""
        if shard.file is None:
            return self._reason_of_unseen(shard.work.shard.file.partition)
        of_input = self._reason_of_input(shard, name)
        of_job = _reason_of_function(self._bound, self._form, shard.file.form, name)
        return of_input or of_job or LOST

    def _reason_of_unseen(self, partition: str | None) -> str:
        """Why functions would vote on a file that no run is known to have seen."""
        if all(file.partition != partition for file in self._sight.files.values()):
            return LOST if partition in self._live else "new file"
        return "new file" if partition is None else "late file"

    def _reason_of_input(self, shard: _Shard, name: str) -> str:
        """What of the input is other than it was, as far as a function sees it."""
        now, before, file = shard.now, shard.before, shard.file
        if now is not None and before is not None and now.rows == before.rows:
            return self._differing(name, now, before)
        if not shard.same or file is None:
            return "rewritten file"
        differ = _differing(self._form.texts, file.form.texts)
        if differ and (now is None or before is None or now.rows != before.rows):
            return f"{', '.join(differ)} changed"
        return "cut into other shards" if file.shards and before is None else ""

    def _differing(self, name: str, now: Seen, before: Seen) -> str:
        columns = self._bound.needs[name].columns
        if columns is None and now.names != before.names and before.names is not None:
            return "other columns"
        both = [c for c in columns or now.names or () if c in before.columns]
        differ = [c for c in both if now.columns.get(c) != before.columns[c]]
        return f"column '{differ[0]}' changed" if differ else ""

    def _files(self, part: PartitionPlan) -> Files:
        """The files of a partition that are others than those that were seen."""
        new, rewritten, renamed = [], [], []
        contents = {str(file.path): part.digests.of(file) for file in part.files}
        gone = {
            path: file
            for path, file in sorted(self._sight.files.items())
            if file.partition == part.value and path not in contents
        }
        for file in part.files:
            path = str(file.path)
            before = self._sight.files.get(path)
            if before is not None:
                if before.content != contents[path]:
                    rewritten.append(file.name)
                continue
            same = (p for p, old in gone.items() if old.content == contents[path])
            left = gone.pop(next(same, ""), None)
            if left is None:
                new.append(file.name)
            else:
                renamed.append(f"{left.name} -> {file.name}")
        deleted = sorted(file.name for file in gone.values())
        return Files(tuple(new), tuple(rewritten), tuple(renamed), tuple(deleted))


def _reason_of_function(bound: BoundJob, now: Form, before: Form, name: str) -> str:
    """What of a function is other than it was."""
    known = before.functions.get(name)
    if known is None:
        return "new function"
    changed = _differing(now.functions[name], known)
    if changed:
        return f"function changed: {', '.join(changed)}"
    setting = _differing(now.setting, before.setting)
    if setting:
        return f"{', '.join(setting)} changed"
    reads = bound.needs[name].reads
    others = (other for other in reads if _reason_of_function(bound, now, before, other))
    return next((f"'{other}', which it reads, changed" for other in others), "")


def _differing(now: Mapping[str, str], before: Mapping[str, str]) -> Sequence[str]:
    return [what for what, value in now.items() if before.get(what) != value]
