from dataclasses import replace

import pyarrow as pa
import pytest

from labelmill.checks.unique_ids import UniqueIds
from labelmill.core.facts import Facts
from labelmill.core.tables import HeldTables
from labelmill.errors import BadParameter

TRAIN, TEST = pa.table({"id": ["a", "b", "b-typos-1"]}), pa.table({"id": ["c"]})
FACTS = Facts(4, {}, {}, {}, (), {}, tables=HeldTables({"train": TRAIN, "test": TEST}))


def test_unique_ids_pass() -> None:
    finding = UniqueIds().check(FACTS)

    assert (finding.passed, finding.value) == (True, 0)


@pytest.mark.parametrize("twice", ["a", "c"])
def test_an_id_that_stands_twice_in_the_splits_always_fails(twice: str) -> None:
    tables = HeldTables({"train": pa.table({"id": ["a", "b", twice, twice]}), "test": TEST})

    finding = UniqueIds(max=9).check(replace(FACTS, tables=tables))

    assert (finding.passed, finding.value) == (False, 1)
    assert finding.message.startswith("1 ids stand twice or more in the splits;")


def test_repeated_ids_of_the_source_count_against_max() -> None:
    facts = replace(FACTS, filtered={"unique_ids": 3, "drop_empty": 5})

    assert UniqueIds(max=3).check(facts).passed
    assert not UniqueIds(max=2).check(facts).passed


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(BadParameter, match="not 0 or more"):
        UniqueIds(max=-1)
