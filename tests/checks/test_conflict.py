import pytest

from labelmill.checks.conflict import Conflict
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(10, {}, {}, {}, (), {"link": {"conflicts": 0.3}, "begging": {"conflicts": 0.1}})


def test_each_function_is_held_to_the_bound_and_those_that_break_it_are_named() -> None:
    finding = Conflict(max=0.2).check(FACTS)

    assert (finding.passed, finding.value) == (False, 0.3)
    assert finding.message.startswith("conflict of link is 0.3, above max 0.2; look at the pairs")
    assert Conflict(max=0.3).check(FACTS).passed


def test_one_function_can_be_held_to_a_bound_of_its_own() -> None:
    finding = Conflict(max=0.2, lf="begging").check(FACTS)

    assert finding.passed
    assert finding.message == "conflict of begging is at most 0.2 (0.1)"


def test_an_unknown_function_is_named_with_the_nearest() -> None:
    with pytest.raises(BadParameter, match="did you mean 'link'"):
        Conflict(max=0.2, lf="lnk").check(FACTS)


def test_a_share_above_1_is_refused() -> None:
    with pytest.raises(BadParameter, match="write a share"):
        Conflict(max=20)
