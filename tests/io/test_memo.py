"""Digests that are known are not taken again, and never believed of another content."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from time import time

import pytest

from labelmill.io import memo, trust
from labelmill.io.digests import Digests, digest_file
from labelmill.io.memo import Memo, look_at, remembered
from labelmill.io.source import InputFile

OLD = 10.0


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let digests be taken ten seconds from now, so that files written here have settled."""
    monkeypatch.setattr(memo, "time_ns", lambda: int((time() + OLD) * 1e9))


def file_with(path: Path, text: str) -> InputFile:
    path.write_text(text)
    return InputFile(path, path.name, 1)


def digest_of(file: InputFile, store: Path, *, verify: bool = False) -> str:
    """The digest of a file, as a run would learn it."""
    with remembered(store, verify=verify):
        return Digests([file]).of(file)


def forge(store: Path) -> None:
    """Note another digest for every file, so that it shows where the memo is believed."""
    told = json.loads(store.read_bytes())
    told["files"] = {path: [look, "forged"] for path, (look, _) in told["files"].items()}
    store.write_text(json.dumps(told))


@pytest.mark.usefixtures("later")
def test_a_file_that_was_not_touched_is_not_read_again(tmp_path: Path) -> None:
    file, store = file_with(tmp_path / "a", "one"), tmp_path / "memo.json"
    first = digest_of(file, store)
    forge(store)

    assert first == digest_file(file.path)
    assert digest_of(file, store) == "forged"
    assert digest_of(file, store, verify=True) == first
    assert digest_of(file, store) == first


def rewrite(path: Path) -> None:
    path.write_text("two")


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("two")
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(path)


def rewrite_with_the_old_time(path: Path) -> None:
    times = path.stat()
    path.write_text("two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("change", [rewrite, replace, rewrite_with_the_old_time])
def test_another_content_of_the_same_size_is_noticed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    file, store = file_with(tmp_path / "a", "one"), tmp_path / "memo.json"
    first = digest_of(file, store)

    change(tmp_path / "a")

    assert digest_of(file, store) != first
    assert digest_of(file, store) == digest_file(file.path)


def test_what_was_written_a_moment_ago_is_not_remembered(tmp_path: Path) -> None:
    file, store = file_with(tmp_path / "a", "one"), tmp_path / "memo.json"

    digest_of(file, store)

    assert not store.exists()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{}",
        b"[]",
        b'{"version": 0, "files": {}}',
        b'{"version": 1, "files": {"a": [[1], 2]}}',
    ],
)
def test_a_memo_that_cannot_be_read_knows_nothing(tmp_path: Path, damage: bytes) -> None:
    file, store = file_with(tmp_path / "a", "one"), tmp_path / "memo.json"
    store.write_bytes(damage)

    assert digest_of(file, store) == digest_file(file.path)
    assert str(file.path) in json.loads(store.read_bytes())["files"]


@pytest.mark.usefixtures("later")
def test_the_memo_of_another_user_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, store = file_with(tmp_path / "a", "one"), tmp_path / "memo.json"
    digest_of(file, store)
    forge(store)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    monkeypatch.setattr(trust, "ROOT", -1)

    assert digest_of(file, store) == digest_file(file.path)


@pytest.mark.usefixtures("later")
def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    one, two = file_with(tmp_path / "a", "one"), file_with(tmp_path / "b", "two")
    store = tmp_path / "memo.json"
    digest_of(one, store)
    (tmp_path / "a").unlink()

    digest_of(two, store)

    assert list(json.loads(store.read_bytes())["files"]) == [str(two.path)]


def test_outside_of_a_block_nothing_is_remembered(tmp_path: Path) -> None:
    file = file_with(tmp_path / "a", "one")

    assert Digests([file]).of(file) == digest_file(file.path)
    assert memo.at_hand().of(file.path, look_at(file.path)) is None


def test_a_memo_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with remembered(tmp_path / "file" / "memo.json"):
        memo.at_hand().note(tmp_path, (1, 2, 3, 4), "ab", 10**18)

    assert Memo(tmp_path / "file" / "memo.json").of(tmp_path, (1, 2, 3, 4)) is None
