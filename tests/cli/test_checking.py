"""validate and test: what is checked without a run."""

from pathlib import Path

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
