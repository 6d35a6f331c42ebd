"""Fitting a label model under guard: one that does not hold gives way to majority vote."""

from dataclasses import replace
from typing import Any

from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.calibration import calibration
from labelmill.aggregate.evidence import covered
from labelmill.aggregate.fitted import Fitted
from labelmill.aggregate.guard import examine
from labelmill.aggregate.known import usable
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.multi_label import fit_questions, story_of
from labelmill.aggregate.story import Finding, Story
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, LabelModel, StandIn, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS

SAFE = "majority"
"""What is used instead of a model that is not fit for use: it learns nothing wrong."""
NOBODY = Finding("no_votes", "no function votes on it, so no text gets it")


def fit_model(
    type_name: str,
    kind: LabelModel,
    patterns: VotePatterns,
    space: VoteSpace,
    gold: Gold | None = None,
    unit: Unit = "document",
) -> Artifact:
    """Fit a label model, look at what came out, and fall back to majority vote if it is bad.

    A type that stands for another one where votes are on such units gives way to it.

    A model may have a story of its own to tell, as optional attributes of the fitted model:
    `why` (a sentence), `tried` (Trials), `findings` (Findings), `converged`, and `answers_for`:
    the codes of findings that it judges by itself, which are then no reason not to use it.

    Args:
        type_name: the type's name in YAML.
        kind: the declared model; `fitted` is applied as it was kept, and not examined again.
        patterns: the votes.
        space: what is known about them.
        gold: items with known labels; too few of them are left aside, and a finding says so.
        unit: what the votes are on; items are its tokens in ner.

    Returns:
        The model that is used, with its story.
    """
    used, stands_in = stand_in(type_name, kind, unit)
    made = _fit(used, stands_in, patterns, space, gold)
    if made.story is None or used == type_name:
        return made
    return replace(made, story=replace(made.story, asked=type_name))


def stand_in(type_name: str, kind: LabelModel, unit: Unit) -> tuple[str, LabelModel]:
    """The type and the model that are fitted on votes on some units: mostly what was asked for.

    Example:
        >>> from labelmill.aggregate.auto import Auto
        >>> [stand_in("auto", Auto(), unit)[0] for unit in ("document", "span")]
        ['auto', 'hmm']
    """
    if not isinstance(kind, StandIn):
        return type_name, kind
    found = kind.for_unit(unit)
    return LABEL_MODELS.name_of(type(found)), found


def _fit(
    type_name: str,
    kind: LabelModel,
    patterns: VotePatterns,
    space: VoteSpace,
    gold: Gold | None,
) -> Artifact:
    """Fit a model that stands for itself."""
    if isinstance(kind, Fitted):
        return _unchanged(kind.applied(space), gold)
    if space.labels.multi_label:
        return _fit_each_label(type_name, kind, patterns, space, gold)
    gold, doubts = usable(gold, space)
    fitted = kind.fit(patterns, space, gold)
    own = getattr(fitted, "findings", ())
    judged: frozenset[str] = getattr(fitted, "answers_for", frozenset())
    seen = (
        replace(finding, fatal=False) if finding.code in judged else finding
        for finding in examine(fitted, patterns, space, gold)
    )
    findings = (*own, *seen, *doubts)
    fatal = [finding for finding in findings if finding.fatal]
    if not fatal or type_name == SAFE:
        story = _kept(type_name, fitted, findings, fatal)
        model = Artifact(type_name, kind.version, fitted, space, story)
        return _calibrated(model, kind, patterns, gold)
    why = f"it is not used, majority vote is, because {fatal[0].message}"
    story = Story(type_name, SAFE, why, findings, tuple(getattr(fitted, "tried", ())))
    safe = Majority()
    model = Artifact(SAFE, Majority.version, safe.fit(patterns, space), space, story)
    return _calibrated(model, safe, patterns, gold)


def _calibrated(
    model: Artifact, kind: LabelModel, patterns: VotePatterns, gold: Gold | None
) -> Artifact:
    """A fitted model at the temperature that gold tells."""
    if gold is None:
        return model
    found = calibration(kind, model.fitted, patterns, model.space, gold)
    return replace(model, calibration=found)


def _unchanged(model: Artifact, gold: Gold | None) -> Artifact:
    """A model of an earlier fit; gold changes nothing in it, which is said."""
    if gold is None:
        return model
    message = "gold is not used: a model that was fitted before learns nothing"
    return model.noting(Finding("gold_not_used", message))


def _fit_each_label(
    type_name: str,
    kind: LabelModel,
    patterns: VotePatterns,
    space: VoteSpace,
    gold: Gold | None,
) -> Artifact:
    """Where items can have several labels: a model for each label."""

    def fit(votes: VotePatterns, binary: VoteSpace, known: Gold | None) -> Artifact:
        if (covered(votes) & (votes.counts > 0)).any():
            return _fit(type_name, kind, votes, binary, known)
        story = Story(SAFE, SAFE, "nobody voted on it", (NOBODY,))
        return Artifact(SAFE, Majority.version, Majority().fit(votes, binary), binary, story)

    fitted = fit_questions(patterns, space, gold, fit)
    return Artifact(
        type_name, kind.version, fitted, space, story_of(type_name, SAFE, space, fitted)
    )


def _kept(
    type_name: str, fitted: Any, findings: tuple[Finding, ...], fatal: list[Finding]
) -> Story:
    """The story of a model that is used."""
    why = str(getattr(fitted, "why", "it was asked for"))
    if fatal:
        why = f"there is nothing safer to fall back to, but {fatal[0].message}"
    return Story(type_name, type_name, why, findings, tuple(getattr(fitted, "tried", ())))
