"""Label models at their defaults, fitted on the train part of a set and scored on another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from benchmarks.quality_sets import Bools, Documents, SpanSet, Split, Texts, TextSet

from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.fitting import fit_model
from labelmill.core.protocols import Gold
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter
from labelmill.kinds import register_all
from labelmill.pipeline.fit import item_probs

NOT_LEARNED = ("fitted", "weighted")
"""One is kept from an earlier run; of the other the weights have to be given."""
VARIANTS: Mapping[str, Mapping[str, Any]] = {"dawid_skene": {"confusion": "one_coin"}}
"""Parameters that make another model of a type."""
WITH_GOLD = ("auto", "dawid_skene", "hmm", "lift")
"""Types that learn from gold."""

Found = TextSet | SpanSet
Part = Any
"""The part of a set: Texts or Documents."""


@dataclass(frozen=True, slots=True)
class Model:
    """A label model as a job declares it; with gold it gets the labels of the valid part.

    `weighted` with gold weighs each function by how often it is right there.
    """

    name: str
    type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    gold: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What a model reached on a set, in percent.

    `unguarded` is what it would have reached without the guard, `used` the type that the guard
    let through, `calibration` the expected calibration error of rows with votes, as a share.
    """

    score: float
    unguarded: float
    used: str
    calibration: float | None
    seconds: float


def models(unit: str) -> list[Model]:
    """Every registered type for texts (`document`) or spans (`span`), and its variants."""
    register_all()
    found = []
    for name in LABEL_MODELS:
        if name in NOT_LEARNED or unit not in LABEL_MODELS.get(name).units:
            continue
        found.append(Model(name, name))
        if name in VARIANTS:
            told = ", ".join(str(value) for value in VARIANTS[name].values())
            found.append(Model(f"{name}, {told}", name, VARIANTS[name]))
    learning = [model for model in found if model.type in WITH_GOLD and not model.parameters]
    found.append(Model("weighted, gold", "weighted", gold=True))
    return found + [Model(f"{model.name}, gold", model.type, gold=True) for model in learning]


def scored(found: Found, model: Model, split: Split) -> Score | None:
    """Score a model on a part of a set; None where it cannot be fitted on such votes."""
    part: Part = found.part(split)
    answers: tuple[list[Any], list[Any]] = ([None] * len(part), [None] * len(part))
    used, seconds, gaps = model.type, 0.0, []
    for gold, chosen in _folds(part, found.valid, split, with_gold=model.gold):
        started = perf_counter()
        try:
            guarded, bare = _fitted(found, model, gold)
        except BadParameter:
            return None
        seconds += perf_counter() - started
        used = guarded.type
        for told, artifact in zip(answers, (guarded, bare), strict=True):
            probs = item_probs(artifact, found.patterns(part))
            read = found.read(part, probs)
            for row in np.flatnonzero(chosen).tolist():
                told[row] = read[row]
            if told is answers[0]:
                gaps.append(found.calibration(part, probs, chosen))
    gap = None if None in gaps else float(np.mean([gap for gap in gaps if gap is not None]))
    return Score(*(found.score(part, told) for told in answers), used, gap, seconds)


def _folds(
    part: Part, valid: Part, split: Split, *, with_gold: bool
) -> Iterator[tuple[Part, Bools]]:
    """What is taken as gold, and which rows are scored then.

    Where the valid part is scored, each half of it is gold for the other.
    """
    if not with_gold or split == "test":
        yield valid if with_gold else None, np.ones(len(part), dtype=np.bool_)
        return
    first = part.halves()
    for half in (first, ~first):
        yield part.some(half), ~half


def _fitted(
    found: Found, model: Model, gold: Texts | Documents | None
) -> tuple[Artifact, Artifact]:
    """The model as a job has it, and as it is where nobody looks."""
    whole: Any = found
    space, parameters, known = found.space(), dict(model.parameters), None
    if gold is not None:
        known = Gold(whole.patterns(gold), whole.truth(gold))
        if model.type == "weighted":
            counts = zip(space.functions, whole.right(gold), strict=True)
            parameters["weights"] = {name: (n + 1) / (of + 2) for name, (n, of) in counts}
    kind = LABEL_MODELS.get(model.type)(**parameters)
    patterns = whole.patterns(found.train)
    guarded = fit_model(model.type, kind, patterns, space, known)
    if guarded.type == model.type:
        return guarded, guarded
    alone = kind.fit(patterns, space, known)
    return guarded, Artifact(model.type, kind.version, alone, space)
