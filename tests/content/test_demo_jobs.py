"""Every job under configs/ loads, passes its own examples, and labels well."""

import json
from pathlib import Path
from typing import Any

import pytest

import labelmill
from labelmill import kinds
from labelmill.config import load
from labelmill.pipeline.examples import run_examples

ROOT = Path(__file__).parents[2]
JOBS = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


def report_of(project: Path, job: str) -> dict[str, Any]:
    """Run a job in this process and read what it says of itself."""
    labelmill.run(project / "configs" / f"{job}.yaml", overrides={"execution.workers": 0})
    path = project / "data" / "out" / job / "current" / "report.json"
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert len(report["functions"]) >= 8
    for row in report["functions"]:  # no function of a demo is silent or fails
        assert row["votes"] > 0, row["lf"]
        assert row["errors"] == 0, row["lf"]
    return report


def test_there_is_a_job_for_each_task() -> None:
    kinds.register_all()

    tasks = {load(ROOT / "configs" / f"{job}.yaml").task.type for job in JOBS}

    assert tasks == {"classification", "ner", "sentiment"}


@pytest.mark.parametrize("job", JOBS)
def test_the_functions_of_a_job_pass_their_own_examples(job: str, project: Path) -> None:
    kinds.register_all()

    results = run_examples(load(project / "configs" / f"{job}.yaml"))

    assert len(results) >= 10
    assert [result for result in results if not result.passed] == []


def test_comments_are_labeled_as_gold_says(project: Path) -> None:
    report = report_of(project, "video-comments")

    assert report["gold"]["accuracy"] > 0.96
    assert report["totals"]["coverage"] > 0.85
    assert report["totals"]["status"]["uncovered"] > 0
    assert report["filtered"]["drop_duplicates"] > 50
    assert report["augmented"]["made"]["typos"] > 50


def test_news_are_labeled_as_gold_says(project: Path) -> None:
    report = report_of(project, "company-news")

    assert report["gold"]["f1"] > 0.92
    assert set(report["classes"]) == {"ORG", "PERSON", "MONEY"}
    assert report["augmented"]["made"]["other_companies"] > 50


def test_reviews_are_labeled_as_gold_says(project: Path) -> None:
    report = report_of(project, "product-reviews")

    assert report["gold"]["accuracy"] > 0.95
    assert set(report["classes"]) == {"negative", "neutral", "positive"}
