from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from labelmill.checks.end_model import EndModel
from labelmill.core.facts import Facts, GoldAsk, GoldTexts
from labelmill.core.tables import HeldTables
from labelmill.errors import BadParameter

SPAM = [f"buy cheap gold number {n}" for n in range(20)]
HAM = [f"what a lovely song number {n}" for n in range(20)]
GOLD = GoldTexts(("cheap gold here", "a lovely song", "buy"), ("spam", "ham", "spam"))


def facts(labels: list[Any], gold: GoldTexts | None = GOLD, key: str = "label") -> Facts:
    train = pa.table(
        {
            "id": [f"r{n}" for n in range(len(labels))],
            "text": (SPAM + HAM)[: len(labels)],
            key: labels,
            "weight": [0.9] * len(labels),
        }
    )
    tables = HeldTables({"train": train})
    several = key == "labels"
    made = Facts(len(labels), {}, {}, {}, (), {}, several, tables=tables)
    return replace(made, gold_texts=lambda _: gold)


RIGHT = ["spam"] * 20 + ["ham"] * 20
WRONG = ["ham"] * 20 + ["spam"] * 20


def test_a_training_set_with_right_labels_passes_and_one_with_wrong_ones_fails() -> None:
    good, bad = EndModel(min=0.9).check(facts(RIGHT)), EndModel(min=0.9).check(facts(WRONG))

    assert (good.passed, good.value) == (True, 1)
    assert (bad.passed, bad.value) == (False, 0)
    assert bad.message.startswith(
        "accuracy of a model of 40 rows is 0 on 3 gold texts, below min 0.9;"
    )


def test_characters_are_read_where_they_are_asked_for() -> None:
    assert EndModel(min=0.9, grams="characters").check(facts(RIGHT)).passed


def test_a_text_can_have_several_labels_or_none() -> None:
    labels = [["spam", "loud"]] * 20 + [["ham"]] * 19 + [[]]
    gold = GoldTexts(GOLD.texts, (frozenset({"spam", "loud"}), frozenset({"ham"}), frozenset()))

    finding = EndModel(min=0.6).check(facts(labels, gold, "labels"))

    assert finding.value == pytest.approx(2 / 3)
    assert EndModel(min=0.6, metric="macro_f1").check(facts(labels, gold, "labels")).value > 0.7


def test_rows_of_train_that_stand_in_gold_teach_nothing() -> None:
    gold = GoldTexts((SPAM[0].upper() + " ",), ("spam",))

    assert "a model of 39 rows" in EndModel(min=0).check(facts(RIGHT, gold)).message
    everything = GoldTexts(tuple(SPAM + HAM), tuple(RIGHT))
    assert not EndModel(min=0).check(facts(RIGHT, everything)).passed


def test_of_many_rows_always_the_same_are_taken_in_whatever_order_they_come() -> None:
    made = facts(RIGHT)
    train = made.tables.table("train")
    turned = replace(made, tables=HeldTables({"train": train.take(list(range(39, -1, -1)))}))
    check = EndModel(min=0, max_rows=7)

    assert "a model of 7 rows" in check.check(made).message
    assert check.check(turned).value == check.check(made).value


def test_a_training_set_of_one_label_can_say_nothing_else() -> None:
    assert EndModel(min=0).check(facts(["spam"] * 40)).value == pytest.approx(2 / 3)


def test_too_little_gold_fails() -> None:
    assert not EndModel(min=0, min_rows=4).check(facts(RIGHT)).passed


def test_the_gold_is_that_of_its_path() -> None:
    asked: list[GoldAsk] = []

    def shelf(ask: GoldAsk) -> GoldTexts:
        asked.append(ask)
        return GOLD

    made = replace(facts(RIGHT), gold_texts=shelf)

    assert EndModel(min=0.5, path="gold.parquet", label="y").check(made).passed
    assert asked == [GoldAsk("gold.parquet", "text", "y")]
    assert EndModel(min=0.5, path="gold.parquet").needs(made.root).files == ("gold.parquet",)


def test_without_gold_it_is_refused() -> None:
    with pytest.raises(BadParameter, match="name a labeled set"):
        EndModel(min=0.5).check(facts(RIGHT, None))


@pytest.mark.parametrize("parameters", [{"min": 2}, {"min": 0.5, "max_rows": 0}])
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        EndModel(**parameters)
