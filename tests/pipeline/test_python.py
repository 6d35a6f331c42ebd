"""labelmill from Python: frames in memory, previews, examples of functions."""

import json

import pandas as pd
import pyarrow as pa
import pytest
from tests.pipeline.conftest import Project

import labelmill
from labelmill.config.located import located
from labelmill.errors import ConfigErrors, UsageError
from labelmill.pipeline.examples import run_examples
from labelmill.pipeline.preview import preview
from labelmill.pipeline.trial import try_job


def test_a_frame_comes_back_with_status_label_and_votes(project: Project) -> None:
    frame = pd.DataFrame(
        {"id": ["x", "y", "z"], "text": ["buy", None, "a song"], "more": [1, 2, 3]},
        index=[10, 20, 30],
    )

    result = labelmill.label(frame, project.config)

    assert result.index.tolist() == [10, 20, 30]
    assert result["status"].tolist() == ["labeled", "error", "labeled"]
    assert result["label"].tolist() == ["spam", None, "ham"]
    assert result["votes"][30][0]["lf"] == "song"
    assert result["more"].tolist() == [1, 2, 3]
    assert frame.columns.tolist() == ["id", "text", "more"]


def test_a_lone_surrogate_is_an_error_on_its_row_alone(project: Project) -> None:
    frame = pd.DataFrame({"id": [1, 2], "text": ["buy \ud800", "buy"]}, dtype=object)

    result = labelmill.label(frame, project.config)

    assert result["status"].tolist() == ["error", "labeled"]


def test_rows_that_where_leaves_out_come_back_as_filtered(project: Project) -> None:
    project.configure(source={"path": "input", "id": "id", "text": "text", "where": "n > 1"})
    frame = pd.DataFrame({"id": [1, 2], "text": ["buy", "song"], "n": [1, 2]})

    assert labelmill.label(frame, project.config)["status"].tolist() == ["filtered", "labeled"]


def test_a_frame_without_a_column_that_is_read_is_refused(project: Project) -> None:
    with pytest.raises(ConfigErrors, match="text"):
        labelmill.label(pd.DataFrame({"id": [1], "body": ["x"]}), project.config)


def test_a_frame_needs_neither_gold_nor_carried_columns(project: Project) -> None:
    source = {"path": "input", "id": "id", "text": "text", "gold": "label", "carry": ["author"]}
    project.configure(source=source)

    result = labelmill.label(pd.DataFrame({"id": [1], "text": ["a song"]}), project.config)

    assert result["label"].tolist() == ["ham"]


def test_ner_frames_get_entities(project: Project) -> None:
    project.configure(
        task={"type": "ner", "labels": ["ORG"]},
        labeling_functions=[{"name": "o", "type": "regex", "label": "ORG", "pattern": "Acme"}],
    )

    result = labelmill.label(pd.DataFrame({"id": [1], "text": ["Acme rose"]}), project.config)

    assert result["entities"][0][0]["label"] == "ORG"


def test_overrides_are_recorded(project: Project) -> None:
    run = labelmill.run(project.config, overrides={"seed": 4, "select.min_confidence": 0.5})

    record = json.loads((project.root / ".labelmill" / "runs" / run.id / "run.json").read_bytes())
    assert record["overrides"] == ["seed=4", "select.min_confidence=0.5"]
    assert record["config"]["seed"] == 4


def test_a_preview_shows_votes_and_writes_nothing(project: Project) -> None:
    before = sorted(project.root.rglob("*"))

    rows = preview(project.job(), rows=2)

    assert [(row.id, row.label, row.votes[0].lf) for row in rows] == [
        ("r0", "spam", "buy"),
        ("r1", "spam", "buy"),
    ]
    assert sorted(project.root.rglob("*")) == before


def test_a_preview_can_ask_for_rows_and_functions(project: Project) -> None:
    assert [row.id for row in preview(project.job(), ids=["r4"])] == ["r4"]
    assert [row.id for row in preview(project.job(), lf="song")] == ["r2", "r3", "r5"]
    with pytest.raises(UsageError, match="did you mean 'song'"):
        preview(project.job(), lf="sonk")
    with pytest.raises(UsageError, match="an id among: r9"):
        preview(project.job(), ids=["r9"])


def test_a_preview_tells_why_a_row_cannot_be_read(project: Project) -> None:
    project.write({"id": [1, 2], "text": pa.array(["buy", None], pa.string())})

    rows = preview(project.job())

    assert rows[1].errors == (("", "unreadable", "text is null"),)


