"""Sentences about a row: why it has its status, and what becomes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from labelmill.config.spec import SelectSpec
from labelmill.core.soft import TIE_TOLERANCE, Status
from labelmill.pipeline.explanation import Decision
from labelmill.pipeline.infer import is_selected

OUTSIDE = "O"


def why(row: Mapping[str, Any], decisions: Sequence[Decision], min_confidence: float) -> str:
    """Why a readable row has its status.

    Args:
        row: the row of the labels table.
        decisions: how its answers came to be.
        min_confidence: what the job asks for.
    """
    spans = "entities" in row
    status = row["status"]
    if status == Status.UNCOVERED:
        return "no function finds anything in it" if spans else "no function votes on it"
    if status == Status.TIE:
        return _tie(row["text"], decisions)
    said = _span(row, decisions) if spans else _document(decisions[0])
    if status == Status.LOW_CONFIDENCE:
        return f"{said}, below select.min_confidence ({min_confidence:g})"
    if not min_confidence:
        return said
    return f"{said}; {min_confidence:g} is asked for (select.min_confidence)"


def fate_of(status: str, select: SelectSpec) -> str:
    """Whether a row of this status goes into the training set.

    Example:
        >>> fate_of("tie", SelectSpec()), fate_of("labeled", SelectSpec())
        ('left out of the splits (select.tie: drop)', 'goes into a split')
    """
    if is_selected(status, select):
        return "goes into a split"
    rules = {
        Status.TIE: f" (select.tie: {select.tie})",
        Status.UNCOVERED: f" (select.uncovered: {select.uncovered})",
    }
    return "left out of the splits" + rules.get(Status(status), "")


def _document(decision: Decision) -> str:
    probs = decision.beliefs[-1].probs
    return f"'{decision.label}' is the most probable, with {probs[decision.label]:.3f}"


def _span(row: Mapping[str, Any], decisions: Sequence[Decision]) -> str:
    """What the least sure answer of a text in ner is."""
    spans = [decision for decision in decisions if decision.label != OUTSIDE]
    if not spans:
        return f"no span is probable; the least sure token is outside with {row['confidence']:.3f}"
    least = min(spans, key=lambda each: each.beliefs[-1].probs[each.label])
    words = row["text"][least.start : least.end]
    prob = least.beliefs[-1].probs[least.label]
    what = f"its least sure span, '{words}', is" if len(spans) > 1 else f"'{words}' is"
    return f"{what} {least.label} with {prob:.3f}"


def _tie(text: str, decisions: Sequence[Decision]) -> str:
    """Which labels are equally probable, and where."""
    for decision in decisions:
        probs = decision.beliefs[-1].probs
        best = max(probs.values())
        tied = [name for name, prob in probs.items() if prob >= best - TIE_TOLERANCE]
        if len(tied) > 1:
            where = "" if decision.token is None else f" on '{text[slice(*decision.token)]}'"
            return f"{' and '.join(tied)} are equally probable{where}, with {best:.3f} each"
    return "two tags of a span's token are equally probable"
