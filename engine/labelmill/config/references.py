"""The second pass: what one part of a config says about another."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from labelmill.config.assembly import Assembly, Part, mention
from labelmill.config.key_kinds import NAME
from labelmill.config.labels import LABEL_CHECKS
from labelmill.config.nodes import Trail, get
from labelmill.config.scene import Scene
from labelmill.core.facts import EMPTY_TRAIN
from labelmill.errors import nearest

_WHOLE = {"document": "whole texts", "span": "spans"}


def check_references(scene: Scene) -> None:
    """Note everything that names what is not there, stands twice, or does not fit the task."""
    for check in CHECKS:
        check(scene)


def check_function_names(scene: Scene) -> None:
    """Names of labeling functions are unique, also after one entry makes several."""
    first: dict[str, Trail] = {}
    for part in scene.assembly.functions:
        if re.match(NAME, part.name) is None:
            message = f"'{part.name}' is no name; use letters, digits, '_', '-' and '.'"
            scene.add(part.trail, "value", message)
    for trail, name in _written_names(scene):
        if name in first:
            other = ".".join(str(step) for step in first[name])
            scene.add((*trail, "name"), "reference", f"the name '{name}' stands already at {other}")
        first.setdefault(name, trail)


def check_step_names(scene: Scene) -> None:
    """Names of steps, checks and exports are unique, each in its list."""
    for section, parts in scene.assembly.steps.items():
        seen: set[str] = set()
        for part in parts:
            if part.name in seen:
                message = f"the name '{part.name}' stands twice under `{section}`; give each a name"
                scene.add((*part.trail, "name"), "reference", message)
            seen.add(part.name)
            if section == "export" and part.name == "parquet":
                message = "the folder 'parquet' is taken: Parquet is always written there"
                scene.add((*part.trail, "name"), "reference", message)
            if section == "checks" and part.name == EMPTY_TRAIN:
                message = "is what a run calls its own check of the split train; give another name"
                scene.add((*part.trail, "name"), "reference", message)


def check_weights(scene: Scene) -> None:
    """Weights of a label model, and `lf` of a check, name labeling functions."""
    part = scene.assembly.label_model
    weights = getattr(part.kind, "weights", None) if part is not None else None
    if isinstance(weights, Mapping):
        for name in weights:
            _check_function(scene, ("label_model", "weights", name), name, at_key=True)
    for part in scene.assembly.checks:
        name = getattr(part.kind, "lf", None)
        if name is not None and name != "*":
            _check_function(scene, (*part.trail, "lf"), name)


def check_gold_of_checks(scene: Scene) -> None:
    """Checks that hold something against gold are in a job that has it."""
    sections = scene.assembly.draft.sections
    has = {
        "source": bool((sections["source"] or {}).get("gold")),
        "gold": bool((sections["gold"] or {}).get("path")),
    }
    told = {"source": "`source.gold` names no column", "gold": "the job has no section `gold`"}
    for part in scene.assembly.checks:
        wanted = getattr(part.kind, "wants_gold", None)
        if wanted is not None and sections[wanted] is not None and not has[wanted]:
            message = f"{told[wanted]}, so there is nothing to compare with"
            scene.add((*part.trail, "type"), "reference", message)


def check_reads(scene: Scene) -> None:
    """Labeling functions read others that exist, without a circle."""
    reads = {p.name: _reads(scene, p) for p in reversed(scene.assembly.functions)}
    reads = dict(reversed(reads.items()))
    for part in scene.assembly.functions:
        for name in reads[part.name]:
            _check_function(scene, _named(scene, part, "reads", name), name)
    for circle in _circles(reads):
        part = next(part for part in scene.assembly.functions if part.name == circle[0])
        way = " -> ".join((*circle, circle[0]))
        trail = _named(scene, part, "reads", circle[1 % len(circle)])
        scene.add(trail, "reference", f"these read each other in a circle: {way}")


def check_gazetteers(scene: Scene) -> None:
    """Gazetteers that are used are declared."""
    known = scene.assembly.draft.gazetteers
    for part in (*scene.assembly.functions, *scene.assembly.augment):
        needs = scene.needs.get(part.trail)
        for name in needs.gazetteers if needs is not None else ():
            if name not in known:
                message = f"no gazetteer '{name}' under `gazetteers`{nearest(name, known)}"
                scene.add(mention(part.entry, name, scene.findings), "reference", message)


def check_units(scene: Scene) -> None:
    """Every type fits the task: some are only for spans, some only for whole texts."""
    assembly, unit = scene.assembly, scene.unit
    model = () if assembly.label_model is None else (assembly.label_model,)
    for part in (*assembly.functions, *model, *_steps(assembly)):
        units = getattr(part.kind, "units", None)
        if unit is None or units is None or unit in units:
            continue
        fits = _WHOLE[next(iter(units))]
        task = assembly.task.entry.type_name if assembly.task is not None else ""
        message = f"the type '{part.entry.type_name}' works on {fits}; this is a {task} task"
        scene.add((*part.trail, "type"), "type", f"{message}, which is about {_WHOLE[unit]}")


def _steps(assembly: Assembly) -> tuple[Part, ...]:
    """Everything after the labels that may be for some tasks only."""
    return (*assembly.augment, *assembly.checks, *assembly.export)


def check_refine(scene: Scene) -> None:
    """Nothing is dropped from ner."""
    refine = scene.assembly.draft.sections["refine"] or {"enabled": False}
    if scene.assembly.task is None or not refine.get("enabled", True):
        return
    if scene.unit == "span" and refine.get("drop"):
        message = "whole texts are taken out, not spans; ask for a `select.min_confidence` in ner"
        scene.add(("refine", "drop"), "value", message)


def check_protect(scene: Scene) -> None:
    """Entities are protected only where there are some."""
    for part in scene.assembly.augment:
        if part.entry.frame.get("protect") == "entities" and scene.unit == "document":
            message = "there are no entities in this task; leave `protect` out"
            scene.add((*part.trail, "protect"), "value", message)


def check_examples(scene: Scene) -> None:
    """Examples belong to one labeling function."""
    made: dict[Trail, int] = {}
    for part in scene.assembly.functions:
        made[part.trail] = made.get(part.trail, 0) + 1
    for part in scene.assembly.functions:
        for key in ("should", "should_not"):
            if made[part.trail] > 1 and part.entry.frame.get(key):
                message = f"this entry makes {made[part.trail]} labeling functions; examples "
                message += "must say which one they are for, so they cannot stand here"
                scene.add((*part.trail, key), "value", message)


CHECKS: tuple[Callable[[Scene], None], ...] = (
    check_function_names,
    check_step_names,
    *LABEL_CHECKS,
    check_weights,
    check_gold_of_checks,
    check_reads,
    check_gazetteers,
    check_units,
    check_protect,
    check_refine,
    check_examples,
)


def _written_names(scene: Scene) -> Iterator[tuple[Trail, str]]:
    """Names of labeling functions in the order of the file, also of those with problems."""
    made: dict[Trail, list[str]] = {}
    for part in scene.assembly.functions:
        made.setdefault(part.trail, []).append(part.name)
    functions = get(scene.findings.root, "labeling_functions")
    items = functions.value if functions is not None else ()
    for index, item in enumerate(items if isinstance(items, tuple) else ()):
        trail: Trail = ("labeling_functions", index)
        name, switch = get(item, "name"), get(item, "enabled")
        if switch is not None and switch.value is False:
            continue
        written = [name.value] if name is not None and isinstance(name.value, str) else []
        for known in made.get(trail, written):
            yield trail, known


def _check_function(scene: Scene, trail: Trail, name: str, *, at_key: bool = False) -> None:
    draft = scene.assembly.draft
    known = {part.name for part in scene.assembly.functions} | set(draft.names)
    if name in known or any(name.startswith(f"{written}.") for written in _unmade(scene)):
        made_by = [p.name for p in scene.assembly.functions if p.entry.name == name != p.name]
        if not made_by:
            return
        message = f"'{name}' makes several labeling functions; name one: {', '.join(made_by)}"
    elif name in draft.disabled:
        message = f"the labeling function '{name}' is switched off"
    else:
        message = f"no labeling function '{name}'{nearest(name, known)}"
    scene.add(trail, "reference", message, at_key=at_key)


def _unmade(scene: Scene) -> set[str]:
    """Names of entries that have problems, so that it is not known what they would make."""
    return set(scene.assembly.draft.names) - {p.entry.name for p in scene.assembly.functions}


def _reads(scene: Scene, part: Part) -> tuple[str, ...]:
    needs = scene.needs.get(part.trail)
    said: Any = getattr(part.kind, "reads", ())
    names = (*said, *(needs.reads if needs is not None else ()))
    return tuple(dict.fromkeys(names))


def _named(scene: Scene, part: Part, key: str, name: str) -> Trail:
    """Where an entry names something in a list under a key."""
    items = get(scene.findings.root, *part.trail, key)
    for index, item in enumerate(items.value if items is not None else ()):
        if getattr(item, "value", None) == name:
            return (*part.trail, key, index)
    return (*part.trail, key)


def _circles(reads: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """The circles in who reads whom, each once, begun at the name that stands first."""
    done: set[str] = set()
    circles: list[tuple[str, ...]] = []

    def follow(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            circles.append(way[way.index(name) :])
        elif name in reads and name not in done:
            for below in reads[name]:
                follow(below, (*way, name))
            done.add(name)

    for name in reads:
        follow(name, ())
    return circles
