from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from labelmill.config import check_columns
from labelmill.config.spec import Job

Load = Callable[..., Job]

SCHEMA = pa.schema([("key", pa.int64()), ("body", pa.string()), ("lang", pa.string())])


def said(found: Job, schema: pa.Schema, root: Path) -> list[str]:
    return [str(problem).removeprefix(f"{root}/") for problem in check_columns(found, schema)]


def test_a_source_that_has_everything_has_no_problems(job: Load) -> None:
    assert check_columns(job(), SCHEMA) == []


def test_a_column_that_stands_twice_is_told(job: Load, tmp_path: Path) -> None:
    (problem,) = said(job(), SCHEMA.append(pa.field("body", pa.string())), tmp_path)

    assert "the column 'body' stands twice in the source" in problem


def test_every_missing_column_is_told_at_its_place(job: Load, tmp_path: Path) -> None:
    found = job(
        "  - {name: short, type: expression, label: ham, when: 'star > 1 and n_words < 5'}\n"
        "  - {name: w, type: votes, column: vote, functions: [a, b], labels: [ham, spam]}\n",
        overrides=["source.carry=[lang, lag]", "source.where=\"lng == 'en'\"", "source.gold=g"],
    )

    schema = SCHEMA.append(pa.field("stars", pa.int8()))
    known = "(known: body, key, lang, stars)"
    near = "(did you mean 'lang'?)"
    function = "configs/demo.yaml:{}: error[column] labeling_functions.{}: '{}' needs the column"
    assert said(found, schema, tmp_path) == [
        f"--set source.gold: error[column] source.gold: no column 'g' in the source {known}",
        f"--set source.carry: error[column] source.carry.1: no column 'lag' in the source {near}",
        f"--set source.where: error[column] source.where: no column 'lng' in the source {near}",
        function.format("8:55", "2.when", "short")
        + " 'star', which is not in the source (did you mean 'stars'?)",
        function.format("9:36", "3.column", "w.a") + f" 'vote', which is not in the source {known}",
        function.format("9:36", "3.column", "w.b") + f" 'vote', which is not in the source {known}",
    ]


@pytest.mark.parametrize(
    ("column", "kind"),
    [("key", pa.float64()), ("body", pa.int64()), ("body", pa.list_(pa.string()))],
)
def test_a_column_of_the_wrong_type_is_told(job: Load, column: str, kind: pa.DataType) -> None:
    schema = SCHEMA.set(SCHEMA.get_field_index(column), pa.field(column, kind))

    problems = check_columns(job(), schema)

    assert len(problems) == 1
    assert f"the column '{column}' holds {kind}" in problems[0].message


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_every_kind_of_string_is_a_text(job: Load, kind: pa.DataType) -> None:
    assert check_columns(job(), SCHEMA.set(1, pa.field("body", kind))) == []


def test_gold_is_spans_in_ner(job: Load) -> None:
    base = (
        "version: 1\nname: news\ntask: {type: ner, labels: [ORG, PERSON]}\n"
        "source: {path: data/rows, id: key, text: body, gold: lang}\n"
        "labeling_functions: [{name: x, type: regex, label: ORG, pattern: x}]\n"
    )
    spans = pa.list_(
        pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())])
    )

    found = job(base=base)

    assert "expected a list of spans" in check_columns(found, SCHEMA)[0].message
    assert check_columns(found, SCHEMA.set(2, pa.field("lang", spans))) == []


def test_a_hive_key_need_not_be_in_the_files(job: Load) -> None:
    found = job(overrides=["source.partition=date", "source.carry=[date]"])

    assert check_columns(found, SCHEMA) == []


def test_without_the_file_problems_have_no_line(job: Load, tmp_path: Path) -> None:
    found = job()
    (tmp_path / "configs/demo.yaml").unlink()

    problems = check_columns(found, SCHEMA.remove(1))

    assert [problem.line for problem in problems] == [0]


def test_id_and_text_are_read_under_these_names_alone(job: Load) -> None:
    body = "  - {name: long, type: expression, label: ham, when: 'contains(body, 1)'}\n"

    problems = check_columns(job(body, overrides=["source.where='key > 1'"]), SCHEMA)

    assert [problem.message for problem in problems] == [
        "the column 'key' is called `id` here, as source.id says",
        "the column 'body' is called `text` here, as source.text says",
    ]


@pytest.mark.parametrize(("kind", "fits"), [(pa.int8(), True), (pa.float64(), False)])
def test_gold_labels_are_names_or_indices(job: Load, kind: pa.DataType, *, fits: bool) -> None:
    problems = check_columns(job(overrides=["source.gold=g"]), SCHEMA.append(pa.field("g", kind)))

    assert (problems == []) is fits
