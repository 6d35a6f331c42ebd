"""Every check has facts that make it fail and facts that let it pass; none can be forgotten."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from labelmill import kinds
from labelmill.core.facts import Facts, GoldTexts, NearDuplicates, Past
from labelmill.core.registry import REGISTRIES
from labelmill.core.tables import HeldTables

kinds.announce_all()
CHECKS = REGISTRIES["checks"]

ROWS = 200
TRAIN = {"id": ["a", "b"], "text": ["buy gold now", "nice song"], "label": ["spam", "ham"]}
REPORT: dict[str, Any] = {
    "labels": ["ham", "spam"],
    "totals": {"status": {"labeled": 160, "uncovered": 40}, "coverage": 0.8},
    "classes": {"ham": 100, "spam": 60},
    "functions": [{"lf": "buy", "coverage": 0.8, "conflicts": 0.1, "errors": 0}],
    "measures": {"text_length": {"mean": 9.0, "by_size": [0, 0, 0, 200]}, "mean_confidence": 0.9},
    "gold": {"right": 90, "wrong": 10, "accuracy": 0.9, "confusion": []},
}


def _tables(**columns: Any) -> HeldTables:
    return HeldTables({"train": pa.table(TRAIN | {"weight": [1.0, 1.0]} | columns)})


def _spans(start: int, end: int) -> HeldTables:
    return _tables(entities=[[{"start": start, "end": end, "label": "ORG"}], []])


GOOD = Facts(
    rows_in=ROWS,
    status={"labeled": 160, "uncovered": 40, "filtered": 0},
    classes={"ham": 100, "spam": 60},
    splits={"train": 160, "dev": 0, "test": 0},
    leaks=(),
    functions={row["lf"]: row for row in REPORT["functions"]},
    report=REPORT,
    tables=_tables(),
    past=tuple(Past(f"s{n}", None, REPORT, {"buy": {"type": "t"}}) for n in range(3)),
    fingerprints={"buy": {"type": "t"}},
    near=NearDuplicates(20, 0),
    gold_texts=lambda _: GoldTexts(("buy it now", "a song"), ("spam", "ham")),
)
"""A snapshot that every check below lets pass."""


def _changed(**parts: Any) -> dict[str, Any]:
    return REPORT | parts


SPAN = replace(GOOD, classes={"ORG": 1}, tables=_spans(0, 3))
LONG = {"mean_confidence": 0.4, "text_length": REPORT["measures"]["text_length"]}
BLANK = HeldTables({"labels": pa.table({"text": ["fine", " "]})})
Case = tuple[dict[str, Any], Facts, Facts]
"""The parameters of a check, facts that it passes on, and facts that it fails on."""

CASES: dict[str, Case] = {
    "abstain_rate": ({"max": 0.2}, GOOD, replace(GOOD, status={"labeled": 1, "uncovered": 199})),
    "class_balance": ({"min": 0.3}, GOOD, replace(GOOD, classes={"ham": 199, "spam": 1})),
    "conflict": ({"max": 0.1}, GOOD, replace(GOOD, functions={"buy": {"conflicts": 0.11}})),
    "coverage": ({"min": 0.8}, GOOD, replace(GOOD, status={"labeled": 159, "uncovered": 41})),
    "drift": ({}, GOOD, replace(GOOD, report=_changed(measures=LONG))),
    "end_model": (
        {"min": 0.9},
        GOOD,
        replace(GOOD, gold_texts=lambda _: GoldTexts(("buy it now",), ("ham",))),
    ),
    "error_budget": ({"max": 0.0}, GOOD, replace(GOOD, quarantined=1)),
    "gold_agreement": (
        {"min": 0.9},
        GOOD,
        replace(
            GOOD,
            report=_changed(gold={"right": 89, "wrong": 11, "accuracy": 0.89, "confusion": []}),
        ),
    ),
    "leakage": ({"near_duplicates": True}, GOOD, replace(GOOD, near=NearDuplicates(20, 1))),
    "null_text": ({}, GOOD, replace(GOOD, tables=BLANK)),
    "python": ({"function": "own.py:enough"}, GOOD, replace(GOOD, report=_changed(labels=[]))),
    "row_count": ({"min": 160}, GOOD, replace(GOOD, splits={"train": 159})),
    "schema": ({"columns": {"label": "string"}}, GOOD, replace(GOOD, tables=_tables(label=[1, 2]))),
    "span_validity": ({}, SPAN, replace(SPAN, tables=_spans(0, 99))),
    "unique_ids": ({}, GOOD, replace(GOOD, tables=_tables(id=["a", "a"]))),
}


def test_there_is_a_case_for_every_check() -> None:
    assert set(CASES) == set(CHECKS)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_it_fails_on_what_is_wrong_and_passes_on_what_is_right(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.py").write_text(
        "def enough(view):\n    return len(view.facts['labels']) > 1\n"
    )
    parameters, good, bad = CASES[name]
    make: Callable[..., Any] = CHECKS.get(name)
    check = make(**parameters)

    passes, fails = (check.check(replace(facts, root=tmp_path)) for facts in (good, bad))

    assert (passes.passed, fails.passed) == (True, False), (passes.message, fails.message)
    assert passes.message
    assert fails.message
    assert passes.message != fails.message


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_it_can_look_at_a_snapshot_of_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.py").write_text(
        "def enough(view):\n    return len(view.facts['labels']) > 1\n"
    )
    parameters, good, _ = CASES[name]
    nothing = {"labels": ["ham", "spam"], "totals": {"status": {}, "coverage": 0.0}}
    report = _changed(
        **nothing,
        classes={"ham": 0, "spam": 0},
        functions=[{"lf": "buy", "coverage": 0.0, "conflicts": 0.0, "errors": 0}],
        gold={"right": 0, "wrong": 0, "accuracy": None, "confusion": []},
        measures={
            "text_length": {"mean": None, "by_size": [0, 0, 0, 0]},
            "mean_confidence": None,
        },
    )
    empty = pa.table(TRAIN | {"weight": [1.0, 1.0], "entities": [[], []]}).slice(0, 0)
    facts = replace(
        good,
        rows_in=0,
        status={},
        classes={"ham": 0, "spam": 0},
        splits={"train": 0, "dev": 0, "test": 0},
        functions={row["lf"]: row for row in report["functions"]},
        report=report,
        tables=HeldTables({"train": empty, "labels": empty}),
        near=NearDuplicates(),
        root=tmp_path,
    )
    make: Callable[..., Any] = CHECKS.get(name)

    finding = make(**parameters).check(facts)

    assert finding.message
    assert finding.value == finding.value, "no number"
