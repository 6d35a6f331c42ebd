"""The `auto` type: a label model that can be left alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.copying import Copying
from labelmill.aggregate.correction import Correction, correction_of
from labelmill.aggregate.evidence import Cells, Floats, covered
from labelmill.aggregate.guard import examine
from labelmill.aggregate.hmm import Hmm
from labelmill.aggregate.latent import MANY_AGAINST, Explanation, explained
from labelmill.aggregate.lift import Lift
from labelmill.aggregate.moments import Skills
from labelmill.aggregate.skills import FittedSkills, fit_skills
from labelmill.aggregate.story import Finding, Trial
from labelmill.aggregate.triplet import Triplet
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, FittedLabelModel, Gold, LabelModel, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS

OPPOSED = 0.1
CONTRADICTED = 0.5
UNLIKE = 0.18
VOICES: dict[str, Any] = {
    "copying": Copying,
    "skills": FittedSkills,
    "lift": Lift,
    "triplet": Triplet,
}
"""What its answers can be made of, by the name in its file."""
ANSWERS = frozenset({"disagreement", "drifted", "balance", "lost_label"})
"""What the guard may find that is no reason not to use it."""
ANSWERS_COPYING = ANSWERS | {"mostly_flipped", "one_label"}
"""The same where its model explains which functions agree."""
RELATIVES = (
    "labels and copies do not explain which functions agree, or rows are too few to tell, so it "
    "is an average of careful models"
)
COPYING = "what functions know, and whom they copy, explains which of them agree, so it is believed"


@LABEL_MODELS.add("auto")
@dataclass(frozen=True, slots=True)
class Auto:
    """Do what is best on average and hardly ever worse than majority vote.

    One way of its own rather than a choice among label models: without gold, whatever one chooses
    by (likelihood, stability, agreement) chooses worse than a fixed model.

    It starts from the skills of functions, which come in closed form from how often pairs of them
    agree (labelmill.aggregate.moments, labelmill.aggregate.skills). From there EM learns a model
    of latent labels and of functions that may copy each other, each with what it says under which
    label, and whom it copies (labelmill.aggregate.copying, labelmill.aggregate.leaders). That
    model is the best there is where it is true, and a bad one where it is not, so it is used only
    if it explains the votes: if it foretells how often each two functions that do not copy each
    other vote on the same item, and say the same there (labelmill.aggregate.latent). Functions
    that are mostly wrong, or say nothing, are no obstacle.

    Votes that it does not explain, and those that are too few to tell, get the average of three
    models that walk less far from what functions say: that of the skills, `lift` and `triplet`;
    one that the guard finds unfit is left out.

    Where functions that go against the others are so many that, of so few labels, nobody can tell
    which side is right, majority vote is used; also where votes are not explained and pairs agree
    much less than any skills explain.

    With gold, logistic regressions on the votes start from what is believed without it, and gold
    pays for each step away (see labelmill.aggregate.correction). They are used if they foretell
    gold that they have not seen significantly better, and change labels if no fewer are right
    there. Then it is also known which side is right.

    In ner `auto` is `hmm`.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("f", "g"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> votes = VotePatterns.of_matrix(np.array([[0, -1], [0, 0], [1, 1], [-1, 1]]), 2)
        >>> Auto().fit(votes, space).predict(votes).argmax(axis=1)[votes.index].tolist()
        [0, 0, 1, 1]
    """

    learns_from_gold: ClassVar[bool] = True
    version: ClassVar[int] = 3
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def fit(
        self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
    ) -> "FittedAuto":
        """Find what explains the votes, if anything does, and let gold correct it."""
        fitted = _without_gold(patterns, space)
        if gold is None:
            return fitted
        shape = len(space.functions), len(space.labels.sets)
        verdict = correction_of(gold, fitted.predict, shape)
        if verdict.correction is not None:
            fitted = replace(
                fitted, correction=verdict.correction, findings=_harmless(fitted.findings)
            )
        return replace(fitted, tried=verdict.tried, why=verdict.why)

    def for_unit(self, unit: Unit) -> LabelModel:
        """The model that is fitted for votes of a kind."""
        return self if unit == "document" else Hmm()

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedAuto":
        """Rebuild it from its parts."""
        told = parameters["voices"]
        voices = {
            name: kind.restore(told[name], space) for name, kind in VOICES.items() if name in told
        }
        found = parameters["correction"]
        correction = None if found is None else Correction.of(found)
        return FittedAuto(voices, space.prior, correction)


@dataclass(frozen=True, slots=True)
class FittedAuto:
    """The average of one fitted model or several, by their names in VOICES, at work.

    `prior` [n_labels] is for items without votes.
    """

    voices: Mapping[str, FittedLabelModel]
    prior: Floats
    correction: Correction | None = None
    findings: tuple[Finding, ...] = ()
    tried: tuple[Trial, ...] = ()
    why: str = RELATIVES

    sequential: ClassVar[bool] = False

    @property
    def answers_for(self) -> frozenset[str]:
        """What it judges by itself."""
        return ANSWERS_COPYING if "copying" in self.voices else ANSWERS

    def predict(self, patterns: VotePatterns) -> Floats:
        """Probabilities, [n_patterns, n_labels]."""
        probs = np.zeros((len(patterns), len(self.prior)))
        for voice in self.voices.values():
            probs += voice.predict(patterns) / len(self.voices)
        probs[~covered(patterns)] = self.prior
        return probs if self.correction is None else self.correction.applied(patterns, probs)

    def weights(self) -> Floats | None:
        """Estimated accuracy of each function's votes, [n_functions], by the first of them."""
        return next(iter(self.voices.values())).weights()

    def parameters(self) -> dict[str, Any]:
        """Everything that was learned."""
        correction = None if self.correction is None else self.correction.parameters()
        voices = {name: voice.parameters() for name, voice in self.voices.items()}
        return {"voices": voices, "correction": correction}


def _without_gold(patterns: VotePatterns, space: VoteSpace) -> FittedAuto:
    """The model that explains the votes, else the average of relatives."""
    fitted, skills = fit_skills(patterns, space)
    found = explained(patterns, space, fitted)
    if found is not None:
        return FittedAuto(
            {"copying": found.model}, space.prior, findings=tuple(_opposition(found)), why=COPYING
        )
    voices: dict[str, FittedLabelModel] = {"skills": fitted}
    findings = _judged(fitted, patterns, skills)
    for name, kind in (("lift", Lift()), ("triplet", Triplet())):
        relative = kind.fit(patterns, space)
        if not any(each.fatal for each in examine(relative, patterns, space)):
            voices[name] = relative
    return FittedAuto(voices, space.prior, findings=findings)


def _judged(fitted: FittedSkills, patterns: VotePatterns, skills: Skills) -> tuple[Finding, ...]:
    """What speaks against skills: sides that cannot be told, and strange votes."""
    found = [*_outnumbered(skills), *_unlike(skills)]
    contradicted = _contradicted(fitted.predict(patterns), patterns, fitted.members)
    if skills.opposed > OPPOSED and contradicted > CONTRADICTED and not skills.outnumbered:
        message = (
            f"functions with {skills.opposed:.0%} of the votes go against the others, and it "
            f"would overrule majority vote on {contradicted:.0%} of the items: which side is "
            "right cannot be told without gold"
        )
        found.append(Finding("opposed", message, value=skills.opposed, fatal=True))
    return tuple(found)


def _outnumbered(skills: Skills) -> Iterator[Finding]:
    """Most functions are not those that agree with each other."""
    if skills.outnumbered:
        message = (
            "few functions agree with each other, and the others with nobody: the few are "
            "believed, against the many"
        )
        yield Finding("outnumbered", message)


def _unlike(skills: Skills) -> Iterator[Finding]:
    """Functions that agree much less than any skills explain: they see different things."""
    if skills.unlike > UNLIKE:
        message = (
            f"{skills.unlike:.0%} of what functions tell of each other is that they agree much "
            "less than their skills explain, so that these mean little"
        )
        yield Finding("unlike", message, value=skills.unlike, fatal=True)


def _opposition(found: Explanation) -> Iterator[Finding]:
    """So many functions go against the others that they may be right, or need to be named."""
    if found.against < MANY_AGAINST:
        return
    share = f"{found.against:.0%} of the functions or of their votes go against the others"
    if found.ambiguous:
        message = f"{share}, and there are too few labels to tell without gold which side is right"
        yield Finding("opposed", message, value=found.against, fatal=True)
    else:
        message = f"{share}, each in its own way: those are believed that agree with each other"
        yield Finding("outnumbered", message, value=found.against)


def _harmless(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """What stays worth saying once gold tells which side is right."""
    return tuple(each for each in found if not each.fatal)


def _contradicted(probs: Floats, patterns: VotePatterns, members: npt.NDArray[np.bool_]) -> float:
    """The share of items that get another label than majority vote, where that has no tie."""
    shares = members / members.sum(axis=1, keepdims=True)
    sums = Cells.at(patterns.label, patterns.indptr, (1, len(members))).summed(shares)
    top = np.sort(sums, axis=1)
    decided = patterns.counts * (top[:, -1] > top[:, -2] + 1e-9)
    differs = probs.argmax(axis=1) != sums.argmax(axis=1)
    total = decided.sum()
    return float((decided * differs).sum() / total) if total else 0.0
