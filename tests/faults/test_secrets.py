"""What comes from the environment stands in nothing that a run leaves."""

from pathlib import Path

import pytest
from tests.faults.conftest import Site

SECRET = 'hunter2-"quoted"-ſecret'  # noqa: S105 (made up)
FUNCTION = """\
def asks(row, *, key):
    if row.text.endswith("1"):
        raise ValueError(f"the service refused the key {key}")
    return None

def refuses(row, *, key):
    raise RuntimeError(f"no such key: {key}")
"""


def _traces(folder: Path) -> list[str]:
    """Files in which the secret stands, in any of its spellings."""
    forms = [
        SECRET.encode(),
        SECRET.replace('"', '\\"').encode(),
        b"hunter2",
        SECRET[8:16].encode(),
    ]
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix != ".py"
        and any(form in path.read_bytes() for form in forms)
    ]


@pytest.fixture
def secretive(site: Site) -> Site:
    """A job whose function gets a secret and tells it in its errors."""
    site.write(site.rows(40))
    (site.root / "asks.py").write_text(FUNCTION)
    return site


def _configure(site: Site, function: str, **parts: object) -> None:
    functions = [
        {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
        {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
        {
            "name": "asks",
            "type": "python",
            "label": "ham",
            "function": f"asks.py:{function}",
            "params": {"key": "${env.API_KEY}"},
        },
    ]
    site.configure(
        env=["API_KEY"],
        labeling_functions=functions,
        record={"openlineage": "lineage.jsonl", "prometheus": "job.prom"},
        export=[{"type": "jsonl"}],
        **parts,
    )


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_that_publishes_leaves_no_secret(secretive: Site, workers: str) -> None:
    _configure(secretive, "asks", error_budget=0.5)

    ended = secretive.run(
        "--workers", workers, "--log-format", "json", "--json", env={"API_KEY": SECRET}
    )

    quarantined = list((secretive.output / "current" / "quarantine").glob("*.parquet"))
    assert ended.code == 0
    assert quarantined
    assert "hunter2" not in ended.out + ended.err
    assert _traces(secretive.root) == []


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_that_fails_leaves_no_secret(secretive: Site, workers: str) -> None:
    _configure(secretive, "refuses")

    ended = secretive.run("--workers", workers, env={"API_KEY": SECRET})

    assert ended.code == 3
    assert "no such key: ${env.API_KEY}" in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert _traces(secretive.root) == []
    assert "${env.API_KEY}" in secretive.records()[0]["error"]["message"]


def test_a_secret_in_a_path_is_told_by_nobody(secretive: Site) -> None:
    _configure(
        secretive, "asks", source={"path": "rows-${env.API_KEY}", "id": "id", "text": "text"}
    )

    ended = secretive.run("--log-format", "json", env={"API_KEY": SECRET})

    assert ended.code == 4
    assert "rows-${env.API_KEY}" in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert _traces(secretive.root) == []


@pytest.mark.parametrize("option", [["--partitions", "1..2"], ["--since-last-success"]])
def test_a_secret_in_a_path_stands_in_no_record_of_several_partitions(
    site: Site, option: list[str]
) -> None:
    source = {"path": "${env.BUCKET}/rows", "id": "id", "text": "text", "partition": "date"}
    site.configure(env=["BUCKET"], source=source)

    ended = site.run(*option, env={"BUCKET": "hunter2-bucket"})

    assert ended.code == 4
    assert "hunter2" not in ended.out + ended.err
    assert "${env.BUCKET}" in site.records()[-1]["error"]["message"]
    assert _traces(site.root) == []
