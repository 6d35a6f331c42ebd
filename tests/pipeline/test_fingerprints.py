"""Each part of a fingerprint changed alone changes what hangs on it, and nothing else.

All fields are walked, those of every type too, so a new one that stands in no table here fails.
"""

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import Project

from labelmill.config.model import canonical
from labelmill.config.spec import GazetteerSpec, Job, RefineSpec
from labelmill.core.protocols import Needs
from labelmill.core.registry import REGISTRIES
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.cells import cell_keys, prints_of
from labelmill.pipeline.choice import fit_parts
from labelmill.pipeline.fingerprint import (
    IRRELEVANT,
    TO_START,
    function_fingerprints,
    plan_digest,
)
from labelmill.pipeline.labeled import label_digest
from labelmill.pipeline.seen import Seen

Path_ = tuple[str, ...]
ALL = "all"

TYPES = [(section, name) for section, registry in REGISTRIES.items() for name in registry]

EFFECTS: dict[str, tuple[str, bool, set[str]]] = {
    "name": ("", False, set()),
    "description": ("", False, set()),
    "owner": ("", False, set()),
    "language": (ALL, True, {"labels"}),
    "seed": (ALL, True, {"rows"}),
    "task.type": (ALL, True, {"labels"}),
    "task.kind": (ALL, True, {"labels"}),
    "source.path": ("", False, set()),
    "source.id": ("", True, {"rows"}),
    "source.text": ("", True, {"rows"}),
    "source.gold": ("", True, set()),
    "source.carry": ("", True, set()),
    "source.where": ("", True, {"rows"}),
    "source.partition": ("", True, set()),
    "source.allow_empty": ("", False, set()),
    "source.ready_when": ("", False, set()),
    "source.on_corrupt": ("", False, set()),
    "source.max_corrupt": ("", False, set()),
    "prepare": ("", True, {"prepare"}),
    "gazetteers": ("listed", True, {"functions"}),
    "functions.name": ("link", True, {"functions"}),
    "functions.type": ("link", True, {"functions"}),
    "functions.kind": ("link", True, {"functions"}),
    "functions.should": ("", False, set()),
    "functions.should_not": ("", False, set()),
    "functions.description": ("", False, set()),
    "label_model.type": ("", False, {"label_model"}),
    "label_model.kind": ("", False, {"label_model"}),
    "label_model.seed": ("", False, {"label_model"}),
    "label_model.class_balance": ("", False, {"label_model"}),
    "label_model.fit": ("", False, set()),
    "select": ("", False, set()),
    "split.train": ("", False, set()),
    "split.dev": ("", False, set()),
    "split.test": ("", False, set()),
    "split.group": ("", True, {"refine"}),
    "augment": ("", False, set()),
    "checks": ("", False, set()),
    "export": ("", False, set()),
    "execution": ("", False, set()),
    "output": ("", False, set()),
    "error_budget": ("", False, set()),
    "resolved": ("", False, set()),
    "gold": ("", False, set()),
    "refine": ("", False, {"refine"}),
    "record": ("", False, set()),
    "state": ("", False, set()),
}
"""For each field of a job: whose cells change with it, whether what is kept of shards does, and
which of the things that a label model hangs on. A field that holds others speaks for them all."""

OF_NEEDS = {"files", "gazetteers", "packages", "columns", "reads"}
"""The needs of a function that its cells hang on; mentions are for augmenters."""


@pytest.fixture
def job(project: Project) -> Job:
    """A job with something of everything."""
    for name in ("a.csv", "b.csv"):
        (project.root / name).write_text("term\nbuy\n")
    project.configure(
        prepare=[{"type": "drop_long", "max_chars": 99}],
        gazetteers={"words": {"path": "a.csv", "label": "spam"}},
        labeling_functions=[
            {"name": "link", "type": "regex", "label": "spam", "pattern": "http"},
            {"name": "listed", "type": "gazetteer", "gazetteer": "words"},
            {"name": "stars", "type": "expression", "label": "ham", "when": "n_words > 2"},
        ],
        augment=[{"type": "word_dropout", "rate": 0.5}],
        checks=[{"type": "row_count", "min": 1}],
        export=[{"type": "jsonl"}],
        refine=True,
    )
    return project.job()


