"""Output that cannot be written: exit code 1, one clear line, and the next run does all of it."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.conftest import Site

MEGABYTE = 1_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount") or "mount"
    options = ["-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    done = subprocess.run([mount, *options], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _filled(site: Site, disk: Path) -> None:
    """A job whose output does not fit on a disk any more."""
    _large(site)
    site.configure(output=str(disk / "out"))
    (disk / "filler").write_bytes(bytes(900_000))


def _large(site: Site) -> Site:
    """A job that writes more than a few pages."""
    site.write(site.rows(40_000))
    return site


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_full_disk_stops_a_run_and_nothing_is_published(
    site: Site, small_disk: Path, workers: str
) -> None:
    _filled(site, small_disk)

    ended = site.run("--workers", workers)

    assert ended.code == 1
    assert "cannot be written (No space left on device); check free space" in ended.err
    assert "Traceback" not in ended.err
    assert not (small_disk / "out" / "current").exists()
    assert [record["exit_code"] for record in site.records()] == [1]


def test_a_disk_that_was_full_has_room_and_the_next_run_publishes(
    site: Site, small_disk: Path
) -> None:
    _filled(site, small_disk)
    first = site.run()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)

    second = site.run()

    assert (first.code, second.code) == (1, 0)
    assert (small_disk / "out" / "current" / "manifest.json").exists()
    assert not list((small_disk / "out" / "snapshots").glob(".making-*"))


def test_a_full_disk_under_the_state_stops_a_run_too(site: Site, small_disk: Path) -> None:
    _large(site)
    site.state.symlink_to(small_disk / "state")
    (small_disk / "state").mkdir()
    (small_disk / "filler").write_bytes(bytes(900_000))

    ended = site.run()

    assert ended.code == 1
    assert "No space left on device" in ended.err
    assert "Traceback" not in ended.err
    assert site.published() == {}


def test_an_output_on_a_read_only_file_system_is_told(site: Site, small_disk: Path) -> None:
    site.write(site.rows(60))
    site.configure(output=str(small_disk / "out"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    ended = site.run()

    assert ended.code == 1
    assert "cannot be written (Read-only file system)" in ended.err
    assert "unexpected error" not in ended.err


def test_a_file_where_the_output_should_be_is_told(site: Site) -> None:
    site.write(site.rows(60))
    site.output.write_text("a file")

    ended = site.run()

    assert ended.code == 1
    assert "out: cannot be written (File exists)" in ended.err
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
