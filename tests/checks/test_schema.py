from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from labelmill.checks.schema import FAMILIES, Schema
from labelmill.core.facts import Facts, SourceFacts
from labelmill.core.tables import HeldTables
from labelmill.errors import BadParameter

TRAIN = pa.table({"id": ["a"], "stars": [5], "probs": [[0.5, 0.5]]})
FACTS = Facts(1, {}, {}, {}, (), {}, tables=HeldTables({"train": TRAIN}))


def test_families_and_exact_types_fit() -> None:
    columns = {"id": "string", "stars": "int64", "probs": "list"}

    assert Schema(columns, others="refuse").check(FACTS).passed


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (Schema({"star": "any"}), "train: no column star (did you mean 'stars'?)"),
        (Schema({"stars": "int32"}), "train: the column stars holds int64, wanted int32"),
        (Schema({"stars": "string"}), "the column stars holds int64, wanted string"),
        (
            Schema({"id": "string", "stars": "any"}, others="refuse"),
            "the column probs is not among those that are wanted",
        ),
    ],
)
def test_what_is_not_as_wanted_is_named(check: Schema, told: str) -> None:
    finding = check.check(FACTS)

    assert (finding.passed, finding.value) == (False, 1)
    assert told in finding.message


def test_every_file_of_the_source_is_looked_at() -> None:
    files = {"a.parquet": pa.schema([("n", pa.int64())]), "b.parquet": pa.schema([])}
    check = Schema({"n": "integer"}, of="source")

    finding = check.check(replace(FACTS, source=SourceFacts(files=files)))

    assert check.looks_at_source
    assert finding.message.startswith("b.parquet: no column n")


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("string", pa.dictionary(pa.int8(), pa.large_string())),
        ("integer", pa.uint8()),
        ("float", pa.float32()),
        ("number", pa.int16()),
        ("boolean", pa.bool_()),
        ("time", pa.timestamp("us", "UTC")),
        ("time", pa.date32()),
        ("list", pa.large_list(pa.string())),
        ("struct", pa.struct([("a", pa.int8())])),
        ("any", pa.null()),
    ],
)
def test_a_family_holds_its_types(family: str, kind: pa.DataType) -> None:
    assert FAMILIES[family](kind)
    assert not FAMILIES[family](pa.null()) or family == "any"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({"columns": {}}, "columns"), ({"columns": {"a": "strin"}}, "columns.a")],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Schema(**parameters)

    assert caught.value.field == field
