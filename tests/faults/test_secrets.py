"""What comes from the environment stands in nothing that a run leaves."""

from pathlib import Path

import pyarrow.parquet as pq
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


@pytest.mark.parametrize(
    "answer", ['return f"{key} is no good"', "raise ValueError(key)", "return {key: 1}"]
)
def test_what_a_check_says_holds_no_secret(secretive: Site, answer: str) -> None:
    (secretive.root / "checks.py").write_text(f"def told(view, *, key):\n    {answer}\n")
    check = {"type": "python", "function": "checks.py:told", "params": {"key": "${env.API_KEY}"}}
    _configure(secretive, "asks", error_budget=0.5, checks=[check])

    ended = secretive.run("--log-format", "json", env={"API_KEY": SECRET})

    assert ended.code == 3
    assert "${env.API_KEY}" in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert _traces(secretive.root) == []


LONG = "eyJ" + "aB3dE6fG9h" * 80
"""As long as tokens are: whatever quotes it is cut."""


@pytest.mark.parametrize("parts", [{"error_budget": 0.001}, {"error_budget": 1.0}])
def test_the_beginning_of_a_long_secret_is_told_by_nobody(
    secretive: Site, parts: dict[str, float]
) -> None:
    (secretive.root / "own.py").write_text(
        "def told(view, *, key):\n    return 'x' * 900 + key\n"
        "def answered(view, *, key):\n    return {key: 1}\n"
        "def changed(example, rng, *, key):\n    raise ValueError(key)\n"
    )
    own = {"type": "python", "params": {"key": "${env.API_KEY}"}}
    checks = [own | {"name": name, "function": f"own.py:{name}"} for name in ("told", "answered")]
    augment = [own | {"name": "changed", "function": "own.py:changed"}]
    _configure(secretive, "refuses", checks=checks, augment=augment, **parts)

    ended = secretive.run("--log-format", "json", env={"API_KEY": LONG})

    tables = [str(pq.read_table(path).to_pylist()) for path in secretive.root.rglob("*.parquet")]
    left = [path for path in secretive.root.rglob("*") if path.is_file() and path.suffix != ".py"]
    assert ended.code == 3
    assert "eyJ" not in ended.out + ended.err
    assert not [path for path in left if b"eyJaB3dE6" in path.read_bytes()]
    assert not [table for table in tables if "eyJaB3dE6" in table]