def test_examples_pass_and_fail_with_what_was_wanted_and_found(project: Project) -> None:
    project.configure(
        labeling_functions=[
            {
                "name": "buy",
                "type": "keyword",
                "label": "spam",
                "any": ["buy"],
                "should": ["buy now", "sell"],
                "should_not": ["a song", "buy it"],
            }
        ]
    )

    results = run_examples(project.job())

    assert [(r.text, r.wanted, r.found, r.passed) for r in results] == [
        ("buy now", "a vote", "spam", True),
        ("sell", "a vote", "no vote", False),
        ("a song", "no vote", "no vote", True),
        ("buy it", "no vote", "spam", False),
    ]


def test_brackets_mark_the_exact_span_in_ner(project: Project) -> None:
    lf = {"name": "o", "type": "regex", "label": "ORG", "pattern": "Acme( Ltd)?"}
    project.configure(
        task={"type": "ner", "labels": ["ORG"]},
        labeling_functions=[lf | {"should": ["[Acme Ltd] rose", "[Acme] Ltd rose", "Acme rose"]}],
    )

    results = run_examples(project.job())

    assert [r.passed for r in results] == [True, False, True]
    assert results[1].wanted == "a vote on exactly 'Acme'"
    assert results[1].found == "ORG on 'Acme Ltd'"


def test_rows_are_examples_of_a_function_that_reads_columns(project: Project) -> None:
    project.write({"id": [1], "text": ["x"], "stars": [5], "by": ["me"]})
    project.configure(
        labeling_functions=[
            {
                "name": "s",
                "type": "expression",
                "label": "ham",
                "when": "stars > 3 and n_words < 3",
                "should": [{"stars": 5, "text": "good"}, {"stars": 3, "text": "good"}],
                "should_not": [{"stars": 4, "text": "much too long"}, {"stars": None}],
            },
            {
                "name": "c",
                "type": "column",
                "column": "by",
                "labels": {"spam": ["bot"]},
                "should": {"spam": [{"by": "bot"}]},
                "should_not": [{"by": None}],
            },
        ]
    )

    results = run_examples(project.job())

    assert [(r.lf, r.passed) for r in results] == [
        ("s", True),
        ("s", False),
        ("s", True),
        ("s", True),
        ("c", True),
        ("c", True),
    ]
    assert results[1].text == '{"stars":3,"text":"good"}'


def test_examples_with_two_kinds_of_values_in_a_column_are_refused(project: Project) -> None:
    project.write({"id": [1], "text": ["x"], "stars": [5]})
    lf = {"name": "s", "type": "expression", "label": "ham", "when": "stars > 3"}
    project.configure(labeling_functions=[lf | {"should": [{"stars": 5}, {"stars": "five"}]}])

    with pytest.raises(UsageError, match="different kinds of values under 'stars'"):
        run_examples(project.job())


def test_an_example_that_lacks_a_column_is_refused(project: Project) -> None:
    project.write({"id": [1], "text": ["x"], "stars": [5]})
    lf = {"name": "s", "type": "expression", "label": "ham", "when": "stars > 3"}
    project.configure(labeling_functions=[lf | {"should": ["good"]}])

    with pytest.raises(UsageError, match="example 'good' lacks 'stars'"):
        run_examples(project.job())


def test_the_face_is_exactly_what_all_says() -> None:
    for name in labelmill.__all__:
        assert getattr(labelmill, name) is not None
    assert dir(labelmill) == sorted(labelmill.__all__)
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        _ = labelmill.runn


def test_a_partition_of_a_job_that_has_none_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match=r"has no source\.partition"):
        labelmill.run(project.config, partition="a")


def test_a_trial_finds_broken_lists_functions_and_label_models(project: Project) -> None:
    (project.root / "list.csv").write_text('term,label\n"open\n')
    project.configure(
        gazetteers={"names": {"path": "list.csv", "label": "ham"}},
        labeling_functions=[
            {"name": "p", "type": "token_pattern", "label": "ham", "patterns": [[{"LOWR": "a"}]]},
            {"name": "g", "type": "gazetteer", "gazetteer": "names"},
        ],
        label_model={"type": "snorkel"},
    )
    job = project.job()

    shallow = located(job, try_job(job, deep=False), "job.yaml")
    deep = located(job, try_job(job, deep=True), "job.yaml")

    assert [problem.path for problem in shallow] == ["gazetteers.names", "label_model.type"]
    assert [problem.path for problem in deep] == [
        "gazetteers.names",
        "label_model.type",
        "labeling_functions.0.patterns.0",
    ]
    assert all(problem.line > 0 and problem.file == "job.yaml" for problem in deep)
