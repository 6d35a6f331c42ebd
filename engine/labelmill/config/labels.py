"""Every label that a config names is one of its task."""

from collections.abc import Callable, Collection, Mapping

from labelmill.config.assembly import Part
from labelmill.config.nodes import Trail, get, walk
from labelmill.config.scene import Scene
from labelmill.core.labels import AllOf, Not, OneOf, Target
from labelmill.errors import BadParameter, nearest


def check_targets(scene: Scene) -> None:
    """What a labeling function votes for exists and says something."""
    for part in scene.assembly.functions:
        for target in part.kind.targets():
            _check_target(scene, part, target)


def check_should(scene: Scene) -> None:
    """Examples are given for labels that exist."""
    for part in scene.assembly.functions:
        should = part.entry.frame.get("should", ())
        if isinstance(should, Mapping):
            _check_names(scene, (*part.trail, "should"), should)


def check_only(scene: Scene) -> None:
    """Augment steps are limited to labels that exist."""
    for part in scene.assembly.augment:
        for index, label in enumerate(part.entry.frame.get("only", ())):
            _check_name(scene, (*part.trail, "only", index), label)


def check_gazetteer_labels(scene: Scene) -> None:
    """Gazetteers stand for labels that exist."""
    for name, values in scene.assembly.draft.gazetteers.items():
        if values is not None and values.get("label") is not None:
            _check_name(scene, ("gazetteers", name, "label"), values["label"])


def check_bounds(scene: Scene) -> None:
    """Checks that say something of each label name labels that exist."""
    for part in scene.assembly.checks:
        for name in getattr(part.kind, "by_label", ()):
            value = part.entry.parameters.get(name)
            if isinstance(value, Mapping):
                _check_names(scene, (*part.trail, name), value)


def check_class_balance(scene: Scene) -> None:
    """A class balance names every label once and sums to 1.

    Where a text can have several labels it names any of them, each with a share of its own.
    """
    entry = scene.assembly.draft.label_model
    balance = None if entry is None else entry.frame.get("class_balance")
    if balance is None or scene.space is None:
        return
    trail = ("label_model", "class_balance")
    _check_names(scene, trail, balance)
    if scene.space.multi_label:
        for label, share in balance.items():
            if share >= 1:
                scene.add((*trail, label), "value", f"a share is below 1, found {share:g}")
        return
    for label in scene.space.names:
        if label not in balance:
            scene.add((*trail, label), "missing", f"the label '{label}' is missing")
    total = sum(balance.values())
    if abs(total - 1) > 1e-6:
        scene.add(trail, "value", f"the shares sum to {total:g}; they must sum to 1")


LABEL_CHECKS: tuple[Callable[[Scene], None], ...] = (
    check_targets,
    check_should,
    check_only,
    check_gazetteer_labels,
    check_bounds,
    check_class_balance,
)


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
    if isinstance(target, AllOf) and not space.multi_label:
        message = "this task gives a text one label; `all_of` is for `task.multi_label: true`"
        if scene.unit == "span" or space.ordered:
            message = "a vote in this task is for one label; `all_of` is for classification tasks "
            message += "with `multi_label: true`"
        scene.add((*part.trail, "label"), "label", message)
        return
    if isinstance(target, Not) and len(space) == 1 and not space.multi_label:
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
    if isinstance(target, AllOf):
        return target.all_of
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
