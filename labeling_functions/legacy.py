"""Labeling functions that were written for snorkel, as they are."""

import re
from typing import Any

from snorkel.labeling import labeling_function
from snorkel.preprocess import preprocessor

ABSTAIN, HAM, SPAM = -1, 0, 1
BEGGING = ("sub sub", "subscribe", "subscribers", "followers")


@preprocessor(memoize=True)  # type: ignore[untyped-decorator]
def without_marks(x: Any) -> Any:
    """Small letters, and blanks for everything that is no letter."""
    x.plain = re.sub(r"[^a-z]+", " ", x.text.lower())
    return x


@labeling_function(resources={"begging": BEGGING}, pre=[without_marks])  # type: ignore[untyped-decorator]
def old_rule(x: Any, begging: tuple[str, ...]) -> int:
    """Beg for subscribers: a rule with a resource and a preprocessor."""
    return SPAM if any(f" {word} " in f" {x.plain} " for word in begging) else ABSTAIN


@labeling_function()  # type: ignore[untyped-decorator]
def moment(x: Any) -> int:
    """Name a moment of the video, such as 2:41."""
    return HAM if re.search(r"(?<!\d)\d{1,2}:\d\d(?!\d)", x.text) else ABSTAIN
