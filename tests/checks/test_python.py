from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from labelmill.checks.python import Python
from labelmill.core.facts import Facts, Finding, Past
from labelmill.core.tables import HeldTables
from labelmill.errors import BadParameter, BadResource

CODE = '''
"""Checks of this project."""
import numpy as np


def enough(view, *, least=2):
    return view.facts["totals"]["rows_in"] >= least


def plain(view):
    worst = [t for b in view.tables.batches("train", ["text"]) for t in b["text"].to_pylist() if "@" in t]
    return f"{len(worst)} texts hold an address" if worst else np.bool_(True)


def raising(view):
    return view.facts["no such key"]


def silent(view):
    view.facts["totals"]["rows_in"]


def spoiling(view):
    view.facts["totals"]["rows_in"] = 0
    return True


def like_before(view):
    return len(view.past) == 2 and view.past[0]["job"] == "b"


def misnaming(view):
    return bool(view.tables.table("trian"))


def other_column(view):
    return not any(batch["txt"] for batch in view.tables.batches("train", ["txt"]))


def other_column_of_all(view):
    return view.tables.table("train", ["txt"]).num_rows == 0
'''  # noqa: E501


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a file of checks."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "own.py").write_text(CODE)
    return tmp_path


def asked(root: Path, name: str, **parameters: Any) -> Finding:
    train = pa.table({"text": ["fine", "me@home"]})
    past = tuple(Past(job, None, {"job": job}) for job in "bac")
    report = {"totals": {"rows_in": 3}}
    tables = HeldTables({"train": train})
    facts = Facts(3, {}, {}, {}, (), {}, report=report, tables=tables, root=root, past=past)
    finding = Python(f"checks/own.py:{name}", **parameters).check(facts)
    assert report == {"totals": {"rows_in": 3}}
    return finding


def test_true_passes_and_false_fails(root: Path) -> None:
    yes = asked(root, "enough")
    no = asked(root, "enough", params={"least": 4})

    assert (yes.passed, yes.value, yes.message) == (True, 0, "checks/own.py:enough says yes")
    assert (no.passed, no.value, no.message) == (False, 1, "checks/own.py:enough says no")


def test_a_message_fails_and_is_what_is_told(root: Path) -> None:
    finding = asked(root, "plain")

    assert (finding.passed, finding.message) == (False, "1 texts hold an address")


def test_an_error_fails_the_check_with_file_and_line(root: Path) -> None:
    finding = asked(root, "raising")

    assert not finding.passed
    assert finding.message == (
        "checks/own.py:raising stopped with KeyError at checks/own.py:16: 'no such key'"
    )


def test_no_answer_is_not_taken_for_yes(root: Path) -> None:
    finding = asked(root, "silent")

    assert not finding.passed
    assert "answered None; wanted True, False or a message" in finding.message


def test_what_a_function_does_to_its_facts_reaches_nobody(root: Path) -> None:
    assert asked(root, "spoiling").passed


def test_a_function_sees_as_many_earlier_reports_as_it_asks_for(root: Path) -> None:
    assert asked(root, "like_before", past=2).passed
    assert not asked(root, "like_before").passed


def test_a_table_that_is_not_there_is_named(root: Path) -> None:
    assert "did you mean 'train'" in asked(root, "misnaming").message


def test_it_needs_its_file_and_those_that_it_imports(root: Path) -> None:
    check = Python("checks/own.py:enough", files=("prices.csv",))

    assert check.needs(root).files == ("checks/own.py", "prices.csv")
    assert Python("checks/gone.py:enough").needs(root).files == ("checks/gone.py",)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"function": "checks/own.py"}, "function"),
        ({"function": "checks/own.py:enough", "past": -1}, "past"),
        ({"function": "checks/own.py:enough", "params": {"last": 1}}, "params.last"),
        ({"function": "checks/own.py:CODE", "params": {}}, None),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    root: Path, parameters: dict[str, Any], field: str | None
) -> None:
    with pytest.raises(BadResource if field is None else BadParameter) as caught:
        Python(**parameters).needs(root)

    assert getattr(caught.value, "field", None) == field


@pytest.mark.parametrize("name", ["other_column", "other_column_of_all"])
def test_a_column_that_is_not_there_is_named(root: Path, name: str) -> None:
    finding = asked(root, name)

    assert not finding.passed
    assert "table 'train' has no column 'txt' (did you mean 'text'?)" in finding.message
