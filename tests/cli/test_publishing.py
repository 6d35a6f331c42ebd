"""publish, rollback, status and gc, as a scheduler calls them."""

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Call


def labelmill_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command in a process of its own."""
    command = [sys.executable, "-m", "labelmill", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def live(project: Path) -> str:
    """The snapshot that is live."""
    return (project / "data" / "out" / "comments" / "current").resolve().name


def test_a_rollback_says_what_is_live_again(project: Path, config: str) -> None:
    first = json.loads(labelmill_process("run", config, "--json").stdout)["snapshots"][0]["id"]
    second = json.loads(labelmill_process("run", config, "--set", "seed=5", "--json").stdout)

    back = labelmill_process("rollback", config)
    again = labelmill_process("rollback", config, "--json")

    assert (back.returncode, live(project)) == (0, first)
    was = second["snapshots"][0]["id"]
    assert back.stdout == f"snapshot {first} is live again (it was snapshot {was})\n"
    assert again.returncode == json.loads(again.stdout)["exit_code"] == 2
    assert "nothing to go back to" in json.loads(again.stdout)["errors"][0]["message"]


def test_a_held_snapshot_is_published_with_a_reason(project: Path, config: str) -> None:
    failed = labelmill_process("run", config, "--set", "checks[coverage].severity=error")
    refused = labelmill_process("publish", config, "--override-check", "coverage")
    done = labelmill_process(
        "publish", config, "--override-check", "coverage", "--reason", "known", "--json"
    )

    assert (failed.returncode, refused.returncode, done.returncode) == (3, 2, 0)
    assert "is kept for inspection" in failed.stderr
    assert "say why" in refused.stderr
    assert json.loads(done.stdout)["snapshot"] == live(project)
    assert list(json.loads(done.stdout)["overridden"]) == ["coverage"]


def test_publishing_tells_people_what_was_overridden(labelmill: Call, config: str) -> None:
    labelmill("run", config, "--set", "checks[coverage].severity=error")

    answer = labelmill("publish", config, "--override-check", "coverage", "--reason", "known")

    first, second, third = answer.out.splitlines()
    assert first.endswith(" is live")
    assert second.startswith("overridden: coverage: coverage is 0.8333")
    assert third == "reason: known"


def test_the_status_is_a_table_or_json(project: Path, config: str) -> None:
    before = labelmill_process("status", config)
    labelmill_process("run", config)
    stale = labelmill_process("status", config, "--set", "seed=5")
    after = json.loads(labelmill_process("status", config, "--json").stdout)

    assert before.returncode == 0
    assert before.stdout.startswith("comments: 1 missing\n")
    assert stale.stdout.endswith("\ncomments: the config or a file of it changed\n")
    assert after["partitions"][0]["state"] == "published"
    assert after["partitions"][0]["snapshot"] == live(project)


def test_gc_says_what_it_removes_and_how_many_bytes(project: Path, config: str) -> None:
    for seed in ("1", "2"):
        labelmill_process("run", config, "--set", f"seed={seed}")

    would = labelmill_process("gc", config, "--keep", "1", "--dry-run")
    done = json.loads(labelmill_process("gc", config, "--keep", "1", "--json").stdout)

    again = labelmill_process("gc", config, "--keep", "1")

    assert again.stdout == "Nothing to remove.\n"
    assert would.stdout.startswith("would remove 1 x view: ")
    assert would.stdout.endswith(f"would remove {done['bytes']:,} bytes in all\n")
    assert [item["kind"] for item in done["removed"]] == ["view", "snapshot"]
    assert (project / "data" / "out" / "comments" / "current" / "train").is_dir()


def test_an_empty_partition_is_no_partition_to_wait_for(labelmill: Call, config: str) -> None:
    answers = [labelmill(verb, config, "--partition", "") for verb in ("run", "status", "rollback")]

    assert [answer.code for answer in answers] == [2, 2, 2]
    assert all("is a variable of the caller not set?" in answer.err for answer in answers)
