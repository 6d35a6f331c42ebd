"""Errors keep what they say on the way from a worker process."""

from copy import copy

import pytest

from labelmill.errors import (
    BadColumn,
    BadParameter,
    BadResource,
    ChecksFailed,
    ConfigErrors,
    FunctionFailed,
    InputMissing,
    LabelmillError,
    LockHeld,
    NotConserved,
    OutputFailed,
    OverBudget,
    PartlyPublished,
    Problem,
    UsageError,
    WorkersLost,
)

EVERY = [
    BadColumn("part.parquet", "label", "holds int64"),
    BadParameter("any", "give words", code="missing"),
    BadResource("lists/a.csv", "is not CSV", line=3),
    ChecksFailed(["one", "two"]),
    ConfigErrors([Problem("job.yaml", 2, 1, "type", "task", "no such type")]),
    FunctionFailed("it failed"),
    InputMissing("in", "is empty"),
    LockHeld("held"),
    NotConserved("lost"),
    OutputFailed("full"),
    OverBudget("too many"),
    PartlyPublished("one of two"),
    UsageError("no"),
    WorkersLost("gone"),
]


def test_every_kind_of_error_is_tried() -> None:
    declared = {
        kind for kind in LabelmillError.__subclasses__() if kind.__module__ == "labelmill.errors"
    }

    assert {type(error) for error in EVERY} == declared


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_error_passes_between_processes(error: LabelmillError) -> None:
    passed = copy(error)  # by the same means as a process pool

    assert passed is not error
    assert type(passed) is type(error)
    assert str(passed) == str(error)
    assert vars(passed) == vars(error)
    assert passed.exit_code == error.exit_code
