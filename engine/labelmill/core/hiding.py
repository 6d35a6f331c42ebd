"""Texts that came from the environment and may not be shown: taken out of whatever is written."""

from collections.abc import Mapping
from typing import Any

SHORT = 4
"""Texts with fewer characters than this are no secrets."""

CUT, DOTS = "…", "..."
"""What stands where a text was cut."""


def hidden_in(text: str, hidden: Mapping[str, str]) -> str:
    """A text without those that are hidden; in their place stands where they came from.

    A short one is taken out only where it stands in quotes, since its letters are everywhere. Of a
    text that was cut, what is left of a hidden one before the cut is taken out too.

    Example:
        >>> hidden_in("no user hunter2 at 'ab', tab", {"hunter2": "${env.USER}", "ab": "${env.AT}"})
        "no user ${env.USER} at '${env.AT}', tab"
    """
    for secret in sorted(hidden, key=len, reverse=True):
        for form in sorted({secret, repr(secret)[1:-1], " ".join(secret.split())} - {""}):
            if len(form) >= SHORT:
                text = _without_beginnings(text.replace(form, hidden[secret]), form, hidden[secret])
            for quote in "'\"":
                text = text.replace(f"{quote}{form}{quote}", f"{quote}{hidden[secret]}{quote}")
    return text


def _without_beginnings(text: str, form: str, shown: str) -> str:
    """A text without the beginning of a hidden one, wherever it ends at a cut."""
    for mark in (CUT, DOTS):
        pieces = text.split(mark)
        for place, piece in enumerate(pieces[:-1]):
            longest = range(min(len(piece), len(form)), SHORT - 1, -1)
            left = next((n for n in longest if piece.endswith(form[:n])), 0)
            pieces[place] = piece[: len(piece) - left] + shown if left else piece
        text = mark.join(pieces)
    return text


def hidden_in_all(value: Any, hidden: Mapping[str, str]) -> Any:
    """Plain data without hidden texts, in keys and in values."""
    if not hidden:
        return value
    if isinstance(value, str):
        return hidden_in(value, hidden)
    if isinstance(value, Mapping):
        return {hidden_in_all(k, hidden): hidden_in_all(v, hidden) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(hidden_in_all(item, hidden) for item in value)
    return value


def hide_in_error(error: BaseException, hidden: Mapping[str, str]) -> None:
    """Take hidden texts out of what an error says, and out of the fields that it was made of."""
    if hidden:
        error.args = hidden_in_all(error.args, hidden)
        plain = {k: v for k, v in vars(error).items() if isinstance(v, str | tuple)}
        vars(error).update(hidden_in_all(plain, hidden))
