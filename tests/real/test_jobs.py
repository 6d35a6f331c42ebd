"""Whole jobs over the corpora of LABELMILL_DATA, against what is stored and published."""

from collections.abc import Mapping

import pyarrow.parquet as pq
import pytest
from benchmarks.projects import Project, votes_of
from benchmarks.scores import accuracy, settled

from labelmill.pipeline.examples import run_examples
from labelmill.pipeline.face import load_job
from labelmill.pipeline.result import Run

pytestmark = pytest.mark.slow

HAM_SPAM = ("ham", "spam")
YOUTUBE_RULES = (
    "keyword_my",
    "keyword_subscribe",
    "keyword_link",
    "keyword_please",
    "keyword_song",
    "regex_check_out",
    "short_comment",
)


def gold_f1(run: Run) -> float:
    return float(100 * run.snapshots[0].report["gold"]["f1"])


def test_the_73_declared_rules_of_sms_give_every_stored_vote(project: Project) -> None:
    stored = pq.read_table(project.corpora / "sms" / "train.parquet")

    run = project.run("sms")

    assert run.labels.to_arrow()["id"].to_pylist() == stored["id"].to_pylist()
    votes = votes_of(run, [f"rule_{i}" for i in range(73)], HAM_SPAM)
    assert sum(map(len, votes)) == 333_683
    assert votes == stored["votes"].to_pylist()


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_the_seven_exact_rules_of_youtube_give_their_stored_votes(
    project: Project, split: str
) -> None:
    path = project.corpora / "youtube" / f"{split}.parquet"
    stored = pq.read_table(path)["votes"].to_pylist()

    run = project.run("youtube", {"source.path": str(path)})

    assert len(run.snapshots[0].report["functions"]) >= len(YOUTUBE_RULES) + 3
    votes = votes_of(run, YOUTUBE_RULES, HAM_SPAM)
    assert votes == [row[: len(YOUTUBE_RULES)] for row in stored]


@pytest.mark.parametrize("model", [{"type": "majority"}, {"type": "dawid_skene", "seed": 7}])
def test_our_functions_of_youtube_are_better_than_half_of_its_rules(
    project: Project, model: dict[str, object]
) -> None:
    balance = {"class_balance": {"ham": 0.5, "spam": 0.5}}
    test = project.corpora / "youtube" / "test.parquet"
    project.run("youtube", {"label_model": model | balance})

    run = project.run(
        "youtube",
        {
            "source.path": str(test),
            "label_model": {"type": "fitted", "from": str(project.output("youtube"))},
            "split": {"test": 1.0},
        },
        out="test",
    )

    assert accuracy(settled(run), pq.read_table(test)["label"].to_pylist()) > 84.0


def test_majority_vote_over_stored_votes_of_youtube_is_as_published(project: Project) -> None:
    stored = pq.read_table(project.corpora / "youtube" / "test.parquet")

    run = project.run("youtube_votes")

    assert votes_of(run, [row["lf"] for row in run.snapshots[0].report["functions"]], HAM_SPAM) == (
        stored["votes"].to_pylist()
    )
    assert accuracy(settled(run), stored["label"].to_pylist()) == pytest.approx(84.0)
    status = run.snapshots[0].report["totals"]["status"]
    assert status == {"labeled": 206, "tie": 26, "uncovered": 18}


def test_skweaks_hmm_fitted_on_train_scores_on_the_test_of_laptop(project: Project) -> None:
    project.run("laptop")
    fitted = {"type": "fitted", "from": str(project.output("laptop"))}

    run = project.run("laptop", on_test(project, fitted), out="test")

    assert gold_f1(run) == pytest.approx(73.6, abs=0.5)


def test_majority_vote_on_inside_tags_of_laptop_is_as_published(project: Project) -> None:
    run = project.run("laptop", on_test(project, {"type": "majority"}) | {"task.tags": "IO"})

    assert gold_f1(run) == pytest.approx(73.27, abs=0.01)


def test_votes_on_laptop_stand_where_they_were_stored(project: Project) -> None:
    stored = pq.read_table(project.corpora / "ner_laptop" / "test.parquet")["lf_spans"].to_pylist()

    run = project.run("laptop", on_test(project, {"type": "majority"}))

    found = [
        sorted((v["lf"].removeprefix("wrench."), v["start"], v["end"]) for v in votes)
        for votes in run.labels.to_arrow()["votes"].to_pylist()
    ]
    assert found == [sorted((s["lf"], s["start"], s["end"]) for s in spans) for spans in stored]
    assert sum(map(len, found)) > 600


def test_lists_and_rules_find_names_in_tweets_that_were_not_looked_at(project: Project) -> None:
    test = project.corpora / "wnut17" / "test.parquet"

    run = project.run("wnut17", {"source.path": str(test), "split": {"test": 1.0}})

    report = run.snapshots[0].report
    status = report["totals"]["status"]
    assert sum(status.values()) == 1287
    assert gold_f1(run) > 20
    assert {row["lf"]: row["votes"] for row in report["functions"]}["listed_company"] > 0
    assert report["exports"]["spacy"]["test"] == {"written": 1287 - status["tie"], "left_out": {}}


@pytest.mark.parametrize("name", ["sst2", "imdb"])
def test_words_and_a_lexicon_tell_the_mood_of_reviews(project: Project, name: str) -> None:
    run = project.run(name, {"label_model": {"type": "majority"}})

    report = run.snapshots[0].report
    assert report["gold"]["accuracy"] > 0.72
    assert report["totals"]["coverage"] > 0.75


def on_test(project: Project, model: Mapping[str, object]) -> dict[str, object]:
    path = str(project.corpora / "ner_laptop" / "test.parquet")
    return {"source.path": path, "label_model": model, "split": {"test": 1.0}}


@pytest.mark.parametrize("name", ["youtube", "sst2", "wnut17"])
def test_the_examples_of_our_functions_hold(project: Project, name: str) -> None:
    results = run_examples(load_job(project.root / "configs" / f"{name}.yaml"))

    assert len(results) >= 9
    assert [result for result in results if not result.passed] == []
