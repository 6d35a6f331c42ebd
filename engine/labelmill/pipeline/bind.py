"""A job bound to its resources: compiled gazetteers, voters in order, label spaces."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from labelmill.config.spec import FunctionSpec, GazetteerSpec, Job
from labelmill.core.digests import digest
from labelmill.core.labels import LabelSpace
from labelmill.core.mentions import Gazetteer
from labelmill.core.protocols import (
    Bench,
    Items,
    Needs,
    Searching,
    Task,
    Unit,
    Voter,
)
from labelmill.errors import BadParameter, BadResource
from labelmill.io.gazetteers import load_gazetteer
from labelmill.io.shard_reader import ShardReader
from labelmill.pipeline.foreign import is_foreign
from labelmill.text.gazetteer import CompiledGazetteer
from labelmill.text.scan import Kit, Probe, Scan, slow_here

SEARCHING_TYPES = frozenset({"keyword", "regex", "lexicon"})
"""Types of labeling functions that the scan serves."""


class Gazetteers(Mapping[str, Gazetteer]):
    """The gazetteers of a job, each read when it is first asked for."""

    def __init__(self, root: Path, specs: Mapping[str, GazetteerSpec], state: Path) -> None:
        """Nothing is read yet."""
        self._root = root
        self._cache = state / "cache" / "gazetteers"
        self._specs = specs
        self._loaded: dict[str, CompiledGazetteer] = {}

    def __getitem__(self, name: str) -> Gazetteer:
        return self._load(name)

    def _load(self, name: str) -> CompiledGazetteer:
        if name not in self._loaded:
            spec = self._specs[name]
            self._loaded[name] = load_gazetteer(
                self._root / spec.path,
                label=spec.label,
                case=spec.case,
                min_length=spec.min_length,
                stop=self._stop(spec),
                cache=self._cache,
            )
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def doubts(self, names: Iterable[str]) -> list[str]:
        """Duplicates and conflicts among the terms of some gazetteers, a sentence for each."""
        told = {name: self._load(name).report.doubts for name in sorted(set(names))}
        return [f"gazetteer '{name}': {doubt}" for name, doubt in told.items() if doubt]

    def _stop(self, spec: GazetteerSpec) -> tuple[str, ...]:
        if not isinstance(spec.stop, str):
            return spec.stop
        try:
            lines = (self._root / spec.stop).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadResource(spec.stop, f"cannot be read as UTF-8 text: {error}") from error
        return tuple(line.strip() for line in lines if line.strip())


class Voters(Mapping[str, Voter]):
    """The labeling functions of a job at work, each made when it is first asked for."""

    def __init__(self, bound: "BoundJob") -> None:
        """Nothing is made yet."""
        self._bound = bound
        self._specs = {function.name: function for function in bound.in_order}
        self._made: dict[str, Voter] = {}

    def __getitem__(self, name: str) -> Voter:
        if name not in self._made:
            self._made[name] = self._bound.voter(self._specs[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)


@dataclass(frozen=True)
class BoundJob:
    """A job and everything that is compiled once for each process.

    `kit` is what `compiled` gave in another process; with it the scan need not be compiled here.
    """

    job: Job
    kit: Kit | None = None

    @property
    def task(self) -> Task:
        """The task."""
        task: Task = self.job.task.kind
        return task

    @property
    def unit(self) -> Unit:
        """What a vote is about."""
        return self.task.unit

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the labeling functions; votes carry indices into them."""
        return tuple(function.name for function in self.job.functions)

    @cached_property
    def items(self) -> Items:
        """What the votes are on: texts or tokens."""
        return self.task.items()

    @cached_property
    def space(self) -> LabelSpace:
        """The task's labels, with every label set that a function may vote for."""
        space = self.task.space()
        for function in self.job.functions:
            space = space.including(function.kind.targets())
        return space

    @property
    def multi_label(self) -> bool:
        """Whether a text can have several labels."""
        return self.space.multi_label

    @cached_property
    def item_space(self) -> LabelSpace:
        """The labels of the items that the label model sees."""
        return self.items.item_space(self.space)

    @cached_property
    def analysis(self) -> Any:
        """How texts are cut into tokens and read."""
        return self.items.analysis(self.job.language)

    @cached_property
    def gazetteers(self) -> Gazetteers:
        """The gazetteers of the job."""
        return Gazetteers(self.job.root, self.job.gazetteers, self.job.state_folder)

    @cached_property
    def voters(self) -> Mapping[str, Voter]:
        """The labeling functions at work, in an order in which readers come after the read.

        Each is made when it is first asked for.
        """
        return Voters(self)

    @cached_property
    def in_order(self) -> tuple[FunctionSpec, ...]:
        """The labeling functions, each after those that it reads."""
        functions = {function.name: function for function in self.job.functions}
        order = TopologicalSorter({name: self.needs[name].reads for name in functions})
        return tuple(functions[name] for name in order.static_order())

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """A digest of what the numbers of label sets mean that each function may vote for."""
        return {function.name: digest(self._meaning(function)) for function in self.job.functions}

    def _meaning(self, function: FunctionSpec) -> object:
        space = self.space
        if is_foreign(self.needs[function.name]):
            sets = range(len(space.names), len(space.sets))
            return [[place, space.members(place)] for place in sets]
        places = [space.index(target) for target in function.kind.targets()]
        return [[place, space.members(place)] for place in places]

    @cached_property
    def reader(self) -> ShardReader:
        """The reader of this process; the shards that it gets come in ascending order."""
        return ShardReader()

    @cached_property
    def scan(self) -> Scan:
        """One scan for everything that the labeling functions look for in texts."""
        return Scan(_probes_of(self.voters[name] for name in self._searching()), kit=self.kit)

    @cached_property
    def on_gold(self) -> "BoundJob":
        """The same job with its gold as the source; everything that was compiled is shared.

        Raises:
            ValueError: if the job has no gold.
        """
        if self.job.gold is None:
            message = "this job has no gold"
            raise ValueError(message)
        other = BoundJob(replace(self.job, source=self.job.gold), self.kit)
        shared = ("items", "space", "item_space", "analysis", "gazetteers", "voters", "scan")
        vars(other).update({name: getattr(self, name) for name in shared})
        return other

    def compiled(self) -> Kit | None:
        """Compile the scan for other processes; None where there is nothing to compile.

        Of the functions only those that it serves are made for that.
        """
        functions = {function.name: function for function in self.job.functions}
        searching = (functions[name] for name in self._searching())
        return Scan(_probes_of(map(self.voter, searching))).kit()

    def _searching(self) -> Iterator[str]:
        """Names of the functions that the scan serves."""
        return (f.name for f in self.in_order if f.type in SEARCHING_TYPES)

    def voter(self, function: FunctionSpec) -> Voter:
        """A labeling function at work; what is wrong with it is told with its name."""
        try:
            return function.kind.bind(self.bench(function.name))
        except BadParameter as error:
            field = f"labeling_functions[{function.name}].{error.field}"
            raise BadParameter(field, error.message, code=error.code) from error

    def bench(
        self,
        name: str,
        *,
        mentions: Mapping[str, tuple[str, ...]] | None = None,
        only: tuple[str, ...] = (),
    ) -> Bench:
        """What a type may use when it is bound under a name."""
        return Bench(
            name=name,
            root=self.job.root,
            labels=self.space,
            unit=self.unit,
            language=self.job.language,
            seed=self.job.seed,
            gazetteers=self.gazetteers,
            mentions=mentions or {},
            only=only,
        )

    @cached_property
    def needs(self) -> Mapping[str, Needs]:
        """What each labeling function needs, by its name: asked once, since files are read."""
        return {f.name: f.kind.needs(self.job.root) for f in self.job.functions}

    @cached_property
    def columns(self) -> tuple[str, ...] | None:
        """Columns that labeling functions and augmenters read; None means all of the source."""
        names: list[str] = []
        for need in self._all_needs():
            if need.columns is None:
                return None
            names += need.columns
        return tuple(dict.fromkeys(names))

    def doubts(self) -> list[str]:
        """What is doubtful in the gazetteers that are used, and what makes the job slow here.

        Reads gazetteers that were not read yet.
        """
        used = (name for need in self._all_needs() for name in need.gazetteers)
        told = self.gazetteers.doubts(used)
        searches = any(function.type in SEARCHING_TYPES for function in self.job.functions)
        slow = slow_here() if searches else None
        return told if slow is None else [*told, slow]

    def _all_needs(self) -> list[Needs]:
        """What labeling functions and augmenters need."""
        steps = (step.kind.needs(self.job.root) for step in self.job.augment)
        return [*self.needs.values(), *steps]


def _probes_of(voters: Iterable[Voter]) -> Iterator[Probe]:
    return (probe for v in voters if isinstance(v, Searching) for probe in v.probes())
