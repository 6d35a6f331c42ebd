"""run --stage label: what it tells, and which options go with it."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Call

LABEL = ("--stage", "label")


def test_slices_tell_what_they_did_and_the_run_after_them_asks_nobody(
    labelmill: Call, config: str, project: Path
) -> None:
    small = ("--set", "execution.shard_rows=30")
    first = labelmill("run", config, *LABEL, "--shards", "1/2", *small)
    second = labelmill("run", config, *LABEL, "--shards", "2/2", *small, "--json")
    status = labelmill("status", config, *small)
    run = labelmill("run", config, *small, "--json")

    assert (first.code, second.code) == (0, 0)
    assert first.out.splitlines() == [
        "Slice 1/2: 1 shard, 30 rows; votes of 3 cells were cast, 0 were known",
        "Nothing was published; `labelmill run` does the rest.",
    ]
    assert second.json["cells"] == {"cast": {"begging": 1, "link": 1, "praise": 1}, "known": 0}
    assert (second.json["status"], second.json["slice"]) == ("labeled", "2/2")
    assert "labeled ahead for the next run: slices 1/2, 2/2" in status.out
    record = project / ".labelmill" / "runs" / run.json["run_id"] / "run.json"
    assert json.loads(record.read_bytes())["cells"]["cast"] == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shards", "1/2"], "--shards: only with --stage label"),
        ([*LABEL, "--shards", "3/2"], "--shards 3/2: expected I/N with 1 <= I <= N"),
        ([*LABEL, "--full-refresh"], "leave out --partitions"),
        ([*LABEL, "--partitions", "1..2"], "leave out --partitions"),
        (["--stage", "fit"], "fit"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    labelmill: Call, config: str, options: list[str], said: str
) -> None:
    answer = labelmill("run", config, *options)

    assert answer.code == 2
    assert said in answer.err


def test_a_source_that_is_not_there_is_exit_4(labelmill: Call, config: str, project: Path) -> None:
    (project / "data" / "rows.parquet").unlink()

    assert labelmill("run", config, *LABEL, "--shards", "1/2").code == 4


def test_errors_of_functions_are_told(labelmill: Call, config: str, project: Path) -> None:
    folder = project / "labeling_functions"
    folder.mkdir()
    (folder / "f.py").write_text("def f(row):\n    raise ValueError('no')\n")
    function = "{name: f, type: python, function: 'labeling_functions/f.py:f'}"
    text = Path(config).read_text()
    Path(config).write_text(text.replace("label_model:", f"  - {function}\nlabel_model:"))

    answer = labelmill("run", config, *LABEL)

    assert answer.code == 0
    assert "! f failed on 60 rows" in answer.out
