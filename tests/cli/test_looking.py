"""plan, preview and report: what they show, with nothing written."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.cli.conftest import Call

GOLDEN = Path(__file__).parent / "golden"


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _as_golden(text: str, project: Path) -> str:
    return text.replace(str(project), "<project>")


def test_a_plan_tells_input_functions_steps_and_output(
    labelmill: Call, config: str, project: Path
) -> None:
    before = _files(project)

    answer = labelmill("plan", config)

    assert answer.code == 0
    assert _as_golden(answer.out, project) == (GOLDEN / "plan.txt").read_text()
    assert _files(project) == before


def test_a_plan_after_a_run_tells_what_changed(labelmill: Call, project: Path) -> None:
    config = project / "configs" / "comments.yaml"
    labelmill("run", str(config))
    text = config.read_text()
    text = text.replace("any: [song, love]", "any: [song, love, tune]")
    config.write_text(text.replace("  - {name: link", "  - {name: url").replace("url,", "url,"))

    facts = labelmill("plan", str(config), "--json").json

    states = {row["lf"]: row["state"] for row in facts["functions"]}
    assert states["begging"] == "unchanged"
    assert states["praise"].startswith("changed: ")
    assert (states["url"], states["link"]) == ("new", "removed")
    assert facts["partitions"][0]["state"] == "changed: plan"


def test_a_plan_after_a_run_says_that_nothing_changed(labelmill: Call, config: str) -> None:
    labelmill("run", config)

    facts = labelmill("plan", config, "--json").json

    assert {row["state"] for row in facts["functions"]} == {"unchanged"}
    assert facts["partitions"][0]["state"] == "unchanged"
    assert facts["partitions"][0]["live"]


def test_a_preview_shows_votes_and_posterior(labelmill: Call, config: str, project: Path) -> None:
    before = _files(project)

    answer = labelmill("preview", config, "--rows", "5")

    assert answer.code == 0
    assert answer.out == (GOLDEN / "preview.txt").read_text()
    assert _files(project) == before


def test_a_preview_of_ids_shows_those_rows(labelmill: Call, config: str) -> None:
    rows = labelmill("preview", config, "--id", "r07", "--id", "r02", "--json").json["rows"]

    assert {row["id"] for row in rows} == {"r02", "r07"}
    assert all(row["probs"] for row in rows)


def test_a_preview_of_a_function_shows_where_it_votes(labelmill: Call, config: str) -> None:
    rows = labelmill("preview", config, "--lf", "link", "--rows", "3", "--json").json["rows"]

    assert len(rows) == 3
    assert all("link" in [vote["lf"] for vote in row["votes"]] for row in rows)


def test_a_preview_of_an_unknown_function_names_the_nearest(labelmill: Call, config: str) -> None:
    answer = labelmill("preview", config, "--lf", "lnk")

    assert answer.code == 2
    assert "did you mean 'link'?" in answer.err


def test_a_report_shows_the_table_of_functions(labelmill: Call, config: str, project: Path) -> None:
    labelmill("run", config)

    answer = labelmill("report", config)

    snapshot = next((project / "data" / "out" / "comments" / "snapshots").iterdir())
    told = _as_golden(answer.out, project).replace(snapshot.name, "<snapshot>")
    assert answer.code == 0
    assert told == (GOLDEN / "report.txt").read_text()


def test_a_report_is_found_by_config_output_and_snapshot(
    labelmill: Call, config: str, project: Path
) -> None:
    labelmill("run", config)
    output = project / "data" / "out" / "comments"
    snapshot = next((output / "snapshots").iterdir())

    folders = {
        labelmill("report", str(target), "--json").json["folder"]
        for target in (config, output, snapshot)
    }

    assert folders == {str(snapshot.resolve())}


def test_a_report_before_the_first_run_says_so(labelmill: Call, config: str) -> None:
    answer = labelmill("report", config)

    assert answer.code == 2
    assert "nothing is published there; run the job first" in answer.err


@pytest.fixture
def partitioned(config: str, project: Path) -> str:
    """The config of a job with the partitions 1 and 2."""
    table = pq.read_table(project / "data" / "rows.parquet")
    for place in (1, 2):
        folder = project / "data" / "parts" / f"day={place}"
        folder.mkdir(parents=True)
        half = table.slice(30 * (place - 1), 30)
        pq.write_table(half, folder / "rows.parquet")
    text = Path(config).read_text().replace("data/rows.parquet", "data/parts")
    Path(config).write_text(text.replace("gold: label}", "gold: label, partition: day}"))
    return config


def test_a_report_of_a_job_with_partitions_asks_for_one(labelmill: Call, partitioned: str) -> None:
    labelmill("run", partitioned)

    unnamed = labelmill("report", partitioned)
    second = labelmill("report", partitioned, "--partition", "2", "--json")

    assert unnamed.code == 2
    assert "give --partition; published are: 1, 2" in unnamed.err
    assert second.json["report"]["partition"] == "2"


def test_a_run_of_one_partition_leaves_the_others_new(labelmill: Call, partitioned: str) -> None:
    done = labelmill("run", partitioned, "--partition", "1", "--json").json

    facts = labelmill("plan", partitioned, "--json").json

    assert [snapshot["partition"] for snapshot in done["snapshots"]] == ["1"]
    assert [part["state"] for part in facts["partitions"]] == ["unchanged", "new"]


def test_a_preview_of_one_partition_shows_its_rows(labelmill: Call, partitioned: str) -> None:
    found = labelmill("preview", partitioned, "--partition", "2", "--rows", "1", "--json").json

    assert [row["id"] for row in found["rows"]] == ["r30"]


def test_a_row_is_explained_by_its_id(
    labelmill: Call, config: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelmill("run", config)
    before = _files(project)
    monkeypatch.setenv("COLUMNS", "80")

    answer = labelmill("preview", config, "--id", "r04", "--id", "r03")

    snapshot = next((project / "data" / "out" / "comments" / "snapshots").iterdir())
    assert answer.code == 0
    assert (
        answer.out.replace(snapshot.name[:12], "<snapshot>") == (GOLDEN / "explain.txt").read_text()
    )
    assert _files(project) == before


def test_an_explanation_as_json_holds_all_of_it(labelmill: Call, config: str) -> None:
    (row,) = labelmill("preview", config, "--id", "r04", "--json").json["rows"]

    assert row["status"] == "tie"
    assert row["why"] == "ham and spam are equally probable, with 0.500 each"
    assert row["model"]["origin"] == "sample"
    assert [belief["step"] for belief in row["decisions"][0]["beliefs"]] == ["prior", "votes"]
    assert [(v["lf"], v["without"]) for v in row["votes"]] == [("begging", 1.0), ("praise", 0.0)]


def test_an_unknown_id_is_a_usage_error(labelmill: Call, config: str) -> None:
    answer = labelmill("preview", config, "--id", "r044")

    assert answer.code == 2
    assert "has the id 'r044' (did you mean 'r" in answer.err
