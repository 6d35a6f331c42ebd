"""Digests of input files."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelmill.errors import InputMissing
from labelmill.io.digests import Digests
from labelmill.io.source import find_files


def write(path: Path, n_rows: int) -> Path:
    table = pa.table({"id": list(range(n_rows)), "text": [f"t{i}" for i in range(n_rows)]})
    pq.write_table(table, path)
    return path


def test_digests_are_those_of_the_bytes(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.parquet", 3) for name in "ab"]
    files = find_files(str(tmp_path), None)

    digests = Digests(files)

    assert [digests.of(file) for file in files] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    ]


def test_a_file_that_is_gone_when_its_bytes_are_read_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", 3)
    (file,) = find_files(str(path), None)
    path.unlink()

    with pytest.raises(InputMissing, match="cannot be read"):
        Digests([file]).of(file)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_file_that_is_replaced_has_no_digest(tmp_path: Path, when: str) -> None:
    path = write(tmp_path / "a.parquet", 3)
    (file,) = find_files(str(path), None)
    digests = Digests([file])
    if when == "after":
        assert digests.of(file) == hashlib.sha256(path.read_bytes()).hexdigest()

    write(tmp_path / "b.parquet", 3).replace(path)

    with pytest.raises(InputMissing, match="was changed while it was read"):
        digests.check_unchanged(path) if when == "after" else digests.of(file)


def test_a_failure_beside_the_run_is_raised_by_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = find_files(str(write(tmp_path / "a.parquet", 3)), None)

    def fail(path: Path) -> str:
        raise MemoryError(path.name)

    monkeypatch.setattr("labelmill.io.digests.digest_file", fail)

    with pytest.raises(MemoryError, match=r"a\.parquet"):
        Digests([file]).of(file)
