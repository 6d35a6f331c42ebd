"""A fitted label model as a file: canonical JSON, exact to the last bit of every number."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.calibration import Calibration, predicted
from labelmill.aggregate.multi_label import FittedMultiLabel, given, question_of, question_row
from labelmill.aggregate.story import Finding, Story
from labelmill.core.digests import canonical_json
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import FittedLabelModel, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter, BadResource

FILE_NAME = "label_model.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A fitted model, its type and version, the votes that it was fitted on, and its story.

    `calibration` holds the temperature that its probabilities are given at, where gold told one.
    `fit` says on which partitions it was fitted, and for what.
    """

    type: str
    version: int
    fitted: FittedLabelModel
    space: VoteSpace
    story: Story | None = None
    calibration: Calibration | None = None
    fit: Mapping[str, Any] | None = None

    @property
    def temperature(self) -> float:
        """What its probabilities are given at; 1 leaves them as the model says."""
        return 1.0 if self.calibration is None else self.calibration.temperature

    def predict(self, patterns: VotePatterns) -> npt.NDArray[np.float64]:
        """Calibrated probabilities, in the form of the model's own `predict`."""
        return predicted(self.fitted, patterns, self.space, self.temperature)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person who uses it has to be told at once."""
        return () if self.story is None else self.story.warnings

    def noting(self, *findings: Finding) -> "Artifact":
        """The same model with more findings in its story."""
        story = self.story or Story(self.type, self.type, "it was fitted before")
        return replace(self, story=replace(story, findings=(*story.findings, *findings)))

    def to_json(self) -> bytes:
        """The model as a file; the same model gives the same bytes."""
        facts = _facts(self)
        if self.fit is not None:
            facts["fit"] = self.fit
        return (canonical_json(facts) + "\n").encode()


def to_json(
    type_name: str,
    version: int,
    fitted: FittedLabelModel,
    space: VoteSpace,
    story: Story | None = None,
    calibration: Calibration | None = None,
) -> bytes:
    """Write a fitted model; the same model gives the same bytes.

    Example:
        >>> from labelmill.aggregate.majority import Majority
        >>> none = np.zeros(0, dtype=np.int64)
        >>> space = VoteSpace(("f",), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> fitted = Majority().fit(VotePatterns.of(none, none, none, 0), space)
        >>> from_json(to_json("majority", 1, fitted, space)).space.functions
        ('f',)
    """
    return Artifact(type_name, version, fitted, space, story, calibration).to_json()


def _facts(model: Artifact) -> dict[str, Any]:
    space, fitted, story = model.space, model.fitted, model.story
    facts = {
        "type": model.type,
        "version": model.version,
        "functions": space.functions,
        "labels": space.labels.names,
        "ordered": space.labels.ordered,
        "label_sets": space.labels.sets,
        "prior": [None if np.isnan(share) else share for share in space.prior.tolist()],
        "balance_given": space.balance_given,
        "seed": space.seed,
        "parameters": fitted.parameters(),
        "story": None if story is None else story.row(),
        "calibration": None if model.calibration is None else asdict(model.calibration),
    }
    if isinstance(fitted, FittedMultiLabel):
        questions = [question_row(question) for question in fitted.questions]
        facts |= {"multi_label": True, "joint": space.labels.joint, "questions": questions}
    return facts


def from_json(data: bytes, name: str = FILE_NAME) -> Artifact:
    """Read a fitted model; `name` is what an error calls the file.

    Raises:
        BadResource: if it is no such file, or of a type or version that is not known.
    """
    facts = _parsed(data, name)
    try:
        space = _space_of(facts)
        type_name, version = str(facts["type"]), int(facts["version"])
        _check_version(type_name, version, name)
        fitted = _restored(facts, type_name, space, name)
        told, heat = facts.get("story"), facts.get("calibration")
        story = None if told is None else Story.of(told)
        calibration = None if heat is None else Calibration(**heat)
    except BadParameter as error:
        raise BadResource(name, error.message) from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        message = f"is damaged or no fitted label model ({type(error).__name__}: {error})"
        raise BadResource(name, message) from error
    return Artifact(type_name, version, fitted, space, story, calibration, facts.get("fit"))


def with_prior(found: Artifact, prior: npt.NDArray[np.float64]) -> Artifact:
    """The same model for items that have the labels in other shares, where these are known."""
    space = replace(found.space, prior=prior, balance_given=True)
    if isinstance(found.fitted, FittedMultiLabel):
        questions = [
            question if np.isnan(share) else given(question, share, _model)
            for question, share in zip(found.fitted.questions, prior.tolist(), strict=True)
        ]
        fitted: FittedLabelModel = replace(found.fitted, questions=tuple(questions))
    else:
        fitted = _model(found.type, found.fitted.parameters(), space)
    return replace(found, fitted=fitted, space=space)


def _space_of(facts: Mapping[str, Any]) -> VoteSpace:
    return VoteSpace(
        functions=tuple(facts["functions"]),
        labels=LabelSpace(
            tuple(facts["labels"]),
            bool(facts["ordered"]),
            tuple(tuple(members) for members in facts["label_sets"]),
            bool(facts.get("multi_label", False)),
            tuple(facts.get("joint", ())),
        ),
        prior=np.array(
            [np.nan if share is None else share for share in facts["prior"]], dtype=np.float64
        ),
        seed=int(facts["seed"]),
        balance_given=bool(facts["balance_given"]),
    )


def _restored(
    facts: Mapping[str, Any], type_name: str, space: VoteSpace, name: str
) -> FittedLabelModel:
    if not space.labels.multi_label:
        return _model(type_name, facts["parameters"], space)
    questions = [question_of(row, space, _model) for row in facts["questions"]]
    for question in questions:
        _check_version(question.type, question.version, name)
    able = np.array(facts["parameters"]["able"], dtype=np.bool_).reshape(-1, len(space.labels))
    return FittedMultiLabel(tuple(questions), space.labels, able)


def _model(type_name: str, parameters: Mapping[str, Any], space: VoteSpace) -> FittedLabelModel:
    fitted: FittedLabelModel = LABEL_MODELS.get(type_name).restore(parameters, space)
    return fitted


def _check_version(type_name: str, version: int, name: str) -> None:
    model = LABEL_MODELS.get(type_name)
    if version != model.version:
        message = (
            f"holds version {version} of '{type_name}' and this labelmill has version "
            f"{model.version}; fit it again"
        )
        raise BadResource(name, message)


def _parsed(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        facts = json.loads(data)
    except ValueError as error:
        raise BadResource(name, f"is no JSON ({error}); give a {FILE_NAME}") from error
    if not isinstance(facts, dict):
        raise BadResource(name, f"holds no object; give a {FILE_NAME}")
    return facts
