"""Explaining single rows: the label model that is used, what each vote does, and why."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.pipeline.conftest import SPAM, Project

import labelmill
from labelmill.aggregate.facade import LabelModel
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import UsageError
from labelmill.pipeline.explanation import Explanation

DOCUMENT_TYPES = [
    name
    for name in LABEL_MODELS
    if name not in ("fitted", "snorkel") and "document" in LABEL_MODELS.get(name).units
]
FUNCTIONS = [
    {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
    {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
    {"name": "lovely", "type": "keyword", "label": "ham", "any": ["lovely", "nice"]},
]


def one(project: Project, id_: str, **options: Any) -> Explanation:
    rows = labelmill.explain(project.config, [id_], **options)
    assert len(rows) == 1
    return rows[0]


def log_odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


@pytest.mark.parametrize("name", DOCUMENT_TYPES)
def test_a_contribution_is_what_the_answer_loses_without_the_vote(
    project: Project, name: str
) -> None:
    project.configure(labeling_functions=FUNCTIONS, label_model={"type": name})
    project.run("source.path=input")
    votes = [[1, -1, -1], [1, -1, -1], [-1, 0, 0], [-1, 0, 0], [-1, -1, -1], [1, 0, -1]]
    model = LabelModel(name, labels=["ham", "spam"]).fit(votes)

    row = one(project, "r5")

    full, no_buy, no_song = model.predict_proba([[1, 0, -1], [-1, 0, -1], [1, -1, -1]])
    winner = int(full.argmax())
    without = {"buy": no_buy, "song": no_song}
    assert [vote.lf for vote in row.votes] == ["buy", "song"]
    for vote in row.votes:
        left = float(without[vote.lf][winner])
        assert vote.without == pytest.approx(left, abs=1e-6)
        if 0 < left < 1:
            wanted = log_odds(float(full[winner])) - log_odds(left)
            assert vote.contribution == pytest.approx(wanted, abs=1e-4)
        else:
            assert abs(vote.contribution) > 20


def test_the_way_to_the_posterior_begins_without_votes(project: Project) -> None:
    project.configure(label_model={"type": "lift", "class_balance": {"ham": 0.7, "spam": 0.3}})

    row = one(project, "r0")

    (decision,) = row.decisions
    assert [belief.step for belief in decision.beliefs] == ["prior", "votes"]
    assert decision.beliefs[0].probs == pytest.approx({"ham": 0.7, "spam": 0.3})
    assert decision.beliefs[1].probs == pytest.approx(row.probs)
    assert (decision.label, decision.token) == ("spam", None)


def test_without_a_snapshot_the_model_is_fitted_on_the_first_rows(project: Project) -> None:
    row = one(project, "r0")

    assert row.model is not None
    assert (row.model.origin, row.model.snapshot) == ("sample", None)
    assert row.model.words == "majority, fitted on the first 6 rows alone (nothing is published)"


def test_the_live_model_is_used_and_gives_the_published_answer(project: Project) -> None:
    project.configure(label_model={"type": "dawid_skene"}, labeling_functions=FUNCTIONS)
    run = project.run()
    published = {row["id"]: row for row in run.labels.to_arrow().to_pylist()}

    rows = labelmill.explain(project.config, ["r5", "r2"])

    assert [row.id for row in rows] == ["r5", "r2"]
    for row in rows:
        assert row.model is not None
        assert (row.model.origin, row.model.snapshot) == ("snapshot", run.snapshots[0].id)
        assert [float(np.float32(p)) for p in row.probs.values()] == published[row.id]["probs"]
        assert row.status == published[row.id]["status"]
        told = [(vote.lf, np.float32(vote.weight)) for vote in row.votes]
        assert told == [(v["lf"], np.float32(v["weight"])) for v in published[row.id]["votes"]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"label_model": {"type": "lift"}}, "the live snapshot has another label_model"),
        (
            {"labeling_functions": FUNCTIONS},
            "the live snapshot has other labeling functions or labels",
        ),
    ],
)
def test_a_live_model_of_another_job_is_not_used(
    project: Project, change: dict[str, Any], reason: str
) -> None:
    project.run()
    project.configure(**change)

    row = one(project, "r0")

    assert row.model is not None
    assert row.model.origin == "sample"
    assert reason in row.model.words


def test_functions_that_changed_since_the_fit_are_named(project: Project) -> None:
    project.run()

    row = one(project, "r0", overrides=["labeling_functions[song].any=[song, tune]"])

    assert row.model is not None
    assert row.model.origin == "snapshot"
    assert row.notes == ("changed since the label model was fitted: song",)


def test_a_fitted_model_explains_as_it_labels(project: Project) -> None:
    project.run("label_model.type=lift", "output=first")

    row = one(project, "r0", overrides={"label_model": {"type": "fitted", "from": "first"}})

    assert row.model is not None
    assert (row.model.origin, row.model.type) == ("fitted", "lift")


def test_each_partition_is_explained_by_its_own_snapshot(project: Project) -> None:
    for day, texts in (("1", SPAM), ("2", ["buy a song", *SPAM[1:]])):
        table = pa.table({"id": [f"d{day}r{i}" for i in range(6)], "text": texts})
        project.write(table, f"date={day}/a.parquet")
    source = {"path": "input", "id": "id", "text": "text", "partition": "date"}
    project.configure(source=source)
    (project.root / "input" / "a.parquet").unlink()
    run = project.run()

    rows = labelmill.explain(project.config, ["d2r0", "d1r0"])

    ids = {snapshot.partition: snapshot.id for snapshot in run.snapshots}
    assert [row.partition for row in rows] == ["2", "1"]
    assert [row.model.snapshot for row in rows if row.model] == [ids["2"], ids["1"]]
    with pytest.raises(UsageError, match="no row of"):
        labelmill.explain(project.config, ["d1r0"], partition="2")


def test_rows_are_found_in_any_shard(project: Project) -> None:
    project.configure(execution={"workers": 0, "shard_rows": 2})

    row = one(project, "r5")

    assert (row.text, row.model is not None) == ("buy this song", True)


def test_ids_that_are_numbers_are_found(project: Project) -> None:
    project.write({"id": list(range(6)), "text": SPAM})

    assert one(project, "3").text == "lovely song"


def test_an_unknown_id_names_the_nearest(project: Project) -> None:
    with pytest.raises(UsageError, match=r"has the id 'r55' \(did you mean 'r5'\?\)"):
        labelmill.explain(project.config, ["r0", "r55"])


@pytest.mark.parametrize(
    ("text", "status", "why", "fate"),
    [
        (
            "buy this song",
            "tie",
            "ham and spam are equally probable, with 0.500 each",
            "left out of the splits (select.tie: drop)",
        ),
        (
            "nothing",
            "uncovered",
            "no function votes on it",
            "left out of the splits (select.uncovered: drop)",
        ),
        ("buy", "labeled", "'spam' is the most probable, with 1.000", "goes into a split"),
        (None, "error", "nobody can read it: text is null", "left out of the splits"),
        ("", "filtered", "drop_empty takes it out: the text is empty", "left out of the splits"),
    ],
)
def test_each_status_is_explained(
    project: Project, text: str | None, status: str, why: str, fate: str
) -> None:
    project.write({"id": ["x", *(f"r{i}" for i in range(5))], "text": [text, *SPAM[:5]]})
    project.configure(prepare=[{"type": "drop_empty"}], label_model={"type": "majority"})

    row = one(project, "x")

    assert (row.status, row.why, row.fate) == (status, why, fate)
    assert (row.model is None) == (status in ("error", "filtered"))


def test_low_confidence_names_the_bound(project: Project) -> None:
    project.configure(select={"min_confidence": 0.9}, label_model={"type": "lift"})

    row = one(project, "r0")

    assert row.status == "low_confidence"
    assert row.why.endswith(", below select.min_confidence (0.9)")
    assert row.fate == "left out of the splits"


def test_a_row_that_a_global_step_took_out_is_filtered(project: Project) -> None:
    project.write({"id": ["a", "b"], "text": ["buy now", "buy now"]})
    project.configure(prepare=[{"type": "drop_duplicates"}])

    before = one(project, "b")
    project.run()
    kept, gone = labelmill.explain(project.config, ["a", "b"])

    assert before.status == "labeled"
    assert "drop_duplicates looks at all rows" in before.notes[0]
    assert (kept.status, kept.notes) == ("labeled", ())
    assert gone.status == "filtered"
    assert gone.why.startswith("drop_duplicates took it out of the live snapshot: ")


def test_a_function_that_fails_is_named(project: Project) -> None:
    code = project.root / "labeling_functions" / "bad.py"
    code.parent.mkdir()
    code.write_text("def bad(row):\n    raise ValueError('seven')\n")
    python = {
        "name": "bad",
        "type": "python",
        "function": "labeling_functions/bad.py:bad",
        "label": "spam",
    }
    project.configure(labeling_functions=[*FUNCTIONS, python])

    row = one(project, "r0")

    ((lf, reason, message),) = row.errors
    assert (lf, reason) == ("bad", "ValueError")
    assert message.endswith("seven")


NER_TEXTS = [
    "Acme Ltd hired Jane Doe",
    "Jane Doe left Acme Ltd",
    "nobody said a word",
    "Acme Ltd and Boro Inc met",
    "the Jane was late",
]
NER_FUNCTIONS = [
    {"name": "firm", "type": "regex", "label": "ORG", "pattern": "Acme Ltd|Boro Inc"},
    {"name": "suffix", "type": "regex", "label": "ORG", "pattern": "[A-Z][a-z]+ (Ltd|Inc)"},
    {"name": "person", "type": "regex", "label": "PERSON", "pattern": "Jane Doe"},
    {"name": "first", "type": "regex", "label": "PERSON", "pattern": "Jane"},
    {"name": "wrong", "type": "regex", "label": "ORG", "pattern": "word"},
]


def configure_ner(project: Project, model: str, tags: str = "IO") -> None:
    project.write({"id": [f"n{i}" for i in range(5)], "text": NER_TEXTS})
    project.configure(
        task={"type": "ner", "labels": ["ORG", "PERSON"], "tags": tags},
        labeling_functions=NER_FUNCTIONS,
        label_model={"type": model},
    )


@pytest.mark.parametrize("model", ["majority", "lift", "dawid_skene", "hmm"])
@pytest.mark.parametrize("tags", ["IO", "BIO"])
def test_spans_are_explained_each_at_its_least_sure_token(
    project: Project, model: str, tags: str
) -> None:
    configure_ner(project, model, tags)
    project.run()

    row = one(project, "n0")

    spans = [(decision.start, decision.end, decision.label) for decision in row.decisions]
    assert spans == [(0, 8, "ORG"), (15, 23, "PERSON")]
    assert [(s, e, label) for s, e, label, _ in row.entities] == spans
    for decision, entity in zip(row.decisions, row.entities, strict=True):
        final = decision.beliefs[-1].probs
        assert final[decision.label] == pytest.approx(entity[3], abs=1e-6)
        assert sum(final.values()) == pytest.approx(1)
        assert decision.token is not None
        assert decision.start <= decision.token[0] < decision.token[1] <= decision.end
    assert [(vote.lf, vote.decision) for vote in row.votes] == [
        ("firm", 0),
        ("suffix", 0),
        ("person", 1),
        ("first", 1),
    ]


def test_without_its_only_votes_a_span_goes(project: Project) -> None:
    configure_ner(project, "hmm")
    project.run()

    alone = one(project, "n1", overrides=["labeling_functions[suffix].pattern=xyz"])

    firm = next(vote for vote in alone.votes if vote.lf == "firm")
    assert alone.decisions[firm.decision].label == "ORG"
    assert firm.without < 0.2
    assert firm.contribution > 2


def test_what_functions_found_in_vain_is_explained_too(project: Project) -> None:
    configure_ner(project, "weighted")

    row = one(project, "n2", overrides={"label_model.weights": {"wrong": 0.0}})

    (decision,) = row.decisions
    (vote,) = row.votes
    assert decision.label == "O"
    assert (row.text[decision.start : decision.end], row.entities) == ("word", ())
    assert (vote.decision, vote.without) == (0, 1.0)
    assert vote.contribution < 0
    assert row.why.startswith("no span is probable")


def test_a_tie_in_ner_names_the_token(project: Project) -> None:
    configure_ner(project, "majority")
    other = {"name": "other", "type": "regex", "label": "ORG", "pattern": "Jane"}
    first = {"name": "first", "type": "regex", "label": "PERSON", "pattern": "Jane"}
    project.configure(
        task={"type": "ner", "labels": ["ORG", "PERSON"]}, labeling_functions=[first, other]
    )

    row = one(project, "n4")

    assert row.status == "tie"
    assert row.why == "ORG and PERSON are equally probable on 'Jane', with 0.500 each"


def test_calibration_is_a_step_of_its_own(project: Project) -> None:
    texts = ["buy it", "a song", "buy a song now"] * 40
    labels = ["spam", "ham", "spam"] * 30 + ["ham", "spam", "ham"] * 10
    gold = pa.table({"id": [f"g{i}" for i in range(120)], "text": texts, "label": labels})
    project.write(gold, "../gold/a.parquet")
    project.configure(
        gold={"path": "gold", "label": "label"},
        labeling_functions=FUNCTIONS,
        label_model={"type": "lift"},
    )
    project.run()

    row = one(project, "r5")

    (decision,) = row.decisions
    steps = [belief.step for belief in decision.beliefs]
    assert steps == ["prior", "votes", "temperature"]
    assert decision.beliefs[2].probs == pytest.approx(row.probs)
    assert decision.beliefs[1].probs != pytest.approx(row.probs)
