from dataclasses import replace

import pytest

from labelmill.checks.leakage import Leakage
from labelmill.core.facts import Facts, NearDuplicates
from labelmill.errors import BadParameter

FACTS = Facts(rows_in=9, status={}, classes={}, splits={}, leaks=(), functions={})


def test_no_leak_passes() -> None:
    finding = Leakage().check(FACTS)

    assert (finding.passed, finding.value) == (True, 0)


def test_leaks_fail_and_the_first_are_named() -> None:
    leaks = tuple(f"id c{n}" for n in range(7))

    finding = Leakage().check(replace(FACTS, leaks=leaks))

    assert (finding.passed, finding.value) == (False, 7)
    assert finding.message == (
        "the splits are not apart: id c0, id c1, id c2, id c3, id c4, ...; set `split.group` so "
        "that they stay together, or change the augment step that makes one text into another"
    )


def test_near_duplicates_are_counted_only_where_they_are_asked_for() -> None:
    facts = replace(FACTS, near=NearDuplicates(rows=40, found=3))

    assert Leakage().check(facts).passed
    finding = Leakage(near_duplicates=True).check(facts)

    assert (finding.passed, finding.value) == (False, 3)
    assert "3 of 40 rows of dev and test have a near duplicate in an earlier" in finding.message


def test_a_share_of_near_duplicates_can_be_allowed() -> None:
    facts = replace(FACTS, near=NearDuplicates(rows=40, found=2))

    assert Leakage(near_duplicates=True, max_near=0.05).check(facts).passed
    assert not Leakage(near_duplicates=True, max_near=0.04).check(facts).passed


def test_a_share_without_counting_is_refused() -> None:
    with pytest.raises(BadParameter, match="near_duplicates: true"):
        Leakage(max_near=0.1)
