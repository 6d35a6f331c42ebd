import pytest

from labelmill.checks.error_budget import ErrorBudget
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(100, {}, {}, {}, (), {"a": {"errors": 2}, "b": {"errors": 1}}, quarantined=3)


def test_all_rows_in_quarantine_count() -> None:
    assert ErrorBudget(max=0.03).check(FACTS).passed
    finding = ErrorBudget(max=0).check(FACTS)

    assert (finding.passed, finding.value) == (False, 0.03)
    assert finding.message.startswith("the share of rows in quarantine is 0.03, above max 0;")


def test_functions_can_be_held_to_it_one_by_one() -> None:
    finding = ErrorBudget(max=0.01, lf="*").check(FACTS)

    assert not finding.passed
    assert finding.message.startswith("the share of rows on which a fails is 0.02, above max 0.01;")
    assert ErrorBudget(max=0.01, lf="b").check(FACTS).passed
    passed = ErrorBudget(max=0.02, lf="*").check(FACTS)
    assert passed.message == "no function fails on more than 0.02 of the rows"


def test_a_share_above_1_is_refused() -> None:
    with pytest.raises(BadParameter, match="write a share"):
        ErrorBudget(max=3)
