"""The record of a run tells how it ended, whatever happens last."""

import json

import pytest
from tests.pipeline.conftest import Project

from labelmill.errors import OutputFailed
from labelmill.pipeline.record import Record
from labelmill.pipeline.telling import Telling


def status_and_code(project: Project, record: Record) -> tuple[str, int]:
    told = json.loads((project.root / ".labelmill/runs" / record.id / "run.json").read_bytes())
    return told["status"], told["exit_code"]


def test_what_fails_after_a_good_end_is_in_the_record(project: Project) -> None:
    job = project.job()
    record = Record.of(job, "run")
    telling = Telling(job, record)

    def ends_well_and_then_fails() -> None:
        with telling.failing(), telling.failing():
            telling.started()
            record.close("published")
            assert status_and_code(project, record) == ("published", 0)
            raise OutputFailed("the store is gone")

    with pytest.raises(OutputFailed):
        ends_well_and_then_fails()

    assert status_and_code(project, record) == ("failed", OutputFailed.exit_code)
