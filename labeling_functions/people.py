"""Labeling functions that find people."""

import re
from collections.abc import Iterator
from typing import Any

from labelmill import labeling_function

PAIR = re.compile(r"(?<!\w)(?=(\w+) (\w+)(?!\w))")


@labeling_function(should_not=["Austin opened a plant", "Rain in Florence, and in Leeds"])
def full_name(row: Any, *, first_names: Any) -> Iterator[tuple[int, int, str]]:
    """Find a known first name and a word with a capital after it.

    In ner a function yields `(start, end, label)`, in characters. The gazetteer `first_names`
    arrives as the parameter of that name; `in` asks whether it has a term.
    """
    for match in PAIR.finditer(row.text):
        first, last = match[1], match[2]
        if first in first_names and last[:1].isupper() and last[1:].islower():
            yield match.start(1), match.end(2), "PERSON"
