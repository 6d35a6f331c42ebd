"""Build the job of a config that has no problems."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelmill.config.assembly import Assembly, Part
from labelmill.config.keys_nested import Every, Fit
from labelmill.config.sanity import (
    RECORDS,
    gold_of,
    output_of,
    placed,
    seconds_of,
    select_of,
    split_of,
)
from labelmill.config.sections import Draft
from labelmill.config.spec import (
    AugmentSpec,
    CheckSpec,
    ExecutionSpec,
    ExportSpec,
    FitSpec,
    FunctionSpec,
    GazetteerSpec,
    Job,
    LabelModelSpec,
    PrepareSpec,
    ReadyWhen,
    RecordSpec,
    RefineSpec,
    Resolved,
    Row,
    SelectSpec,
    SourceSpec,
    SplitSpec,
    TaskSpec,
)
from labelmill.core.protocols import Unit

_OWN = frozenset({"name", "type", "enabled"})


def job_of(assembly: Assembly, resolved: Resolved) -> Job:
    """The job of a config without problems."""
    read, header = assembly.draft, dict(assembly.draft.header or {})
    for key in ("task", "source", "labeling_functions", "version"):
        header.pop(key, None)
    source = dict(read.sections["source"] or {})
    source["path"] = placed(source["path"], resolved.root)
    task, model = _only(assembly.task), _only(assembly.label_model)
    seed = header.get("seed", 0)
    return Job(
        name=header["name"],
        description=header.get("description", ""),
        owner=header.get("owner", ""),
        language=header.get("language", "en"),
        seed=seed,
        task=TaskSpec(task.entry.type_name, task.kind),
        source=_source(source),
        prepare=_specs(PrepareSpec, assembly.prepare),
        gazetteers={name: GazetteerSpec(**(v or {})) for name, v in read.gazetteers.items()},
        functions=tuple(_function(part) for part in assembly.functions),
        label_model=_label_model(model, seed),
        select=SelectSpec(**select_of(read.sections["select"] or {}, task.kind.unit)),
        split=SplitSpec(**split_of(read.sections["split"] or {})),
        augment=_specs(AugmentSpec, assembly.augment),
        checks=_specs(CheckSpec, assembly.checks),
        export=_specs(ExportSpec, assembly.export),
        execution=ExecutionSpec(**(read.sections["execution"] or {})),
        output=placed(output_of(read), resolved.root),
        error_budget=header.get("error_budget", 0.001),
        resolved=resolved,
        gold=_gold(read, task.kind.unit, resolved),
        refine=_refine(read.sections["refine"] or {}),
        record=_record(read.sections["record"] or {}, resolved.root),
        state=placed(header["state"], resolved.root) if header.get("state") else "",
    )


def _source(given: Mapping[str, Any]) -> SourceSpec:
    ready = given.get("ready_when")
    if ready is None:
        return SourceSpec(**given)
    return SourceSpec(**{**given, "ready_when": ReadyWhen(ready.file, seconds_of(ready.min_age))})


def _record(given: Mapping[str, Any], root: Path) -> RecordSpec:
    """Whom the run tells of itself, with paths in their places."""
    places = {key: placed(given[key], root) for key in RECORDS if given.get(key) is not None}
    return RecordSpec(**{**given, **places})


def _refine(given: Mapping[str, Any]) -> RefineSpec | None:
    """How the texts are read, if they are."""
    wanted = dict(given)
    return RefineSpec(**wanted) if wanted.pop("enabled", True) else None


def _gold(read: Draft, unit: Unit, resolved: Resolved) -> SourceSpec | None:
    """The labeled set as a source of its own."""
    given = gold_of(read, unit)
    if given is None:
        return None
    return SourceSpec(
        placed(given["path"], resolved.root), given["id"], given["text"], gold=given["label"]
    )


def _only(part: Part | None) -> Part:
    if part is None:
        message = "a config without a task or a label model was accepted"
        raise AssertionError(message)
    return part


def _specs(spec: Callable[..., Any], parts: Sequence[Part]) -> tuple[Any, ...]:
    made = []
    for part in parts:
        frame = {key: value for key, value in part.entry.frame.items() if key not in _OWN}
        made.append(spec(name=part.name, type=part.entry.type_name, kind=part.kind, **frame))
    return tuple(made)


def _label_model(part: Part, seed: int) -> LabelModelSpec:
    frame = part.entry.frame
    return LabelModelSpec(
        type=part.entry.type_name,
        kind=part.kind,
        seed=seed if frame.get("seed") is None else frame["seed"],
        class_balance=frame.get("class_balance"),
        fit=_fit(frame.get("fit", Fit())),
    )


def _fit(given: Fit) -> FitSpec:
    """When the label model is fitted."""
    if isinstance(given.when, Every):
        return FitSpec("every", given.when.every, given.window)
    return FitSpec(given.when, window=given.window)


def _function(part: Part) -> FunctionSpec:
    frame = part.entry.frame
    return FunctionSpec(
        name=part.name,
        type=part.entry.type_name,
        kind=part.kind,
        should=_examples(frame.get("should", ())),
        should_not=_rows(frame.get("should_not", ())),
        description=frame.get("description", ""),
    )


def _examples(should: Any) -> dict[str | None, tuple[Row, ...]]:
    if isinstance(should, Mapping):
        return {label: _rows(rows) for label, rows in should.items()}
    return {None: _rows(should)} if should else {}


def _rows(rows: str | tuple[Row, ...]) -> tuple[Row, ...]:
    return (rows,) if isinstance(rows, str) else tuple(rows)
