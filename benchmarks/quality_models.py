"""Label models at their defaults, fitted on the train part of a set and scored on another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
from benchmarks.quality_sets import SEED, Bools, Documents, Floats, SpanSet, Split, Texts, TextSet

import labelmill
from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.fitting import fit_model, stand_in
from labelmill.core.hashes import keys_of
from labelmill.core.protocols import Gold
from labelmill.core.registry import LABEL_MODELS
from labelmill.core.votes import Votes
from labelmill.errors import BadParameter, UsageError
from labelmill.kinds import register_all
from labelmill.pipeline.fit import item_probs
from labelmill.refine.reading import Known, Reading, Setting

NOT_LEARNED = ("fitted", "weighted")
"""One is kept from an earlier run; of the other the weights have to be given."""
VARIANTS: Mapping[str, Mapping[str, Any]] = {"dawid_skene": {"confusion": "one_coin"}}
"""Parameters that make another model of a type."""
WITH_GOLD = ("auto", "dawid_skene", "hmm", "lift")
"""Types that learn from gold."""

SPANS = "labelmill.refine.spans"

Found = TextSet | SpanSet
Part = Any
"""The part of a set: Texts or Documents."""


@dataclass(frozen=True, slots=True)
class Model:
    """A label model as a job declares it; with gold it gets the labels of the valid part.

    `weighted` with gold weighs each function by how often it is right there. A refined one reads
    the texts too.
    """

    name: str
    type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    gold: bool = False
    refined: bool = False


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
    found += [Model(f"{model.name}, gold", model.type, gold=True) for model in learning]
    if unit == "document" or find_spec(SPANS) is not None:
        name = default_type(unit)
        found.append(Model(f"{name}, refined", name, refined=True))
        found.append(Model(f"{name}, refined, gold", name, gold=True, refined=True))
    return found


def default_type(unit: str) -> str:
    """The type that a user leaves on: `auto` where there is one for such votes."""
    if "auto" in LABEL_MODELS and unit in LABEL_MODELS.get("auto").units:
        return "auto"
    return "lift" if unit == "document" else "hmm"


def scored(found: Found, model: Model, split: Split) -> Score | None:
    """Score a model on a part of a set; None where it cannot be fitted on such votes."""
    part: Part = found.part(split)
    answers: tuple[list[Any], list[Any]] = ([None] * len(part), [None] * len(part))
    used, seconds, gaps = model.type, 0.0, []
    for gold, chosen in _folds(part, found.valid, split, with_gold=model.gold):
        started = perf_counter()
        try:
            used, both, added = _answered(found, model, gold, part)
        except (BadParameter, UsageError):
            return None
        seconds += perf_counter() - started
        for told, probs in zip(answers, both, strict=True):
            read = found.read(part, probs, refined=model.refined, added=added)
            for row in np.flatnonzero(chosen).tolist():
                told[row] = read[row]
        gaps.append(found.calibration(part, both[0], chosen))
    gap = None if None in gaps else float(np.mean([gap for gap in gaps if gap is not None]))
    score, unguarded = (found.score(part, told) for told in answers)
    return Score(score, unguarded, used, gap, seconds)


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


def _answered(
    found: Found, model: Model, gold: Texts | Documents | None, part: Part
) -> tuple[str, tuple[Floats, Floats], Votes | None]:
    """The type that was used, probabilities as a job has them and without guard, added spans."""
    if model.refined and isinstance(found, TextSet):
        refiner = _refiner(found, model, gold)
        probs = refiner.predict_proba(part.texts, part.votes)
        return "refined" if refiner.used else model.type, (probs, probs), None
    guarded, bare = _fitted(found, model, gold)
    if model.refined:
        return _refined_spans(found, guarded, gold, part)
    patterns = found.patterns(part)
    return guarded.type, (item_probs(guarded, patterns), item_probs(bare, patterns)), None


def _refiner(found: TextSet, model: Model, gold: Any) -> labelmill.Refiner:
    """A label model, and what reads the texts behind it."""
    train = found.train
    known = () if gold is None else (gold.votes, gold.gold)
    asked = labelmill.LabelModel(model.type, labels=found.labels, seed=SEED).fit(
        train.votes, *known
    )
    shown = () if gold is None else (gold.texts, gold.votes, gold.gold)
    return labelmill.Refiner(asked, seed=SEED).fit(train.texts, train.votes, *shown)


def _refined_spans(
    found: Any, guarded: Artifact, gold: Any, part: Documents
) -> tuple[str, tuple[Floats, Floats], Votes | None]:
    """The same for spans."""
    spans = import_module(SPANS)

    def reading(documents: Documents) -> Reading:
        patterns, groups = found.patterns(documents), keys_of(documents.batch.ids)
        return Reading(documents.batch, patterns, item_probs(guarded, patterns), groups)

    known = None if gold is None else Known(reading(gold), found.truth(gold))
    fitted = spans.fit(reading(found.train), found.space(), Setting(seed=SEED), known)
    told = fitted.predict(reading(part))
    used = "refined" if fitted.review.used else guarded.type
    return used, (told.probs, told.probs), told.added


def _fitted(
    found: Found, model: Model, gold: Texts | Documents | None
) -> tuple[Artifact, Artifact]:
    """The model as a job has it, and as it is where nobody looks.

    Where a type stands for another one, as `auto` does in ner, that one is fitted.
    """
    whole: Any = found
    space, parameters, known = found.space(), dict(model.parameters), None
    if gold is not None:
        known = Gold(whole.patterns(gold), whole.truth(gold))
        if model.type == "weighted":
            counts = zip(space.functions, whole.right(gold), strict=True)
            parameters["weights"] = {name: (n + 1) / (of + 2) for name, (n, of) in counts}
    declared = LABEL_MODELS.get(model.type)(**parameters)
    patterns = whole.patterns(found.train)
    guarded = fit_model(model.type, declared, patterns, space, known, found.unit)
    used, kind = stand_in(model.type, declared, found.unit)
    if guarded.type == used:
        return guarded, guarded
    alone = kind.fit(patterns, space, known)
    return guarded, Artifact(used, kind.version, alone, space)
