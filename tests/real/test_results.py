"""docs/results.md has the shape that the benchmark writes, and its quick rows come out again."""

from pathlib import Path

import pytest
from benchmarks.pages import with_table
from benchmarks.projects import Project
from benchmarks.results import HEADER, MARKS, table_of
from benchmarks.rows import Row

from benchmarks import ner_jobs, text_jobs

BEGIN, END = MARKS
pytestmark = pytest.mark.slow

SPREAD = 2.0
"""Percent points that a figure may move between machines and versions."""


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    """The page of results."""
    return (project_root / "docs" / "results.md").read_text("utf-8")


def cells(page: str) -> dict[tuple[str, str], list[str]]:
    """The cells of each row of the table, by job and label model."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    assert table.startswith(HEADER)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.removeprefix(HEADER).splitlines()
    ]
    return {(row[0], row[3]): row for row in rows}


def test_the_page_has_a_row_for_each_job_and_label_model(page: str) -> None:
    wanted = [(j.name, model["type"]) for j in text_jobs.JOBS for model in text_jobs.LABEL_MODELS]
    wanted += [(job.name, job.label_model) for job in ner_jobs.JOBS]

    table = cells(page)

    assert list(table) == wanted
    assert all(0 < float(score) <= 100 for row in table.values() for score in row[4:])


@pytest.mark.parametrize("name", ["youtube", "sms"])
def test_a_row_of_the_page_comes_out_again(project: Project, page: str, name: str) -> None:
    (job,) = (job for job in text_jobs.JOBS if job.name == name)
    train, test = text_jobs.tables(project, job)
    reference = job.score(text_jobs.answers(train, test, "label"), test["label"].to_pylist())

    row = text_jobs.text_row(project, job, {"type": "majority"}, reference)

    (now,) = cells(BEGIN + table_of([row]) + END).values()
    written = cells(page)[name, "majority"]
    assert now[:4] == written[:4]
    scores = [float(score) for score in now[4:]]
    assert scores == pytest.approx([float(score) for score in written[4:]], abs=SPREAD)


def test_a_new_table_replaces_the_old_one_alone(page: str) -> None:
    row = Row("job", "accuracy", "majority", 1, 2, 3, 40.0, 50.0, 60.0, 70.0, 1.0)

    changed = with_table(page, MARKS, table_of([row]))

    assert cells(changed) == {
        ("job", "majority"): ["job", "accuracy", "1", "majority", "40.0", "50.00", "60.00", "70.00"]
    }
    assert changed.partition(BEGIN)[0] == page.partition(BEGIN)[0]
    assert changed.partition(END)[2] == page.partition(END)[2]


def test_texts_are_kept_out_by_their_hash_alone() -> None:
    apart = [text for text in map(str, range(1000)) if text_jobs.kept_out(text)]

    assert 150 < len(apart) < 250
    assert apart == [text for text in map(str, range(1000)) if text_jobs.kept_out(text)]
