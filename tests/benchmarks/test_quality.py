"""Scores are those of the published protocol; tables and pictures show what was found."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pytest
from benchmarks.charts import Series, dot_chart, panel_chart
from benchmarks.pages import with_table
from benchmarks.projects import Project
from benchmarks.quality import chosen
from benchmarks.quality_models import Found, Model, models, scored
from benchmarks.quality_page import MARKS, PAGE, kept, means, page_text, published, ranks, write
from benchmarks.quality_sets import (
    Documents,
    SpanSet,
    Texts,
    TextSet,
    hashed,
    settled,
    span_sets,
    text_sets,
)

from labelmill.text.language import Language

SNORKELS = [0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1]
"""How snorkel settles twenty ties of two labels."""
SVG = "{http://www.w3.org/2000/svg}"


def texts(n: int = 60) -> Texts:
    gold = np.arange(n) % 2
    wrong = np.arange(n) % 10 == 0
    votes = np.stack([np.where(wrong, 1 - gold, gold), gold, np.full(n, -1)], axis=1)
    return Texts(tuple(f"text {i}" for i in range(n)), votes.astype(np.int8), gold)


@pytest.fixture
def made_up() -> TextSet:
    return TextSet("made up", ("ham", "spam"), "accuracy", texts(), texts(), texts())


@pytest.fixture
def facts() -> dict[str, Any]:
    score = {"score": 80.0, "unguarded": 60.0, "used": "majority", "calibration": None}
    each = {"scores": {"majority": score, "lift": score}, "rows": 3, "same_rows": True}
    sets = {"youtube": each | {"published": {"MV": 84.0}}}
    kind = {"sets": sets, "mean": {"majority": 80.0, "lift": 80.0}, "rank": {"lift": 1.5}}
    scores = {"auto": 85.0, "auto, refined": 88.0, "gold": 92.0}
    valid = {"auto": 90.0, "auto, refined": 89.0}
    ends = [
        {"name": "sms", "metric": "F1", "scores": scores, "valid": valid, "chosen": "auto"},
    ]
    kind["rank"] = {"majority": 1.5, "lift": 1.5}
    return {"split": "test", "texts": kind, "spans": kind, "end_models": ends}


def test_a_tie_and_a_row_without_votes_go_to_a_label_by_the_hash_of_the_row_number() -> None:
    probs = np.array([[0.5, 0.5], [0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])

    labels = settled(probs, np.array([True, True, True, False]))

    assert labels.tolist() == [hashed("0") % 2, 0, hashed("2") % 2, hashed("3") % 2]
    assert settled(np.full((20, 2), 0.5), np.zeros(20, dtype=np.bool_)).tolist() == SNORKELS


def test_every_type_is_scored_and_those_that_learn_from_gold_twice() -> None:
    names = [model.name for model in models("document")]

    assert {"majority", "lift", "snorkel", "dawid_skene, one_coin", "lift, gold"} <= set(names)
    assert "hmm" not in names
    assert {"hmm", "hmm, gold", "skweak_hmm"} <= {model.name for model in models("span")}


@pytest.mark.parametrize("gold", [False, True])
def test_a_model_is_scored_on_every_row_also_where_halves_are_gold_for_each_other(
    made_up: TextSet, gold: bool
) -> None:
    score = scored(made_up, Model("lift", "lift", gold=gold), "valid")

    assert score is not None
    assert score.score >= 90
    assert score.used == "lift"
    assert score.calibration is not None


def test_a_refined_model_labels_rows_without_votes_by_their_texts() -> None:
    words = (("good", "fine"), ("bad", "poor"))
    gold = np.arange(80) % 2
    told = tuple(f"{words[g][i // 2 % 2]} film {i}" for i, g in enumerate(gold.tolist()))
    votes = np.where(np.arange(80)[:, None] % 5 == 4, -1, np.stack([gold, gold], axis=1))
    part = Texts(told, votes.astype(np.int8), gold)
    found = TextSet("made up", ("up", "down"), "accuracy", part, part, part)

    plain, refined = (
        scored(found, Model("lift", "lift", refined=refined), "valid") for refined in (False, True)
    )

    assert plain is not None
    assert refined is not None
    assert plain.score < 95
    assert (refined.score, refined.used) == (100, "refined")


def test_on_spans_auto_is_scored_as_a_job_uses_it() -> None:
    every = documents()
    found = SpanSet("made up", ("TOOL",), ("all", "half"), "BIO", every, every, every)

    auto, hmm = (scored(found, Model(name, name), "valid") for name in ("auto", "hmm"))

    assert auto is not None
    assert hmm is not None
    assert (auto.used, auto.score, auto.unguarded) == ("hmm", hmm.score, hmm.unguarded)
    assert auto.score == 100


def documents(n: int = 60) -> Documents:
    """Texts of three tokens; one function knows the name in the middle, another every second."""
    tokens = [["the", f"tool{i}", "works"] for i in range(n)]
    spans = [{"start": 4, "end": 4 + len(words[1]), "label": "TOOL"} for words in tokens]
    votes = [
        [span | {"lf": name} for name in ("all", "half")[: 2 - i % 2]]
        for i, span in enumerate(spans)
    ]
    columns: dict[str, Any] = {"id": list(map(str, range(n))), "text": list(map(" ".join, tokens))}
    columns |= {"tokens": tokens, "entities": [[span] for span in spans]}
    return Documents(pa.table(columns), votes, Language("en", "whitespace"))


def test_whether_to_refine_is_chosen_on_the_valid_rows() -> None:
    forms = ("auto", "auto, refined")

    assert chosen({"auto": 82.2, "auto, refined": 81.5, "gold": 87.3}, forms) == "auto"
    assert chosen({"auto": 87.7, "auto, refined": 95.1, "gold": 96.8}, forms) == "auto, refined"
    assert chosen({"auto": 80.0, "auto, refined": 80.0, "gold": 90.0}, forms) == "auto"


def test_a_model_that_cannot_be_fitted_has_no_score(made_up: TextSet) -> None:
    two = Texts(made_up.train.texts, made_up.train.votes[:, :2], made_up.train.gold)

    found = TextSet("two", made_up.labels, "accuracy", two, two, two)

    assert scored(found, Model("snorkel", "snorkel"), "valid") is None


def test_f1_counts_one_label() -> None:
    part = texts(10)
    found = TextSet("made up", ("ham", "spam"), "F1 of spam", part, part, part)

    assert found.score(part, [1] * 10) == pytest.approx(200 * 5 / 15)


def test_ranks_and_means_leave_out_what_has_no_score_somewhere() -> None:
    scores = {"a": {"x": 1.0, "y": 3.0, "z": 2.0}, "b": {"x": 2.0, "y": 3.0}}

    assert ranks(scores) == {"x": 2.0, "y": 1.0}
    assert means(scores) == {"x": 1.5, "y": 3.0}


def test_a_page_marks_what_the_guard_replaced(facts: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    page.write_text(f"before\n{MARKS[0]}{MARKS[1]}after\n")

    write(facts, page, tmp_path)

    text = page.read_text()
    assert "| lift | 80.00\\* | 80.00 | 1.5 |" in text
    assert "| majority | 80.00 | 80.00 | 1.5 |" in text
    assert "| MV | 84.00 |" in text
    assert "| gold | 92.00 |" in text
    assert "- sms: chosen on valid is `auto` (`auto` 90.00, `auto, refined` 89.00)." in text
    assert (text.startswith("before\n"), text.endswith("after\n")) == (True, True)
    assert "(other rows)" not in text
    assert len(list(tmp_path.glob("*.svg"))) == 2


def test_the_page_shows_the_result_that_is_kept() -> None:
    text = PAGE.read_text("utf-8")

    assert with_table(text, MARKS, page_text(kept())) == text


def test_dots_tell_their_values() -> None:
    series: Series = {"a": [10.0, 20.0, None], "b": [5.0, 30.0, 1.0]}

    dots = ET.fromstring(dot_chart("T", "x", ["r", "s", "t"], series)).iter(f"{SVG}circle")  # noqa: S314

    told = [dot.findtext(f"{SVG}title") for dot in dots]
    assert told == ["a: 10.0", "a: 20.0", "b: 5.0", "b: 30.0", "b: 1.0", "a", "b"]


def test_panels_have_the_same_axes_and_a_mark_for_each_point() -> None:
    panels = {"a": [(0.0, 0.0), (10.0, -10.0)], "b & c": [(10.0, -10.0)], "d": [], "e": []}

    paths = list(ET.fromstring(panel_chart("T", "x", "y", panels)).iter(f"{SVG}path"))  # noqa: S314

    (_, first), (other,), none, below = ([*p.get("d", "").split("M")[1:]] for p in paths)
    assert first.split()[1] == other.split()[1]
    assert float(first.split()[0]) < float(other.split()[0])
    assert (none, below) == ([], [])


@pytest.mark.slow
def test_majority_vote_scores_what_is_published(
    project_of_corpora: Project,
) -> None:
    known = published(project_of_corpora.corpora)
    majority = Model("majority", "majority")

    sets: list[Found] = [text_sets(project_of_corpora, None)[0]]
    for found in (*sets, *span_sets(project_of_corpora, None)):
        if found.published is None:
            continue
        score = scored(found, majority, "test")
        assert score is not None
        assert score.score == pytest.approx(known[found.published]["MV"], abs=0.005)


@pytest.fixture
def project_of_corpora(tmp_path: Path, corpora: Path) -> Project:
    return Project.at(tmp_path / "project", corpora)
