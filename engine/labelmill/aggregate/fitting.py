"""Fitting a label model under guard: one that does not hold gives way to majority vote."""

from typing import Any

from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.fitted import Fitted
from labelmill.aggregate.guard import examine
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.story import Finding, Story
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, LabelModel, VoteSpace

SAFE = "majority"
"""What is used instead of a model that is not fit for use: it learns nothing wrong."""


def fit_model(
    type_name: str,
    kind: LabelModel,
    patterns: VotePatterns,
    space: VoteSpace,
    gold: Gold | None = None,
) -> Artifact:
    """Fit a label model, look at what came out, and fall back to majority vote if it is bad.

    A model may have a story of its own to tell, as optional attributes of the fitted model:
    `why` (a sentence), `tried` (Trials), `findings` (Findings) and `converged`.

    Args:
        type_name: the type's name in YAML.
        kind: the declared model; `fitted` is applied as it was kept, and not examined again.
        patterns: the votes.
        space: what is known about them.
        gold: items with known labels, for models that learn from some.

    Returns:
        The model that is used, with its story.
    """
    if isinstance(kind, Fitted):
        return kind.applied(space)
    fitted = kind.fit(patterns, space, gold)
    findings = (*getattr(fitted, "findings", ()), *examine(fitted, patterns, space, gold))
    fatal = [finding for finding in findings if finding.fatal]
    if not fatal or type_name == SAFE:
        story = _kept(type_name, fitted, findings, fatal)
        return Artifact(type_name, kind.version, fitted, space, story)
    why = f"it is not used, majority vote is, because {fatal[0].message}"
    story = Story(type_name, SAFE, why, findings, tuple(getattr(fitted, "tried", ())))
    return Artifact(SAFE, Majority.version, Majority().fit(patterns, space), space, story)


def _kept(
    type_name: str, fitted: Any, findings: tuple[Finding, ...], fatal: list[Finding]
) -> Story:
    """The story of a model that is used."""
    why = str(getattr(fitted, "why", "it was asked for"))
    if fatal:
        why = f"there is nothing safer to fall back to, but {fatal[0].message}"
    return Story(type_name, type_name, why, findings, tuple(getattr(fitted, "tried", ())))