def prints(job: Job) -> tuple[dict[str, str], str, dict[str, str]]:
    """All that hangs on a job: the cells of each function, what is kept, and the label model."""
    return prints_of(job), label_digest(job), fit_parts(job, None)


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The way to each field, also of the fields; of several things it leads to the first."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        yield from leaves(value[0], (*path, "0"))
    elif isinstance(value, Mapping) and path == ("gazetteers",):
        yield from leaves(value["words"], (*path, "words"))
    else:
        yield path


def changed(value: Any, path: Path_) -> Any:
    """The same with another value at the end of a way, whatever the type makes of it."""
    if not path:
        return "b.csv" if value == "a.csv" else ("other", value)
    head, *rest = path
    if isinstance(value, tuple):
        return (changed(value[0], tuple(rest)), *value[1:])
    if isinstance(value, Mapping):
        return {**value, head: changed(value[head], tuple(rest))}
    other = copy.copy(value)
    object.__setattr__(other, head, changed(getattr(value, head), tuple(rest)))
    return other


def effect_of(path: Path_) -> tuple[str, bool, set[str]]:
    names = [part for part in path if part not in ("0", "words")]
    for size in range(len(names), 0, -1):
        if ".".join(names[:size]) in EFFECTS:
            return EFFECTS[".".join(names[:size])]
    message = f"{'.'.join(path)} stands in no table: what hangs on it?"
    raise AssertionError(message)


def test_each_field_of_a_job_changes_what_hangs_on_it(job: Job) -> None:
    before = prints(job)
    paths = [path for path in leaves(job) if path[0] != "resolved"]
    assert len(paths) > 60
    for path in paths:
        cells, kept, model = effect_of(path)
        other = changed(job, path)
        if path[-1] == "stop":  # a list of words; a word alone would be a file
            other = changed(job, path[:-1])
            spec = dataclasses.replace(job.gazetteers["words"], stop=("buy",))
            other = dataclasses.replace(job, gazetteers={"words": spec})

        after = prints(other)

        names = dict(zip(before[0], after[0], strict=True))  # also where one has another name
        differ = {name for name, now in names.items() if before[0][name] != after[0][now]}
        wanted = set(before[0]) if cells == ALL else {cells} - {""}
        assert differ == wanted, path
        assert (after[1] != before[1]) == kept, path
        assert {what for what in before[2] if before[2][what] != after[2][what]} == model, path


def test_every_field_of_a_job_is_walked(job: Job) -> None:
    names = {name.partition(".")[0] for name in EFFECTS}
    assert names == {field.name for field in dataclasses.fields(Job)}
    walked = {path[0] for path in leaves(job)}
    assert walked == names


@pytest.mark.parametrize(("section", "name"), TYPES)
def test_every_parameter_of_every_type_counts(section: str, name: str) -> None:
    cls = REGISTRIES[section].get(name)
    fields = [field.name for field in dataclasses.fields(cls)]
    plain = dict.fromkeys(fields, "a")

    told = [canonical(made(cls, plain | {field: "b"})) for field in fields]

    assert all(one != canonical(made(cls, plain)) for one in told)
    assert all(told.count(one) == 1 for one in told)


def made(cls: Any, values: Mapping[str, Any]) -> Any:
    """An instance that nobody has checked."""
    found = object.__new__(cls)
    for field, value in values.items():
        object.__setattr__(found, field, value)
    return found


def test_the_parts_of_a_function_are_these(job: Job) -> None:
    wanted = {"type", "parameters", "files", "gazetteers", "packages"}
    assert all(set(parts) == wanted for parts in function_fingerprints(job).values())


@dataclasses.dataclass(frozen=True)
class Fake:
    """A type without parameters, whose needs a test names."""

    asks = Needs()
    version = 1

    @classmethod
    def asking(cls, needs: Needs, version: int) -> "Fake":
        found = cls()
        object.__setattr__(found, "asks", needs)
        object.__setattr__(found, "version", version)
        return found

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (a protocol's signature)
        return self.asks

    def targets(self) -> tuple[str, ...]:
        return ("ham",)


NEEDS: dict[str, Any] = {
    "columns": ("stars",),
    "files": ("a.csv",),
    "gazetteers": ("words",),
    "reads": ("link",),
    "packages": ("en_core_web_sm",),
    "mentions": True,
}


def with_needs(job: Job, needs: Needs, version: int = 1) -> Job:
    """The job whose second function has other needs."""
    first, second, third = job.functions
    fake: Any = Fake.asking(needs, version)
    functions = (first, dataclasses.replace(second, kind=fake), third)
    return dataclasses.replace(job, functions=functions)


def keys(job: Job, seen: Seen) -> dict[str, str]:
    return cell_keys(BoundJob(job), prints_of(job), seen)


SEEN = Seen("rows", {"stars": "a", "n": "b"}, ("n", "stars"))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Needs)])
def test_each_need_of_a_function_changes_its_cells(job: Job, name: str) -> None:
    needs = dataclasses.replace(Needs(), **{name: NEEDS[name]})
    before, after = keys(with_needs(job, Needs()), SEEN), keys(with_needs(job, needs), SEEN)

    differ = {function for function in before if before[function] != after[function]}
    assert differ == ({"listed"} if name in OF_NEEDS else set())


