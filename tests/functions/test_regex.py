"""Regular expressions as labeling functions."""

from collections.abc import Callable

import pytest

from labelmill.core.votes import Hits
from labelmill.errors import BadParameter
from labelmill.functions.regex import Regex


def test_an_empty_list_of_patterns_is_refused() -> None:
    with pytest.raises(BadParameter, match="pattern: holds no pattern"):
        Regex(label="spam", pattern=())
    with pytest.raises(BadParameter, match=r"labels.spam: holds no pattern"):
        Regex(labels={"ham": "x", "spam": ()})


@pytest.mark.parametrize(("spans", "found"), [(False, [0]), (True, [])])
def test_a_match_of_nothing_counts_for_a_text_but_is_no_span(
    ask: Callable[..., Hits], found: list[int], *, spans: bool
) -> None:
    hits = ask(Regex(label="spam", pattern=r"\b"), ["free song", "?"], spans=spans)

    assert hits.doc == found
