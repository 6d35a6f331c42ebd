"""The second pass: what one part of a config says about another."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labelmill.config.assembly import Assembly, Part, mention
from labelmill.config.nodes import Findings, Trail, get, walk
from labelmill.core.labels import LabelSpace, Not, OneOf, Target
from labelmill.core.protocols import Needs, Unit
from labelmill.errors import BadParameter, nearest

_WHOLE = {"document": "whole texts", "span": "spans"}


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of a config, what they need, and where problems go."""

    assembly: Assembly
    needs: Mapping[Trail, Needs]
    findings: Findings

    @property
    def space(self) -> LabelSpace | None:
        """The labels, where the task could be made."""
        task = self.assembly.task
        return None if task is None else task.kind.space()

    @property
    def unit(self) -> Unit | None:
        """What votes are about, where the task could be made."""
        task = self.assembly.task
        return None if task is None else task.kind.unit

    def add(self, trail: Trail, code: str, message: str, *, at_key: bool = False) -> None:
        """Note a problem."""
        self.findings.add(trail, code, message, at_key=at_key)


def check_references(scene: Scene) -> None:
    """Note everything that names what is not there, stands twice, or does not fit the task."""
    for check in CHECKS:
        check(scene)


def check_function_names(scene: Scene) -> None:
    """Names of labeling functions are unique, also after one entry makes several."""
    first: dict[str, Trail] = {}
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


def check_labels(scene: Scene) -> None:
    """Every label that is named is one of the task."""
    if scene.space is None:
        return
    for part in scene.assembly.functions:
        for target in part.kind.targets():
            _check_target(scene, part, target)
        should = part.entry.frame.get("should", ())
        if isinstance(should, Mapping):
            _check_names(scene, (*part.trail, "should"), should)
    for part in scene.assembly.augment:
        for index, label in enumerate(part.entry.frame.get("only", ())):
            _check_name(scene, (*part.trail, "only", index), label)
    for name, values in scene.assembly.draft.gazetteers.items():
        if values is not None and values.get("label") is not None:
            _check_name(scene, ("gazetteers", name, "label"), values["label"])


def check_class_balance(scene: Scene) -> None:
    """A class balance names every label once and sums to 1."""
    entry = scene.assembly.draft.label_model
    balance = None if entry is None else entry.frame.get("class_balance")
    if balance is None or scene.space is None:
        return
    trail = ("label_model", "class_balance")
    _check_names(scene, trail, balance)
    for label in scene.space.names:
        if label not in balance:
            scene.add((*trail, label), "missing", f"the label '{label}' is missing")
    total = sum(balance.values())
    if abs(total - 1) > 1e-6:
        scene.add(trail, "value", f"the shares sum to {total:g}; they must sum to 1")


def check_weights(scene: Scene) -> None:
    """Weights of a label model name labeling functions."""
    part = scene.assembly.label_model
    weights = getattr(part.kind, "weights", None) if part is not None else None
    if isinstance(weights, Mapping):
        for name in weights:
            _check_function(scene, ("label_model", "weights", name), name, at_key=True)


def check_reads(scene: Scene) -> None:
    """Labeling functions read others that exist, without a circle."""
    reads = {part.name: _reads(scene, part) for part in scene.assembly.functions}
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
    for part in (*assembly.functions, *model, *assembly.augment, *assembly.export):
        units = getattr(part.kind, "units", None)
        if unit is None or units is None or unit in units:
            continue
        fits = _WHOLE[next(iter(units))]
        task = assembly.task.entry.type_name if assembly.task is not None else ""
        message = f"the type '{part.entry.type_name}' works on {fits}; this is a {task} task"
        scene.add((*part.trail, "type"), "type", f"{message}, which is about {_WHOLE[unit]}")


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
    check_labels,
    check_class_balance,
    check_weights,
    check_reads,
    check_gazetteers,
    check_units,
    check_protect,
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


def _check_target(scene: Scene, part: Part, target: Target) -> None:
    space = scene.space
    if space is None:
        return
    named = _members(target)
    unknown = [name for name in named if name not in space.names]
    for name in unknown:
        trail, at_key = _label_place(scene, part, name)
        _unknown_label(scene, trail, name, at_key=at_key)
    if unknown:
        return
    if isinstance(target, Not) and len(space) == 1:
        message = f"the task has no label but '{target.not_}', so nothing is left to vote for"
        scene.add((*part.trail, "label"), "label", message)
        return
    try:
        space.including([target])
    except BadParameter as error:
        scene.add((*part.trail, *error.field.split(".")), "label", error.message)


def _members(target: Target) -> tuple[str, ...]:
    if isinstance(target, OneOf):
        return target.one_of
    return (target.not_,) if isinstance(target, Not) else (target,)


def _label_place(scene: Scene, part: Part, name: str) -> tuple[Trail, bool]:
    """Where an entry names a label: best under `label` or `labels`, else anywhere."""
    node = get(scene.findings.root, *part.trail)
    places: list[tuple[Trail, bool]] = []
    for trail, child in walk(node) if node is not None else ():
        if trail and (trail[-1] == name or child.value == name):
            places.append((trail, child.value != name))
    best = [place for place in places if place[0][0] in ("label", "labels")]
    for trail, at_key in best or places:
        return (*part.trail, *trail), at_key
    return part.trail, False


def _check_names(scene: Scene, trail: Trail, names: Collection[str]) -> None:
    for name in names:
        _check_name(scene, (*trail, name), name, at_key=True)


def _check_name(scene: Scene, trail: Trail, name: str, *, at_key: bool = False) -> None:
    if scene.space is not None and name not in scene.space.names:
        _unknown_label(scene, trail, name, at_key=at_key)


def _unknown_label(scene: Scene, trail: Trail, name: str, *, at_key: bool) -> None:
    known = () if scene.space is None else scene.space.names
    message = f"no label '{name}' in this task{nearest(name, known)}"
    scene.add(trail, "label", message, at_key=at_key)


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
