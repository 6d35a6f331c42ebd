from dataclasses import replace
from typing import Any

import pytest

from labelmill.checks.row_count import RowCount
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(
    rows_in=100,
    status={"labeled": 80, "tie": 20},
    classes={"ham": 80},
    splits={"train": 60, "dev": 12, "test": 8},
    leaks=(),
    functions={},
)


@pytest.mark.parametrize(
    ("check", "passed", "value"),
    [
        (RowCount(min=80), True, 80),
        (RowCount(min=81), False, 80),
        (RowCount(max=80), True, 80),
        (RowCount(max=79), False, 80),
        (RowCount(min=10, max=20, split="dev"), True, 12),
        (RowCount(min=10, split="test"), False, 8),
    ],
)
def test_bounds_are_inclusive_and_count_rows_of_the_splits(
    check: RowCount, passed: bool, value: float
) -> None:
    finding = check.check(FACTS)

    assert (finding.passed, finding.value) == (passed, value)


def test_a_split_that_is_not_there_has_no_rows() -> None:
    finding = RowCount(min=1, split="test").check(replace(FACTS, splits={"train": 9}))

    assert not finding.passed
    assert finding.message == (
        "split test has 0 rows, wanted at least 1; look at the row counts by status in the "
        "report, and at the source"
    )


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({}, "min"), ({"min": -1}, "min"), ({"max": -1}, "max"), ({"min": 9, "max": 8}, "min")],
)
def test_bounds_that_make_no_sense_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        RowCount(**parameters)

    assert caught.value.field == field
