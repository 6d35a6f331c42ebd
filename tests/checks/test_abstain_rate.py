from typing import Any

import pytest

from labelmill.checks.abstain_rate import AbstainRate
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(
    12, {"labeled": 4, "tie": 1, "uncovered": 5, "error": 1, "filtered": 1}, {}, {}, (), {}
)


def test_the_share_of_uncovered_rows_is_that_of_readable_rows() -> None:
    assert AbstainRate(max=0.5).check(FACTS).passed
    finding = AbstainRate(max=0.4).check(FACTS)

    assert (finding.passed, finding.value) == (False, 0.5)
    assert finding.message.startswith("uncovered: 5 of 10 rows (0.5), above max 0.4; ")


def test_other_states_count_where_they_are_named() -> None:
    assert AbstainRate(max=0.6, states=("uncovered", "tie")).check(FACTS).value == 0.6
    assert not AbstainRate(min=0.2, states=("tie",)).check(FACTS).passed


def test_without_a_readable_row_nothing_has_a_label() -> None:
    assert not AbstainRate(max=0.9).check(Facts(1, {"error": 1}, {}, {}, (), {})).passed


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({}, "max"), ({"max": 2}, "max"), ({"max": 0.5, "states": ()}, "states")],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        AbstainRate(**parameters)

    assert caught.value.field == field
