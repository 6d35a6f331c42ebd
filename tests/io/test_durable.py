"""Files appear whole or not at all."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelmill.errors import OutputFailed
from labelmill.io import durable


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with durable.new_file(tmp_path / "a") as file:
            file.write(b"half")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fail_half_way()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_replaced_holds_the_old_bytes_until_the_new_are_whole(
    tmp_path: Path,
) -> None:
    durable.write_bytes(tmp_path / "a", b"old")
    with durable.new_file(tmp_path / "a") as file:
        file.write(b"new")
        assert (tmp_path / "a").read_bytes() == b"old"

    assert (tmp_path / "a").read_bytes() == b"new"


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2, None], "b": ["x", "y", "é"]})

    durable.write_table(tmp_path / "one", table)
    durable.write_table(tmp_path / "two", table)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert pq.read_table(tmp_path / "one").equals(table)


def test_a_pointer_is_swapped_and_stays_relative(tmp_path: Path) -> None:
    for target in ("first", "second"):
        (tmp_path / target).mkdir()
        durable.point(tmp_path / "current", target)

    assert (tmp_path / "current").readlink() == Path("second")


def test_a_folder_in_the_way_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(OutputFailed, match="cannot be written"):
        durable.write_bytes(tmp_path / "a", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_folder_in_the_way_of_a_pointer_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()

    with pytest.raises(OutputFailed, match="cannot be written"):
        durable.point(tmp_path / "current", "first")
    assert [p.name for p in tmp_path.iterdir()] == ["current"]


def test_a_shared_file_is_one_file_under_two_names(tmp_path: Path) -> None:
    durable.write_bytes(tmp_path / "a", b"content")
    durable.share(tmp_path / "a", tmp_path / "folder" / "b")
    durable.share(tmp_path / "a", tmp_path / "folder" / "b")
    assert (tmp_path / "folder" / "b").samefile(tmp_path / "a")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["b"]


def test_a_file_is_copied_where_it_cannot_have_two_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    durable.write_bytes(tmp_path / "a", b"content")
    durable.share(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"content"
    assert not (tmp_path / "b").samefile(tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
