import pyarrow as pa
import pytest

from labelmill.checks.null_text import NullText
from labelmill.core.facts import Facts, SourceFacts
from labelmill.core.tables import HeldTables
from labelmill.errors import BadParameter

LABELS = pa.table({"text": ["fine", None, "\u00a0\n", "good"]})
LOST = pa.table(
    {
        "lf": [None, None, None, "loud"],
        "message": ["body is null", "body: invalid UTF-8 at byte 3", "id is null", "body is null"],
    }
)
TABLES = HeldTables({"labels": LABELS, "quarantine": LOST})
FACTS = Facts(10, {}, {}, {}, (), {}, tables=TABLES, source=SourceFacts("id", "body"))


def test_texts_that_are_null_unreadable_or_blank_count() -> None:
    finding = NullText(max=0.2).check(FACTS)

    assert (finding.passed, finding.value) == (False, 0.3)
    assert finding.message.startswith(
        "3 of 10 rows have no text (2 null or unreadable, 1 blank), above max 0.2;"
    )
    assert NullText(max=0.3).check(FACTS).passed


def test_blank_texts_can_be_left_out() -> None:
    assert NullText(max=0.2, blank=False).check(FACTS).value == 0.2


def test_a_share_above_1_is_refused() -> None:
    with pytest.raises(BadParameter, match="write a share"):
        NullText(max=2)