def test_another_version_of_a_type_changes_its_cells(job: Job) -> None:
    before = function_fingerprints(with_needs(job, Needs()))["listed"]
    after = function_fingerprints(with_needs(job, Needs(), version=2))["listed"]
    assert {part for part in before if before[part] != after[part]} == {"type"}


def test_each_thing_that_is_seen_of_rows_changes_the_cells_that_see_it(job: Job) -> None:
    reading = with_needs(job, Needs(columns=("stars",), reads=("link",)))
    everything = with_needs(job, Needs(columns=None))
    others = {
        "rows": dataclasses.replace(SEEN, rows="other"),
        "columns": dataclasses.replace(SEEN, columns={"stars": "other", "n": "b"}),
        "names": dataclasses.replace(SEEN, names=("stars",)),
    }
    wanted = {
        "rows": ({"link", "listed", "stars"}, {"link", "listed", "stars"}),
        "columns": ({"listed"}, {"listed"}),
        "names": (set(), {"listed"}),
    }
    assert others.keys() == {field.name for field in dataclasses.fields(Seen)}
    for name, seen in others.items():
        for one, expected in zip((reading, everything), wanted[name], strict=True):
            before, after = keys(one, SEEN), keys(one, seen)
            assert {key for key in before if before[key] != after[key]} == expected, name


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(GazetteerSpec)])
def test_each_field_of_a_gazetteer_changes_the_plan(job: Job, name: str) -> None:
    others: dict[str, Any] = {
        "path": "b.csv", "label": "ham", "case": "fold", "min_length": 3, "stop": ("buy",),
    }  # fmt: skip
    (job.root / "b.csv").write_text("term\nsell\n")
    spec = dataclasses.replace(job.gazetteers["words"], **{name: others[name]})

    other = dataclasses.replace(job, gazetteers={"words": spec})

    before, after = function_fingerprints(job), function_fingerprints(other)
    assert {n for n in before if before[n] != after[n]} == {"listed"}
    assert plan_digest(job) != plan_digest(other)


def of_config(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The way to each value of a config that is no map or list."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, Mapping | list | tuple) and inner:
            yield from of_config(inner, (*path, str(key)))
        else:
            yield (*path, str(key))


def reconfigured(value: Any, path: Path_) -> Any:
    """A config with another value at the end of a way."""
    head, *rest = path
    key: Any = head if isinstance(value, Mapping) else int(head)
    other = dict(value) if isinstance(value, Mapping) else list(value)
    other[key] = reconfigured(value[key], tuple(rest)) if rest else ["other", value[key]]
    return other


def test_each_value_of_a_config_changes_the_plan_but_those_that_change_no_byte(job: Job) -> None:
    before = plan_digest(job)
    paths = list(of_config(job.resolved.public))
    assert len(paths) > 40
    for path in paths:
        public = reconfigured(job.resolved.public, path)
        resolved = dataclasses.replace(job.resolved, public=public)
        same = plan_digest(dataclasses.replace(job, resolved=resolved)) == before
        of_start = path[0] == "source" and path[1] in TO_START
        assert same == (path[0] in IRRELEVANT or of_start), path


def test_what_changes_no_byte_is_no_more_than_this() -> None:
    assert set(IRRELEVANT) == {"output", "execution", "extends", "vars", "env"}
    assert set(TO_START) == {"ready_when", "max_corrupt"}


def test_gold_of_its_own_and_the_cut_into_shards_change_the_plan(job: Job) -> None:
    execution = dataclasses.replace(job.execution, shard_rows=7)
    found = {plan_digest(job), plan_digest(job, "gold"), plan_digest(job, "other")}
    found.add(plan_digest(dataclasses.replace(job, execution=execution)))
    assert len(found) == 4
    assert isinstance(job.refine, RefineSpec)
