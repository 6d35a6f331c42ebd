"""Output that cannot be written: exit code 1, one clear line, and the next run does all of it."""

import resource
import subprocess
from pathlib import Path

import pytest
from tests.faults.conftest import Site

MEGABYTE = 1_000_000
FULL = {"FULL_AFTER": "100000"}
"""A disk takes so many bytes of each process."""


def _large(site: Site) -> Site:
    """A job that writes more than a few pages."""
    site.write(site.rows(40_000))
    return site


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_full_disk_stops_a_run_and_nothing_is_published(
    site: Site, failing_disk: dict[str, str], workers: str
) -> None:
    _large(site)

    ended = site.run("--workers", workers, env=failing_disk | FULL | {"FULL_UNDER": "/out/"})

    assert ended.code == 1
    assert "cannot be written (No space left on device); check free space" in ended.err
    assert "Traceback" not in ended.err
    assert not (site.output / "current").exists()
    assert [record["exit_code"] for record in site.records()] == [1]


def test_a_disk_that_was_full_has_room_and_the_next_run_publishes(
    site: Site, failing_disk: dict[str, str]
) -> None:
    _large(site)
    first = site.run(env=failing_disk | FULL | {"FULL_UNDER": "/out/"})

    second = site.run()

    assert (first.code, second.code) == (1, 0)
    assert (site.output / "current" / "manifest.json").exists()
    assert not list((site.output / "snapshots").glob(".making-*"))


def test_a_full_disk_under_the_state_stops_a_run_too(
    site: Site, failing_disk: dict[str, str]
) -> None:
    _large(site)

    ended = site.run(env=failing_disk | FULL | {"FULL_UNDER": "/.labelmill/"})

    assert ended.code == 1
    assert "No space left on device" in ended.err
    assert "Traceback" not in ended.err
    assert site.published() == {}


def test_an_output_on_a_read_only_file_system_is_told(
    site: Site, failing_disk: dict[str, str]
) -> None:
    site.write(site.rows(60))

    ended = site.run(env=failing_disk | {"READ_ONLY_UNDER": "/out"})

    assert ended.code == 1
    assert "cannot be written (Read-only file system)" in ended.err
    assert "unexpected error" not in ended.err


def test_a_file_where_the_output_should_be_is_told(site: Site) -> None:
    site.write(site.rows(60))
    site.output.write_text("a file")

    ended = site.run()

    assert ended.code == 1
    assert "out: cannot be written (File exists); something else stands there" in ended.err
    assert "unexpected error" not in ended.err


def test_a_limit_on_file_sizes_is_told(site: Site) -> None:
    _large(site)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE // 10, MEGABYTE // 10))

    ended = site.run(preexec_fn=limited)

    assert ended.code == 1
    assert "cannot be written (File too large)" in ended.err
    assert site.published() == {}


def test_results_that_cannot_be_printed_are_told(site: Site) -> None:
    site.write(site.rows(60))

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            site.command("--json"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "stdout cannot be written (No space left on device)" in done.stderr
    assert site.published()
