from dataclasses import replace
from typing import Any

import pytest

from labelmill.checks.coverage import Coverage
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(
    rows_in=12,
    status={"labeled": 4, "tie": 1, "uncovered": 5, "error": 1, "filtered": 1},
    classes={"ham": 4},
    splits={"train": 4},
    leaks=(),
    functions={"link": {"coverage": 0.25}, "begging": {"coverage": 0.01}},
)


def test_coverage_is_that_of_readable_rows() -> None:
    finding = Coverage(min=0.5, max=0.5).check(FACTS)

    assert finding.passed
    assert finding.value == 0.5
    assert finding.message == "coverage is between 0.5 and 0.5 (0.5)"


def test_too_few_covered_rows_fail_and_say_what_to_do() -> None:
    finding = Coverage(min=0.6).check(FACTS)

    assert not finding.passed
    assert finding.message == (
        "coverage is 0.5, below min 0.6; preview the labeling functions on rows of this input, "
        "or move the bound"
    )


def test_one_labeling_function_can_be_held_to_bounds() -> None:
    assert Coverage(min=0.2, lf="link").check(FACTS).passed
    assert not Coverage(max=0.2, lf="link").check(FACTS).passed


def test_a_star_holds_every_labeling_function_to_the_bounds() -> None:
    finding = Coverage(min=0.05, lf="*").check(FACTS)

    assert not finding.passed
    assert finding.value == 0.01
    assert "coverage of begging is 0.01, below min 0.05" in finding.message
    assert "link" not in finding.message
    assert Coverage(min=0.01, max=0.3, lf="*").check(FACTS).passed


def test_the_value_is_the_share_furthest_outside() -> None:
    facts = replace(FACTS, functions={"a": {"coverage": 0.1}, "b": {"coverage": 0.9}})

    assert Coverage(min=0.2, max=0.5, lf="*").check(facts).value == 0.9


def test_an_unknown_labeling_function_is_named_with_the_nearest() -> None:
    with pytest.raises(BadParameter, match="did you mean 'begging'"):
        Coverage(min=0.1, lf="beging").check(FACTS)


def test_no_readable_row_means_no_coverage() -> None:
    facts = replace(FACTS, rows_in=2, status={"error": 2})

    assert not Coverage(min=0.1).check(facts).passed


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "min"),
        ({"min": 50}, "min"),
        ({"max": -0.1}, "max"),
        ({"min": float("nan")}, "min"),
        ({"min": 0.9, "max": 0.8}, "min"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Coverage(**parameters)

    assert caught.value.field == field
