"""Gold is read to measure, and functions never see it."""

import numpy as np
import pyarrow as pa
import pytest
from tests.pipeline.conftest import Project

from labelmill.core.labels import LabelSpace
from labelmill.errors import BadColumn, LabelmillError
from labelmill.pipeline.gold import gold_labels, gold_spans, judge_entities, judge_labels

SPACE = LabelSpace(("ham", "spam"))
SURE = np.array([0.9, 0.6, 0.5, 0.8], dtype=np.float32)


def test_gold_holds_names_or_indices_and_null_is_none() -> None:
    names = gold_labels("gold", pa.array(["spam", None, "ham"]), SPACE)
    numbers = gold_labels("gold", pa.array([1, -1, 0]), SPACE)

    assert names.tolist() == numbers.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array(["spm"]), "row 0 holds 'spm'.*did you mean 'spam'"),
        (pa.array([0, 2]), "row 1 holds 2, but indices go from 0 to 1"),
        (pa.array([0.5]), "double"),
    ],
)
def test_gold_of_another_kind_names_the_row(column: pa.Array, said: str) -> None:
    with pytest.raises(BadColumn, match=said):
        gold_labels("gold", column, SPACE)


def test_gold_spans_name_their_row_when_the_label_is_unknown() -> None:
    column = pa.array([[], [{"start": 0, "end": 1, "label": "egg"}]])

    with pytest.raises(BadColumn, match="row 1 has a span of 'egg'"):
        gold_spans("gold", column, SPACE)


@pytest.mark.parametrize("span", [None, {"start": 0, "end": None, "label": "ham"}])
def test_gold_spans_without_bounds_name_their_row(project: Project, span: object) -> None:
    kind = pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string()})
    column = pa.array([[span]], pa.list_(kind))
    with pytest.raises(BadColumn, match="row 0 holds"):
        gold_spans("gold", column, SPACE)

    project.write(pa.table({"id": [1], "text": ["buy  now"], "gold": column}))
    project.configure(
        task={"type": "ner", "labels": ["ham", "spam"]},
        source={"path": "input", "id": "id", "text": "text", "gold": "gold"},
        prepare=[{"type": "whitespace"}],
    )

    assert project.run().snapshots[0].report["spans_lost"] == 1


def test_texts_without_a_label_or_gold_do_not_count() -> None:
    judged = judge_labels(["ham", "spam", None, "ham"], SURE, np.array([0, 0, 1, -1]), SPACE)

    assert (judged.right, judged.wrong) == (1, 1)
    assert judged.confusion == {("ham", "ham"): 1, ("ham", "spam"): 1}
    assert judged.reliability.n_items == 2
    assert judged.reliability.error == pytest.approx((0.1 + 0.6) / 2)


def test_entities_count_by_exact_bounds_and_label() -> None:
    spans = [(0, 2, "ham", 0.95), (3, 5, "spam", 0.7)]
    found = [[dict(zip(("start", "end", "label", "confidence"), s, strict=True)) for s in spans]]

    judged = judge_entities(found, ["labeled"], [{(0, 2, 0), (3, 5, 0)}], SPACE)

    assert (judged.right, judged.found, judged.wanted) == (1, 2, 2)
    assert judged.reliability.error == pytest.approx((0.05 + 0.7) / 2)


def test_a_function_cannot_read_the_gold_column(project: Project) -> None:
    project.write({"id": [1, 2], "text": ["buy", "song"], "gold": ["spam", "ham"], "n": [1, 2]})
    (project.root / "lfs.py").write_text(
        "from snorkel.labeling import labeling_function\n\n\n"
        "@labeling_function()\ndef cheat(x):\n    return 1 if x.gold == 'spam' else 0\n"
    )
    project.configure(
        source={"path": "input", "id": "id", "text": "text", "gold": "gold"},
        labeling_functions=[{"name": "cheat", "type": "snorkel", "function": "lfs.py:cheat"}],
    )

    with pytest.raises(LabelmillError, match="'cheat' failed on 2 of 2 rows"):
        project.run()


def test_the_report_holds_labels_against_gold(project: Project) -> None:
    project.write({"id": [1, 2, 3], "text": ["buy", "song", "buy it"], "g": ["spam", "ham", "ham"]})
    project.configure(source={"path": "input", "id": "id", "text": "text", "gold": "g"})

    report = project.run().snapshots[0].report

    assert report["gold"]["accuracy"] == pytest.approx(2 / 3)
    assert report["gold"]["calibration_error"] == pytest.approx(1 / 3)
    assert [row["items"] for row in report["gold"]["reliability"]] == [3]
    assert [(f["correct"], f["incorrect"]) for f in report["functions"]] == [(1, 1), (1, 0)]
