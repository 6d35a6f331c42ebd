"""What may stand under `label`, and errors that show it."""

from typing import Any

from labelmill.config.messages import found
from labelmill.config.nodes import Findings, Node, Trail, get, is_list, is_map

FORMS = "`label: spam`, `label: {one_of: [ham, spam]}`, `label: {not: spam}` or `labels: {...}`"
"""The ways to say what a labeling function votes for."""


def check_forms(node: Node, trail: Trail, keys: Any, findings: Findings) -> bool:
    """Check how a labeling function says what it votes for.

    Args:
        node: the entry.
        trail: where it stands.
        keys: the keys that its type knows.
        findings: takes the problems.

    Returns:
        Whether it says it in a form that exists; which labels there are is not looked at.
    """
    label = get(node, "label")
    if label is None or label.value is None or "label" not in keys:
        return True
    here = (*trail, "label")
    if get(node, "labels") is not None and "labels" in keys:
        message = "`label` and `labels` stand side by side; keep one of them"
        findings.add((*trail, "labels"), "label", message, at_key=True)
        return False
    wrong = _wrong_form(label)
    if wrong is None:
        return True
    findings.add(here, "label", wrong)
    return False


def _wrong_form(label: Node) -> str | None:
    if isinstance(label.value, str):
        return None
    if is_list(label):
        return f"a bare list does not say what it means; write {FORMS}"
    if not is_map(label):
        written = str(label.value).lower() if isinstance(label.value, bool) else label.value
        return f"expected a label but found {found(label)}; write it in quotes: '{written}'"
    if set(label.value) not in ({"one_of"}, {"not"}, {"all_of"}):
        keys = ", ".join(label.value) or "nothing"
        return f"found a map with {keys}; write {FORMS}"
    return None
