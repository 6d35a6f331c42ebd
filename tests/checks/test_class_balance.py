from dataclasses import replace
from typing import Any

import pytest

from labelmill.checks.class_balance import ClassBalance
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(
    rows_in=10,
    status={"labeled": 10},
    classes={"ham": 7, "spam": 3, "phish": 0},
    splits={"train": 10},
    leaks=(),
    functions={},
)


def test_one_number_holds_for_every_label_also_those_never_given() -> None:
    finding = ClassBalance(min=0.1).check(FACTS)

    assert not finding.passed
    assert finding.value == 0
    assert finding.message.startswith("label phish has share 0 (0 of 10), below min 0.1; look at")


def test_a_map_holds_only_for_its_labels() -> None:
    assert ClassBalance(min={"spam": 0.3}, max={"ham": 0.7}).check(FACTS).passed
    assert not ClassBalance(max={"ham": 0.6}).check(FACTS).passed


def test_a_label_that_the_facts_do_not_know_was_never_given() -> None:
    finding = ClassBalance(min={"scam": 0.1}).check(FACTS)

    assert not finding.passed
    assert "label scam has share 0 (0 of 10)" in finding.message


def test_drift_is_the_largest_distance_from_the_expected_share() -> None:
    expected = {"ham": 0.5, "spam": 0.5}

    finding = ClassBalance(expected=expected, max_drift=0.1).check(FACTS)

    assert not finding.passed
    assert finding.value == pytest.approx(0.2)
    assert "label ham has share 0.7 (7 of 10), 0.2 away from the expected 0.5" in finding.message
    assert ClassBalance(expected=expected, max_drift=0.2).check(FACTS).passed


def test_without_expected_shares_all_labels_are_expected_equally_often() -> None:
    facts = replace(FACTS, classes={"ham": 6, "spam": 4})

    finding = ClassBalance(max_drift=0.2).check(facts)

    assert finding.passed
    assert finding.value == pytest.approx(0.1)
    assert finding.message == "all labels keep their bounds; the largest drift is 0.1"


def test_nothing_labeled_fails() -> None:
    finding = ClassBalance(max=1.0).check(replace(FACTS, classes={"ham": 0}))

    assert not finding.passed
    assert finding.message.startswith("nothing was labeled")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "max_drift"),
        ({"min": 2.0}, "min"),
        ({"min": {"ham": -1.0}}, "min.ham"),
        ({"min": {"ham": 0.9}, "max": {"ham": 0.1}}, "min.ham"),
        ({"min": 0.9, "max": {"ham": 0.1}}, "min.ham"),
        ({"min": {"ham": 0.9, "spam": 0.9}}, "min"),
        ({"max_drift": 2.0}, "max_drift"),
        ({"expected": {"ham": 1.0}}, "max_drift"),
        ({"expected": {"ham": 0.4}, "max_drift": 0.1}, "expected"),
        ({"expected": {"ham": 1.5, "spam": -0.5}, "max_drift": 0.1}, "expected"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        ClassBalance(**parameters)

    assert caught.value.field == field
