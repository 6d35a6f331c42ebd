"""Regular expressions as labeling functions."""

import pytest

from labelmill.errors import BadParameter
from labelmill.functions.regex import Regex


def test_an_empty_list_of_patterns_is_refused() -> None:
    with pytest.raises(BadParameter, match="pattern: holds no pattern"):
        Regex(label="spam", pattern=())
    with pytest.raises(BadParameter, match=r"labels.spam: holds no pattern"):
        Regex(labels={"ham": "x", "spam": ()})
