from dataclasses import replace

from labelmill.checks.leakage import Leakage
from labelmill.core.facts import Facts

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
