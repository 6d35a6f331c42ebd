"""Labeling functions for comments under videos."""

import re
from typing import Any

from labelmill import labeling_function

FEELING = re.compile(
    r"\bi (?:still |really |just |so )?(?:love|like|miss|remember|hate)\b"
    r"|\b(?:best|beautiful|amazing|awesome|great|cool) (?:song|video|voice|singer|music|ever)\b"
    r"|\bmakes me\b",
    re.IGNORECASE,
)
BEGGING = re.compile(r"\bmy\b|channel|subs|http|\.com|check", re.IGNORECASE)


@labeling_function(needs="text", should={"ham": ["I miss this"]}, should_not=["I love my channel"])
def fan(row: Any, *, most_words: int) -> str | None:
    """Say how the song feels, and ask for nothing."""
    if len(row.text.split()) > most_words or BEGGING.search(row.text):
        return None
    return "ham" if FEELING.search(row.text) else None
