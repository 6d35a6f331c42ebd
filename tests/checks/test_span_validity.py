from typing import Any

import pyarrow as pa
import pytest

from labelmill.checks.span_validity import SpanValidity
from labelmill.core.facts import Facts
from labelmill.core.tables import HeldTables

TEXT = "Acme Ltd and Bolt Inc rose"


def facts(*spans: tuple[int, int, str], text: str = TEXT, table: str = "train") -> Facts:
    entities = [{"start": s, "end": e, "label": label} for s, e, label in spans]
    row: dict[str, list[Any]] = {"id": ["n1"], "text": [text], "entities": [entities]}
    tables = HeldTables({table: pa.table(row)})
    return Facts(1, {}, {"ORG": 1, "PERSON": 0}, {}, (), {}, tables=tables)


def test_proper_spans_pass_also_where_they_touch() -> None:
    finding = SpanValidity().check(facts((0, 8, "ORG"), (13, 21, "ORG"), (8, 8 + 4, "PERSON")))
    good = SpanValidity().check(facts((0, 4, "ORG"), (5, 8, "PERSON"), (13, 21, "ORG")))

    assert not finding.passed  # " and" is not trimmed
    assert (good.passed, good.message) == (True, "all 3 entities lie in their texts as they should")


@pytest.mark.parametrize(
    ("span", "fault"),
    [
        ((13, 99, "ORG"), "not inside its text"),
        ((-1, 4, "ORG"), "not inside its text"),
        ((4, 4, "ORG"), "not inside its text"),
        ((4, 8, "ORG"), "not trimmed"),
        ((0, 4, "PLACE"), "of an unknown label"),
    ],
)
@pytest.mark.parametrize("table", ["labels", "train", "dev", "test"])
def test_what_is_wrong_with_a_span_is_said(
    span: tuple[int, int, str], fault: str, table: str
) -> None:
    finding = SpanValidity().check(facts(span, table=table))

    assert (finding.passed, finding.value) == (False, 1)
    assert f"(1 {fault}): {table} row n1, {span[2]} from {span[0]} to {span[1]}" in finding.message


def test_spans_that_overlap_fail_whatever_their_order() -> None:
    finding = SpanValidity().check(facts((5, 12, "ORG"), (0, 8, "ORG")))

    assert "1 overlapping" in finding.message


def test_characters_outside_the_basic_plane_count_once() -> None:
    assert SpanValidity().check(facts((2, 6, "ORG"), text="\U0001f600 Acme")).passed
