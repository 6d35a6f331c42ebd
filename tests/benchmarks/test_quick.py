"""Every benchmark works, at tiny sizes, and gives the fields that the table reads."""

from pathlib import Path

import pytest
from benchmarks.all import NAMES, run
from benchmarks.claims import TABLE
from benchmarks.projects import ROOT

from benchmarks import scan_limit

WANTED = {wanted.name: wanted for wanted in TABLE}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_quick_run_gives_the_fields(name: str, corpora: Path, tmp_path: Path) -> None:
    options = ["--write", str(tmp_path)] if name == "costs" else []

    facts = run(name, ["--quick", *options])

    assert facts is not None, f"benchmarks.{name} failed"
    assert facts["name"] == name
    assert facts["ours"] > 0
    assert facts["peer"] > 0
    assert facts["unit"]
    assert facts["quick"] is True
    for bound in WANTED[name].bounds if name in WANTED else ():
        assert facts[bound.field], f"{name} has no {bound.field}"
    if name == "costs":
        assert len(list(tmp_path.glob("*.svg"))) == len(facts["curves"]) == 5


def test_every_benchmark_of_the_folder_is_run_or_is_a_part() -> None:
    parts = {"all", "claims", "drawing", "measure", "news", "news_limit", "news_snorkel", "pages"}
    parts |= {"results", "ner_jobs", "projects", "rows", "scores", "text_jobs"}
    parts |= {"differential_jobs", "random_jobs"}
    parts |= {"differential", "random_patterns", "world_page", "world_peers", "worlds"}
    parts |= {"crash", "crash_cut", "crash_reader", "crash_scenes", "crash_site", "small_job"}
    parts |= {"charts", "made_up", "quality_end", "quality_models", "quality_page", "quality_sets"}

    files = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}

    assert files - parts == set(NAMES)


@pytest.mark.slow
def test_a_profile_says_where_all_seconds_go(
    corpora: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert scan_limit.main(["--quick", "--profile", "sms"]) == 0

    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    seconds = {name: float(taken) for name, taken, _ in rows}
    parts = sum(taken for name, taken in seconds.items() if name not in ("all", "the limit"))
    assert parts == pytest.approx(seconds["all"], abs=0.01)
