from dataclasses import replace
from typing import Any

import pytest

from labelmill.checks.gold_agreement import GoldAgreement
from labelmill.core.facts import Facts
from labelmill.errors import BadParameter

FACTS = Facts(100, {}, {}, {}, (), {})
TEXTS: dict[str, Any] = {
    "right": 90,
    "wrong": 10,
    "accuracy": 0.9,
    "confusion": [
        {"gold": "ham", "label": "ham", "texts": 90},
        {"gold": "spam", "label": "ham", "texts": 10},
    ],
}
SPANS = {"right": 8, "found": 10, "wanted": 16, "precision": 0.8, "recall": 0.5, "f1": 0.6154}
SEVERAL = {"right": 6, "wrong": 4, "exact_match": 0.6, "micro": {"f1": 0.7}, "macro_f1": 0.5}


@pytest.mark.parametrize(
    ("gold", "metric", "score"),
    [
        (TEXTS, None, 0.9),
        (TEXTS, "macro_f1", (180 / 190) / 2),
        (SPANS, None, 0.6154),
        (SEVERAL, None, 0.7),
        (SEVERAL, "macro_f1", 0.5),
        (SEVERAL, "accuracy", 0.6),
    ],
)
def test_the_score_is_that_of_the_task(gold: dict[str, Any], metric: Any, score: float) -> None:
    facts = replace(FACTS, report={"gold": gold})

    assert GoldAgreement(min=0.1, metric=metric).check(facts).value == pytest.approx(score)
    assert GoldAgreement(min=score - 0.01, metric=metric).check(facts).passed
    assert not GoldAgreement(min=score + 0.01, metric=metric).check(facts).passed


def test_the_gold_of_its_own_is_asked_for_only_where_it_is_wanted() -> None:
    facts = replace(FACTS, report={"gold": TEXTS}, gold_of_job=lambda: SPANS)

    finding = GoldAgreement(min=0.7, on="gold").check(facts)

    assert finding.message.startswith("f1 on gold is 0.6154 (16 judged), below min 0.7;")


def test_too_few_rows_to_judge_fail() -> None:
    nothing: dict[str, Any] = {"right": 0, "wrong": 0, "accuracy": None, "confusion": []}

    assert not GoldAgreement(min=0).check(replace(FACTS, report={"gold": nothing})).passed
    finding = GoldAgreement(min=0.5, min_rows=101).check(replace(FACTS, report={"gold": TEXTS}))
    assert finding.message.startswith("100 judged on source.gold, wanted at least 101;")


@pytest.mark.parametrize(
    ("gold", "metric", "field"), [(None, None, "on"), (SPANS, "accuracy", "metric")]
)
def test_what_the_job_does_not_have_is_refused(gold: Any, metric: Any, field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        GoldAgreement(min=0.5, metric=metric).check(replace(FACTS, report={"gold": gold}))

    assert caught.value.field == field


@pytest.mark.parametrize("parameters", [{"min": 90}, {"min": 0.9, "min_rows": 0}])
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        GoldAgreement(**parameters)
