"""validate and test: what is checked without a run."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tests.cli.conftest import Call


def test_a_valid_config_is_told_with_what_its_columns_were_checked_against(
    labelmill: Call, config: str, project: Path
) -> None:
    answer = labelmill("validate", config)

    rows = project / "data" / "rows.parquet"
    assert answer.code == 0
    assert answer.out == (
        f"{config}: ok (classification, 3 labeling functions); columns checked against {rows}\n"
    )


def test_without_data_validate_says_what_it_could_not_check(
    labelmill: Call, config: str, project: Path
) -> None:
    (project / "data" / "rows.parquet").unlink()

    answer = labelmill("validate", config)

    assert answer.code == 0
    assert "; not checked: columns of the source (" in answer.out
    assert "there is no such file or folder" in answer.out


def test_a_column_that_the_data_lacks_is_a_config_error(labelmill: Call, config: str) -> None:
    answer = labelmill("validate", config, "--set", "source.text=txt", "--json")

    (problem,) = answer.json["errors"]
    assert answer.code == 2
    assert problem["path"] == "source.text"
    assert "no column 'txt' in the source" in problem["message"]


def test_the_problems_of_all_configs_are_told_at_once(labelmill: Call, project: Path) -> None:
    good = project / "configs" / "comments.yaml"
    for name in ("a", "b"):
        text = good.read_text().replace("min: 0.99", "mni: 0.99")
        (project / "configs" / f"{name}.yaml").write_text(text)
    configs = [str(project / "configs" / f"{name}.yaml") for name in ("a", "comments", "b")]

    answer = labelmill("validate", *configs)

    assert answer.code == 2
    assert answer.err.count("did you mean 'min'?") == 2
    assert "2 problems; nothing was done" in answer.err


def test_examples_that_pass_are_counted(labelmill: Call, config: str) -> None:
    answer = labelmill("test", config)

    assert answer.code == 0
    told = "4 examples of 3 labeling functions: 4 passed, 0 failed"
    assert answer.out == f"{config}:\n{told}\n"


def test_an_example_that_fails_is_shown_and_gives_exit_3(labelmill: Call, project: Path) -> None:
    config = project / "configs" / "comments.yaml"
    config.write_text(config.read_text().replace("should: [love it]", "should: [like it]"))

    answer = labelmill("test", str(config))
    as_json = labelmill("test", str(config), "--json").json

    assert answer.code == 3
    assert "FAILED praise: like it\n  wanted: a vote\n  found:  no vote\n" in answer.out
    assert (as_json["ok"], as_json["exit_code"]) == (False, 3)
    failed = [example for example in as_json["examples"] if not example["passed"]]
    assert [example["text"] for example in failed] == ["like it"]


def with_gold(project: Path, label: str = "ham") -> str:
    """The project's config with gold, whose first row has a label."""
    rows = pq.read_table(project / "data" / "rows.parquet").to_pydict()
    rows["label"][0] = label
    pq.write_table(pa.table(rows), project / "data" / "gold.parquet")
    config = project / "configs" / "comments.yaml"
    config.write_text(config.read_text() + "gold: {path: data/gold.parquet}\n")
    return str(config)


def test_sound_gold_has_no_problems(labelmill: Call, project: Path) -> None:
    assert labelmill("validate", with_gold(project)).code == 0


def test_a_label_in_gold_that_the_task_lacks_is_told_at_its_place(
    labelmill: Call, project: Path
) -> None:
    answer = labelmill("validate", with_gold(project, "hm"), "--json")

    (problem,) = answer.json["errors"]
    assert answer.code == 2
    assert problem["path"] == "gold.label"
    assert "gold.parquet: column 'label': row 0 holds 'hm'" in problem["message"]


def test_gold_that_is_no_parquet_is_told_at_its_place(labelmill: Call, project: Path) -> None:
    config = with_gold(project)
    (project / "data" / "gold.parquet").write_bytes(b"")

    answer = labelmill("validate", config, "--json")

    (problem,) = answer.json["errors"]
    assert answer.code == 2
    assert problem["path"] == "gold"
    assert "the file is empty" in problem["message"]
    assert labelmill("run", config).code == 2


def test_a_plan_shows_gold(labelmill: Call, project: Path) -> None:
    config = with_gold(project)

    assert f"gold   {project / 'data' / 'gold.parquet'} (60 rows)" in labelmill("plan", config).out
    assert labelmill("plan", config, "--json").json["gold"]["rows"] == 60
